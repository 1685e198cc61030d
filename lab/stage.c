/* SPDX-License-Identifier: Apache-2.0 */
/* One computer's traffic on a stage: see stage.h. */
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "write/pcap.h"

enum { ICMP = 1, TCP = 6, UDP = 17, TTL = 128 };

#define BYTES_MAX ((size_t)1 << 30)

static _Noreturn void die(void)
{
	fputs("lab: no memory\n", stderr);
	exit(1);
}

void stage_init(struct stage *s, uint64_t seed)
{
	*s = (struct stage){ .random = { seed }, .tick_ns = 1, .lag_ns = 60000 };
	str_init(&s->bytes, BYTES_MAX);
}

void stage_done(struct stage *s)
{
	str_done(&s->bytes);
	free(s->frames);
	free(s->events);
}

struct station stage_station(const struct stage *s, const char *ip)
{
	struct station station = { 0 };
	struct addr a;
	if (!addr_parse(span_text(ip), &a) || !addr_is_v4(&a)) {
		fprintf(stderr, "lab: %s is no IPv4 address\n", ip);
		exit(1);
	}
	memcpy(station.ip, a.b + 12, 4);
	/* Our network is a /24; its stations have a MAC each, made from their address. */
	if (memcmp(station.ip, s->us.ip, 3) == 0) {
		memcpy(station.mac, "\x00\x1c\xc4\x22\x22", 5);
		station.mac[5] = station.ip[3];
	} else {
		memcpy(station.mac, s->gateway.mac, 6);
	}
	if (station.ip[3] == 255)
		memset(station.mac, 0xff, 6);
	return station;
}

static size_t add_event(struct stage *s, int64_t ns, const struct event *event)
{
	if (s->n_events == s->cap_events) {
		s->cap_events = s->cap_events ? 2 * s->cap_events : 256;
		s->events = reallocarray(s->events, s->cap_events, sizeof *s->events);
		if (!s->events)
			die();
	}
	s->events[s->n_events] =
		(struct stage_event){ .ns = ns, .place = s->n_events, .event = *event };
	return s->n_events++;
}

static struct stage_frame *add_frame(struct stage *s, int64_t ns, struct span bytes)
{
	if (s->n_frames == s->cap_frames) {
		s->cap_frames = s->cap_frames ? 2 * s->cap_frames : 256;
		s->frames = reallocarray(s->frames, s->cap_frames, sizeof *s->frames);
		if (!s->frames)
			die();
	}
	struct stage_frame *f = &s->frames[s->n_frames];
	*f = (struct stage_frame){ .ns = ns - ns % 1000,
		.place = s->n_frames++,
		.at = s->bytes.n,
		.n = bytes.n,
		.event = SIZE_MAX };
	str_add(&s->bytes, bytes);
	if (s->bytes.failed)
		die();
	return f;
}

static struct endpoint end_of(const struct station *station, uint16_t port)
{
	return (struct endpoint){ .addr = addr_v4(station->ip), .port = port };
}

/* Frames that we send are captured before the card pads them, as on Windows. */
static struct stage_frame *put_frame(struct stage *s, int64_t ns, struct frame frame)
{
	uint8_t buf[FRAME_BYTES];
	frame.ttl = TTL;
	frame.ip_id = s->ip_id++;
	frame.pad = memcmp(frame.src.ip, s->us.ip, 4) != 0;
	size_t n = frame_build(&frame, buf);
	if (n == 0) {
		fputs("lab: a payload does not fit a frame\n", stderr);
		exit(1);
	}
	return add_frame(s, ns, span_of(buf, n));
}

void stage_frame(struct stage *s, int64_t ns, struct frame frame, const struct truth_side *sides)
{
	memcpy(put_frame(s, ns, frame)->sides, sides, SIDES * sizeof *sides);
}

void stage_arp(struct stage *s, int64_t ns, uint16_t operation, const struct station *src,
	const struct station *dst)
{
	uint8_t buf[FRAME_BYTES];
	struct station to = *dst;
	if (operation == 1)
		memset(to.mac, 0xff, 6);
	struct stage_frame *f = add_frame(s, ns, span_of(buf, frame_arp(operation, src, &to, buf)));
	f->sides[SIDE_SENDER] = f->sides[SIDE_RECEIVER] = truth_reason(REASON_KERNEL_ARP);
}

static int64_t lag(struct stage *s)
{
	return s->lag_ns ? random_between(&s->random, 0, s->lag_ns) : 0;
}

