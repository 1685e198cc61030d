/* SPDX-License-Identifier: Apache-2.0 */
/* What lab-offline plays: every parameter of a case, drawn from its seed. Each can be given, and
 * then the others stay as they were drawn, so that a case that fails can be made smaller. */
#ifndef WHOSENT_LAB_OFFLINE_SCENARIO_H
#define WHOSENT_LAB_OFFLINE_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum param {
	/* What happens. */
	PARAM_PACKETS,
	PARAM_RATE,      /* packets a second, about */
	PARAM_HOSTS,     /* of ours */
	PARAM_PROCESSES, /* of each that run all the time */
	PARAM_LIVES,     /* PIDs of each that short-lived processes bear, one after the other */
	PARAM_PORTS,     /* ephemeral ports of each: with few, they come again soon */
	PARAM_PEERS,     /* other hosts */
	PARAM_TCP,       /* weight of connections against datagrams, percent */
	PARAM_SHARED,    /* scenes of sockets that two processes hold, in a thousand */
	PARAM_TURNOVER,  /* scenes where another process takes over a port, in a thousand */
	PARAM_GROUPS,    /* multicast and broadcast, in a thousand */
	PARAM_KERNEL,    /* ICMP and ARP, in a thousand */
	PARAM_FOREIGN,   /* packets between other hosts, in a thousand */
	PARAM_SPOOFED,   /* packets in our name that nobody of ours sent, in a thousand */
	PARAM_LOCAL,     /* traffic between processes of ours, in a thousand */
	PARAM_WILDCARD,  /* sockets whose events state no local address, in a thousand */
	PARAM_FRAGMENTS, /* datagrams that need several packets, in a thousand */
	PARAM_IPV6,      /* scenes between IPv6 addresses, in a thousand */
	PARAM_OFFLOAD,   /* 1: the capture shows TCP before it is cut into segments */
	/* What is written of it. */
	PARAM_FORM,        /* of the trace: enum scenario_form */
	PARAM_ZONE_MIN,    /* what the trace's clock is ahead: minutes, */
	PARAM_SKEW_MS,     /* milliseconds */
	PARAM_DRIFT_PPM,   /* and how fast it runs */
	PARAM_TICK_NS,     /* it stands still for so long */
	PARAM_STEP_MS,     /* in the middle it is set by so much */
	PARAM_LAG_US,      /* longest time between a packet and its event */
	PARAM_MAPPED,      /* events with IPv4-mapped addresses, in a thousand */
	PARAM_LATE_MS,     /* the trace begins so long behind the first packet */
	PARAM_EARLY_MS,    /* and ends so long before the last */
	PARAM_LOSS,        /* events that are lost, in a thousand */
	PARAM_LOSS_RUN,    /* so many in a row */
	PARAM_LOSS_STATED, /* 1: the trace says how many */
	PARAM_DROP,        /* packets that the capture lacks, in a thousand */
	PARAM_REORDER,     /* frames that stand behind their successor, in a thousand */
	PARAM_COPIES,      /* packets that the capture shows twice, in a thousand */
	PARAM_CAPTURES,    /* of the same traffic; the second one has a clock of its own */
	PARAM_SNAPLEN,     /* 0: whole frames */
	PARAM_ADDRESSES,   /* enum scenario_addresses */
	PARAM_NOTES,       /* 1: the trace tells when processes begin and end */
	PARAM_NOTES_LOST,  /* of these so many in a thousand are lost */
	PARAM_ROSTER,      /* 1: there is a process table */
	PARAM_COUNT,
};

enum scenario_form { FORM_CSV, FORM_CSV_V2, FORM_CSV_LONG, FORM_ETL, FORM_ETL_MANIFEST, FORMS };

/* The capture's addresses: those of the trace, behind a NAT that keeps ports, or all replaced. */
enum scenario_addresses { ADDRESSES_TRUE, ADDRESSES_NAT, ADDRESSES_ANONYMOUS };

struct scenario {
	uint64_t seed;
	int64_t v[PARAM_COUNT];
};

/* With so many packets (0: the usual number): parameters that are a part of the case's length hang
 * on it. */
void scenario_draw(struct scenario *s, uint64_t seed, int64_t packets);
const char *scenario_name(enum param p);
/* False where the value is out of range. */
bool scenario_set(struct scenario *s, enum param p, int64_t value);
/* One line for each parameter: its name, a tab, its value. */
void scenario_print(const struct scenario *s, struct str *out);

#endif
