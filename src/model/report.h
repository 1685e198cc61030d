/* SPDX-License-Identifier: Apache-2.0 */
/* All that a report says beside its findings and packets. */
#ifndef WHOSENT_MODEL_REPORT_H
#define WHOSENT_MODEL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/finding.h"
#include "model/source.h"

enum clock_state { CLOCK_NONE = 0, CLOCK_UNSURE, CLOCK_SURE, CLOCK_GIVEN, CLOCK_REFERENCE };

const char *clock_state_name(enum clock_state s); /* "unsure" */

/* How one file's clock stands to the reference clock. */
struct clock_report {
	enum clock_state state;
	uint64_t pairs;       /* distinct packet-event pairs behind the offset */
	int64_t offset_ns;    /* added to the file's clock to get the reference */
	int64_t error_ns;     /* of the offset, for one record */
	int32_t zone_minutes; /* the part of the offset that is a time zone: quarter hours */
	double drift_ppm;     /* how much faster the reference runs */
	uint32_t steps;       /* times that the file's clock was set while it was written */
};

struct input_report {
	const char *file;                   /* as given on the command line */
	const struct source_format *format; /* NULL where it was not recognised or not read */
	struct tally tally;
	uint64_t packets, events, processes; /* records yielded by kind */
	uint64_t translations;               /* connections that a router states */
	uint64_t owned;                      /* packets whose process the file itself states */
	uint64_t copies; /* packets that it saw at more than one place: counted once */
	bool has_time;
	struct ref_time first, last; /* on the reference clock where it is aligned, else its own */
	bool has_clock;              /* events, or a capture beside the first one */
	struct clock_report clock;
	bool unused_roster; /* a process table that belongs to no single host: not used, and said */
};

/* An address of a trace that a capture shows as another one. */
struct mapping {
	uint32_t capture; /* which input */
	struct addr trace, captured;
	uint64_t packets; /* datagrams that agree in all else, and none that does not */
};

struct report {
	const struct input_report *inputs;
	size_t n_inputs;
	const struct finding *findings;
	size_t n_findings;
	uint64_t packets; /* reported: those that the filter selects, copies not counted */
	uint64_t copies;  /* of them, as far as they are selected */
	uint64_t grades[GRADE_COUNT];
	uint64_t reasons[REASON_COUNT];
	const struct mapping *mappings;
	size_t n_mappings;
	uint64_t lost_events, lost_packets;
	uint64_t evicted;   /* packets, events and flows that a limit pushed out */
	bool has_roster;    /* some evidence names processes */
	bool has_events;    /* some evidence says who sent */
	bool only_events;   /* no input has packets: what is counted are events */
	bool interrupted;   /* Ctrl-C: what is known so far */
	const char *filter; /* the expression, or NULL */
};

/* One packet as it is printed: what was read, and who was behind it. */
struct packet_line {
	uint32_t input;
	uint64_t number;
	bool has_time;
	struct ref_time when;
	const struct digest *digest;
	const struct packet *packet;         /* as it was read; NULL where it is not at hand */
	const struct claim *sides;           /* [SIDES] */
	const struct outer_claim *outer;     /* [SIDES]; good where the digest has DIGEST_OUTER */
	const struct evidence *duplicate_of; /* it is a copy of that packet, or NULL */
	uint32_t finding;                    /* number of its finding, 0 where it has none */
	const struct candidate *expected;    /* candidates for a sender that nothing names */
	size_t n_expected;
	enum direction direction;
};

/* Every piece of evidence that was looked at for one frame, and what became of it. */
enum verdict {
	VERDICT_CHOSEN,
	VERDICT_OTHER_PACKET, /* it vouches for another packet */
	VERDICT_LENGTH,       /* another length */
	VERDICT_TIME,         /* outside the clock's error */
	VERDICT_ADDRESS,      /* the ports agree, an address does not */
	VERDICT_RIVAL,        /* agrees as well as another process's event */
	VERDICT_NOT_UNIQUE,   /* cannot be told from others of its kind */
	VERDICT_SAME_FLOW,    /* another packet of the same flow */
	VERDICT_COUNT,
};

const char *verdict_text(enum verdict v);

struct considered {
	enum verdict verdict;
	uint8_t origin; /* enum owner_origin: what the capture itself states, and no event */
	enum side side;
	struct evidence evidence;
	enum event_op op;
	uint8_t transport;
	struct endpoint local, remote;
	uint32_t bytes;
	process_handle process;
	int64_t delta_ns; /* packet minus aligned event */
};

#endif
