/* SPDX-License-Identifier: Apache-2.0 */
/* One run of `whosent explain` or `whosent convert`: what its steps hand to each other.
 *
 *   run_open       inputs are opened; none of their bytes is parsed
 *   run_recognise  inputs are unpacked and recognised, inside the sandbox
 *   run_align      peek: local addresses, hosts, clocks
 *   run_stopped    times of --stopped
 *   run_first      records -> claims -> groups; claims are spilled where packets are wanted
 *   run_conclude   inferences, findings, rules
 *   run_output     the report; packets by a second reading of the captures */
#ifndef WHOSENT_CMD_RUN_H
#define WHOSENT_CMD_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "cmd/options.h"
#include "cmd/progress.h"
#include "cmd/spill.h"
#include "correlate/complete.h"
#include "correlate/coverage.h"
#include "correlate/hosts.h"
#include "correlate/join.h"
#include "correlate/merge.h"
#include "correlate/roster.h"
#include "decode/filter.h"
#include "decode/fragments.h"
#include "describe/groups.h"
#include "evidence/input.h"
#include "evidence/unpack.h"
#include "infer/infer.h"
#include "know/rules.h"
#include "model/report.h"
#include "model/sink.h"
#include "model/source.h"

/* One file of the command line, or one that was packed in it. */
struct run_input {
	char *name;          /* as given, "ARCHIVE!MEMBER" for what an archive holds */
	struct input *input; /* NULL where it could not be opened or was not recognised */
	const struct source_format *format;
	bool packed;  /* compressed or an archive: run_recognise puts what it holds in its place */
	bool details; /* packet details that complete the frames of a list */
	bool failed;  /* missing, unrecognised or damaged: exit code 3 */
	unsigned errors_shown;
	struct clock clock;
	bool has_clock;         /* its clock was compared with the reference */
	bool ends;              /* it tells when processes ended */
	uint64_t told;          /* with only_events: its events that stand for packets */
	uint64_t without_bytes; /* convert: its frames of text, which cannot be written */
};

#define RUN_LOSSES 64

/* When the captures lack packets by their own words. */
struct packet_losses {
	struct lifetime_loss list[RUN_LOSSES];
	size_t n;
	bool somewhere; /* nothing says when, or there were more */
};

/* A frame of --frame, kept until the report. */
struct watched_frame {
	struct packet_line line;
	struct digest digest;
	struct claim sides[SIDES];
	struct outer_claim outer[SIDES];
	uint32_t cell;
	struct considered *considered;
	size_t n_considered;
	bool is_copy;
	struct evidence original; /* the packet that it is a copy of */
};

struct run {
	const struct options *options;
	struct hash_key key;
	struct run_input *inputs; /* [n] */
	size_t n;
	struct unpacker *unpacker;    /* NULL where nothing is packed */
	struct clock *clocks;         /* [n]: those of the inputs, refined while running */
	struct input_report *reports; /* [n] */
	struct hosts hosts;
	struct roster *roster;
	struct coverage coverage;
	struct filter *filter; /* NULL: all */
	struct rules *rules;
	struct groups *groups;
	struct join *join;
	struct complete complete;
	struct fragments *fragments; /* of the pass that is under way */
	struct spill spill;
	struct packet_losses losses;
	bool only_events; /* no input has packets: the report tells of the events */
	struct watched_frame *frames;
	size_t n_frames;
	struct cell_verdict *verdicts; /* by cell, after the inferences */
	struct finding *findings;
	uint32_t *finding_number; /* by place in groups_findings; numbers of the report */
	struct mapping *mappings;
	struct report report;
	struct progress progress;
	bool cut_short; /* Ctrl-C came while a pipe was read: what had come is the input */
	const volatile sig_atomic_t *interrupted;
};

/* All steps. Returns the exit code; says what went wrong. */
int run_session(const struct options *o);

int run_open(struct run *r, struct err *err);
int run_recognise(struct run *r, struct err *err);
int run_align(struct run *r, struct err *err);
int run_join(struct run *r, struct err *err); /* makes the correlator; called by run_align */
int run_stopped(struct run *r, struct err *err);
int run_first(struct run *r, struct err *err);
int run_conclude(struct run *r, struct err *err);
int run_lifetimes(struct run *r, struct err *err); /* called by run_conclude */
int run_output(struct run *r, struct err *err);
void run_close(struct run *r);

/* Damage of an input: said (the first few), counted, exit code 3. */
void run_damage(struct run *r, uint32_t input, const struct err *err);

/* Opens the inputs that `wanted` selects as sources for a merge; one that cannot be opened any
 * more is damage. The array is the caller's: close_sources frees it. */
int run_sources(struct run *r, bool (*wanted)(const struct run_input *in), struct merge_input **ret,
	struct err *err);
void run_close_sources(struct run *r, struct merge_input *sources);

/* The log's clock may have been set: reads on in it, from that record on, and in the capture behind
 * the last pair, by readers of its own, and sees. */
int run_look(struct run *r, uint32_t input, uint64_t from, struct err *err);

/* Decodes a packet record and adds what packet details know of it. False where the record is such
 * a detail itself and was taken in. */
int run_digest(struct run *r, const struct merged *m, struct digest *ret, bool *ret_packet,
	struct err *err);

/* With only_events: the event as the packet that it tells of, and which side of it is ours. False
 * where it tells of none, or its time or host is not known. */
bool run_told(const struct run *r, const struct merged *m, struct digest *ret, enum side *ret_side);

#endif