/* The kernel logs a send before the packet leaves. */
void stage_send(struct stage *s, const struct stage_datagram *d)
{
	struct event event = { .op = EVENT_SEND,
		.transport = UDP,
		.pid = d->pid,
		.bytes = (uint32_t)d->payload.n,
		.local = end_of(&s->us, d->port),
		.remote = end_of(&d->peer, d->peer_port) };
	struct frame frame = { .src = s->us,
		.dst = d->peer,
		.protocol = UDP,
		.sport = d->port,
		.dport = d->peer_port,
		.payload = d->payload };
	size_t index = add_event(s, d->ns - lag(s), &event);
	struct stage_frame *f = put_frame(s, d->ns, frame);
	f->sides[SIDE_SENDER] = truth_process(GRADE_EXACT, d->pid);
	f->sides[SIDE_RECEIVER] = truth_reason(REASON_OTHER_HOST);
	f->event = index;
}

/* And a receive when the data is handed up, after the packet has come. */
void stage_receive(struct stage *s, const struct stage_datagram *d)
{
	struct event event = { .op = EVENT_RECV,
		.transport = UDP,
		.pid = d->pid,
		.bytes = (uint32_t)d->payload.n,
		.local = end_of(&s->us, d->port),
		.remote = end_of(&d->peer, d->peer_port) };
	struct frame frame = { .src = d->peer,
		.dst = s->us,
		.protocol = UDP,
		.sport = d->peer_port,
		.dport = d->port,
		.payload = d->payload };
	size_t index = add_event(s, d->ns + lag(s), &event);
	struct stage_frame *f = put_frame(s, d->ns, frame);
	f->sides[SIDE_SENDER] = truth_reason(REASON_OTHER_HOST);
	f->sides[SIDE_RECEIVER] = truth_process(GRADE_EXACT, d->pid);
	f->event = index;
}

static int by_time(int64_t a, int64_t b, size_t place_a, size_t place_b)
{
	if (a != b)
		return a < b ? -1 : 1;
	return place_a < place_b ? -1 : place_a > place_b;
}

static int compare_frames(const void *a, const void *b)
{
	const struct stage_frame *x = a, *y = b;
	return by_time(x->ns, y->ns, x->place, y->place);
}

static int compare_events(const void *a, const void *b)
{
	const struct stage_event *x = a, *y = b;
	return by_time(x->ns, y->ns, x->place, y->place);
}

/* Frames name their events by place: those are looked up again after the sorting. */
void stage_sort(struct stage *s)
{
	size_t *now = calloc(s->n_events + 1, sizeof *now);
	if (!now)
		die();
	if (s->n_frames)
		qsort(s->frames, s->n_frames, sizeof *s->frames, compare_frames);
	if (s->n_events)
		qsort(s->events, s->n_events, sizeof *s->events, compare_events);
	for (size_t i = 0; i < s->n_events; i++)
		now[s->events[i].place] = i;
	for (size_t i = 0; i < s->n_frames; i++)
		if (s->frames[i].event != SIZE_MAX)
			s->frames[i].event = now[s->frames[i].event];
	free(now);
}

void stage_write_pcap(const struct stage *s, struct str *out)
{
	struct pcap_writer w;
	pcap_begin(&w, out, (struct pcap_form){ 0 });
	for (size_t i = 0; i < s->n_frames; i++) {
		const struct stage_frame *f = &s->frames[i];
		if (!f->gone)
			pcap_frame(&w, f->ns, span_of(s->bytes.p + f->at, f->n));
	}
}

/* The clock of the log stands still between two ticks. */
static int64_t stamp(const struct stage *s, int64_t ns)
{
	int64_t since = ns - s->behind_ns - s->tick_origin_ns;
	int64_t ticks = since / s->tick_ns - (since % s->tick_ns < 0);
	return s->tick_origin_ns + ticks * s->tick_ns;
}

void stage_write_trace(const struct stage *s, struct tracerpt_style style, struct str *out)
{
	struct tracerpt_writer w;
	tracerpt_begin(&w, out, style);
	if (style.titles && s->n_events)
		tracerpt_session(&w, stamp(s, s->events[0].ns - STAMP_NS_PER_S), 0, 0);
	for (size_t i = 0; i < s->n_events; i++)
		if (!s->events[i].dropped)
			tracerpt_event(&w, stamp(s, s->events[i].ns), &s->events[i].event);
}

void stage_write_truth(const struct stage *s, struct str *out)
{
	uint64_t number = 0;
	truth_begin(out);
	for (size_t i = 0; i < s->n_frames; i++) {
		const struct stage_frame *f = &s->frames[i];
		if (f->gone)
			continue;
		bool dropped = f->event != SIZE_MAX && s->events[f->event].dropped;
		struct truth truth = { .event = dropped ? TRUTH_DROPPED
				: f->event != SIZE_MAX  ? TRUTH_KEPT
							: TRUTH_NO_EVENT };
		memcpy(truth.sides, f->sides, sizeof truth.sides);
		/* Without its event a frame may be known by others, or not at all. */
		for (unsigned side = 0; dropped && side < SIDES; side++)
			truth.sides[side].grade = GRADE_NONE;
		truth_line(out, f->number ? f->number : ++number, &truth);
	}
}

