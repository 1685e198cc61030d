/* SPDX-License-Identifier: Apache-2.0 */
/* One computer's traffic on a stage: what it sends and receives makes frames for the capture,
 * events for its kernel's log and lines of truth, each at its own time. They are sorted when they
 * are written, so a scene may be told in any order. */
#ifndef WHOSENT_LAB_STAGE_H
#define WHOSENT_LAB_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/record.h"
#include "random.h"
#include "write/frame.h"
#include "write/tracerpt.h"
#include "write/truth.h"

struct stage_frame {
	int64_t ns;   /* capture clock */
	size_t place; /* order in which it was told: breaks ties */
	size_t at, n; /* in stage.bytes */
	struct truth_side sides[SIDES];
	size_t event;    /* its own event, or SIZE_MAX */
	bool gone;       /* in no capture: truth and frame numbers go without it */
	uint64_t number; /* in a log that has copies of it too; 0: one after the other */
};

struct stage_event {
	int64_t ns; /* capture clock */
	size_t place;
	struct event event;
	bool dropped; /* not written to the log */
};

struct stage {
	struct station us;
	struct station gateway; /* its MAC stands for every station that is not on our network */
	struct random random;
	int64_t behind_ns;               /* the log's clock reads capture time minus this */
	int64_t tick_ns, tick_origin_ns; /* the log's stamps are origin + n * tick */
	int64_t lag_ns;                  /* longest time between a frame and its event */
	uint16_t ip_id;
	struct str bytes;
	struct stage_frame *frames;
	struct stage_event *events;
	size_t n_frames, cap_frames, n_events, cap_events;
};

/* Ends the program where memory is gone: this is a lab. */
void stage_init(struct stage *s, uint64_t seed);
void stage_done(struct stage *s);

struct station stage_station(const struct stage *s, const char *ip);

/* A datagram between us and another. */
struct stage_datagram {
	int64_t ns;
	uint32_t pid;
	struct station peer;
	uint16_t port, peer_port;
	struct span payload;
};

void stage_send(struct stage *s, const struct stage_datagram *d);
void stage_receive(struct stage *s, const struct stage_datagram *d);

/* A frame that is nobody's event: ICMP, traffic of others. The truth is the caller's. */
void stage_frame(struct stage *s, int64_t ns, struct frame frame, const struct truth_side *sides);
void stage_arp(struct stage *s, int64_t ns, uint16_t operation, const struct station *src,
	const struct station *dst);

/* A TCP connection of ours. `ns` moves on with what happens on it. */
struct stage_tcp {
	struct stage *stage;
	int64_t ns;
	uint32_t pid;
	struct station peer;
	uint16_t port, peer_port;
	bool accepted; /* the peer opened it */
	uint32_t seq, peer_seq;
};

void stage_tcp_open(struct stage_tcp *t);
void stage_tcp_send(struct stage_tcp *t, size_t n);
void stage_tcp_receive(struct stage_tcp *t, size_t n);
void stage_tcp_wait(struct stage_tcp *t, int64_t ns);
void stage_tcp_close(struct stage_tcp *t);

/* Sorts frames and events by time. Nothing may be told afterwards. */
void stage_sort(struct stage *s);

/* Each appends a whole file; after stage_sort. */
void stage_write_pcap(const struct stage *s, struct str *out);
void stage_write_trace(const struct stage *s, struct tracerpt_style style, struct str *out);
void stage_write_truth(const struct stage *s, struct str *out);

#endif