static struct frame segment(const struct stage_tcp *t, bool out, uint8_t flags)
{
	const struct station *us = &t->stage->us;
	return (struct frame){ .src = out ? *us : t->peer,
		.dst = out ? t->peer : *us,
		.protocol = TCP,
		.sport = out ? t->port : t->peer_port,
		.dport = out ? t->peer_port : t->port,
		.seq = out ? t->seq : t->peer_seq,
		.ack = flags == TCP_SYN ? 0
			: out           ? t->peer_seq
					: t->seq,
		.flags = flags };
}

/* A segment and the sides that it has for us: our process with the grade, and the other host. */
static struct stage_frame *put_segment(
	struct stage_tcp *t, bool out, struct frame frame, enum grade grade)
{
	struct stage_frame *f = put_frame(t->stage, t->ns, frame);
	f->sides[out ? SIDE_SENDER : SIDE_RECEIVER] = truth_process(grade, t->pid);
	f->sides[out ? SIDE_RECEIVER : SIDE_SENDER] = truth_reason(REASON_OTHER_HOST);
	t->ns += random_between(&t->stage->random, 150000, 900000);
	return f;
}

static size_t tcp_event(struct stage_tcp *t, int64_t ns, enum event_op op, size_t n)
{
	struct event event = { .op = op,
		.transport = TCP,
		.pid = t->pid,
		.bytes = (uint32_t)n,
		.local = end_of(&t->stage->us, t->port),
		.remote = end_of(&t->peer, t->peer_port) };
	return add_event(t->stage, ns, &event);
}

/* Connect and accept are logged when the handshake is done. */
void stage_tcp_open(struct stage_tcp *t)
{
	bool out = !t->accepted;
	t->seq = (uint32_t)random_next(&t->stage->random);
	t->peer_seq = (uint32_t)random_next(&t->stage->random);
	struct stage_frame *syn = put_segment(t, out, segment(t, out, TCP_SYN), GRADE_EXACT);
	size_t place = syn->place;
	*(out ? &t->seq : &t->peer_seq) += 1;
	put_segment(t, !out, segment(t, !out, TCP_SYN | TCP_ACK), GRADE_FLOW);
	*(out ? &t->peer_seq : &t->seq) += 1;
	int64_t done = t->ns;
	put_segment(t, out, segment(t, out, TCP_ACK), GRADE_FLOW);
	t->stage->frames[place].event = tcp_event(t, done, out ? EVENT_CONNECT : EVENT_ACCEPT, 0);
}

/* The data of one call, in segments. What they say is of no matter, only how long they are. */
static void data(struct stage_tcp *t, bool out, size_t n, size_t event)
{
	uint8_t bytes[FRAME_PAYLOAD];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)random_next(&t->stage->random);
	while (n) {
		size_t k = n < FRAME_PAYLOAD ? n : FRAME_PAYLOAD;
		struct frame frame = segment(t, out, n == k ? TCP_ACK | TCP_PSH : TCP_ACK);
		frame.payload = span_of(bytes, k);
		put_segment(t, out, frame, GRADE_EXACT)->event = event;
		*(out ? &t->seq : &t->peer_seq) += (uint32_t)k;
		n -= k;
	}
	put_segment(t, !out, segment(t, !out, TCP_ACK), GRADE_FLOW);
}

void stage_tcp_send(struct stage_tcp *t, size_t n)
{
	size_t event = tcp_event(t, t->ns - lag(t->stage), EVENT_SEND, n);
	data(t, true, n, event);
}

/* One event for what one call hands up: it comes after the last segment. */
void stage_tcp_receive(struct stage_tcp *t, size_t n)
{
	size_t event = tcp_event(t, t->ns, EVENT_RECV, n), from = t->stage->n_frames;
	data(t, false, n, event);
	/* The last frame is our ACK, the one before it the last segment. */
	size_t last = t->stage->n_frames - 2;
	if (last >= from)
		t->stage->events[event].ns = t->stage->frames[last].ns + lag(t->stage);
}

void stage_tcp_wait(struct stage_tcp *t, int64_t ns)
{
	t->ns += ns;
}

void stage_tcp_close(struct stage_tcp *t)
{
	put_segment(t, true, segment(t, true, TCP_FIN | TCP_ACK), GRADE_FLOW);
	t->seq++;
	put_segment(t, false, segment(t, false, TCP_FIN | TCP_ACK), GRADE_FLOW);
	t->peer_seq++;
	put_segment(t, true, segment(t, true, TCP_ACK), GRADE_FLOW);
	tcp_event(t, t->ns, EVENT_DISCONNECT, 0);
}
