/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: see connect.h. */
#include "correlate/connect.h"

#include "base/limits.h"

static bool untouched(const struct owned_flow *f)
{
	return f->packets[0] == 0 && f->packets[1] == 0 && !f->has_syn &&
		f->ends[0]->now.process == PROCESS_NONE && f->ends[1]->now.process == PROCESS_NONE;
}

/* The log's record of this opening came before its SYN: stamps are floored to the clock's tick. */
static bool announced(const struct owned_flow *f, struct ref_time syn, int64_t error_ns)
{
	return (f->logged_open[0] || f->logged_open[1]) && !f->has_syn && f->packets[0] == 0 &&
		f->packets[1] == 0 && f->opened.ns >= syn.ns - error_ns;
}

/* A SYN of a handshake that is under way: both ends may open at once (RFC 9293 3.5), or the answer
 * was captured and the first SYN was not. Wrong where a connection that was refused or given up is
 * opened from its other end, and all that within the hold. */
static bool under_way(const struct owned_flow *f, const struct held_packet *syn)
{
	return f->has_syn && f->packets[syn->dir] == 0 && !f->closed &&
		syn->when.ns - f->syn.ns <= LIMIT_HOLD_NS;
}

/* It acknowledges the SYN of this connection. So it is of it even where the log's record of the end
 * has a stamp before its own, for stamps are floored to the clock's tick. */
static bool answers(const struct owned_flow *f, const struct held_packet *syn)
{
	const struct stream *back = &f->streams[1 - syn->dir];
	return (syn->digest.tcp_flags & TCP_ACK) && back->has_isn &&
		syn->digest.tcp_ack == back->isn + 1;
}

uint32_t connect_packet(struct owners *o, uint32_t place, const struct held_packet *packet,
	int64_t error_ns, struct err *err)
{
	const struct digest *d = &packet->digest;
	const struct owned_flow *f = &o->flows[place];
	const struct stream *s = &f->streams[packet->dir];
	if (!(d->tcp_flags & TCP_SYN) || (s->has_isn && s->isn == d->tcp_seq))
		return place;
	/* A SYN that was answered and not captured opens a connection where the one before is
	 * closed. Wrong where a SYN-ACK is the answer to a SYN on a connection that only seems
	 * closed. */
	if (((d->tcp_flags & TCP_ACK) && !f->closed && !untouched(f)) || answers(f, packet) ||
		under_way(f, packet))
		return place;
	if (!untouched(f) && !announced(f, packet->when, error_ns))
		place = owners_open(o, place, packet->when, err);
	if (place != OWNERS_NONE) {
		o->flows[place].has_syn = true;
		o->flows[place].syn = packet->when;
	}
	return place;
}

static uint32_t connect_opening(struct owners *o, uint32_t place, const struct held_event *event,
	unsigned local_end, int64_t error_ns, struct err *err)
{
	const struct owned_flow *f = &o->flows[place];
	/* On the loopback both ends are logged: the second record is of the same connection. */
	bool twin = f->logged_open[1 - local_end] && event->when.ns - f->opened.ns <= LIMIT_HOLD_NS;
	if (f->has_syn && event->when.ns < f->syn.ns - error_ns)
		return owners_older(o, place);
	/* A SYN-ACK came behind what it answers, or the first SYN was not captured. */
	bool answered = !f->closed && (f->streams[0].has_isn || f->streams[1].has_isn);
	if (f->logged_open[local_end] || (!f->has_syn && !twin && !answered && !untouched(f)))
		place = owners_open(o, place, event->when, err);
	if (place != OWNERS_NONE) {
		o->flows[place].logged_open[local_end] = true;
		o->flows[place].opened = event->when;
	}
	return place;
}

/* Wrong where the rows of a connection's opening are lost, it was opened within the clock's error
 * of the end of the one before, and the same process opened both: its first row then counts for
 * the one before. The name is right all the same. */
uint32_t connect_event(struct owners *o, uint32_t place, const struct held_event *event,
	unsigned local_end, int64_t error_ns, struct err *err)
{
	const struct owned_flow *f = &o->flows[place];
	if (event->event.op == EVENT_CONNECT || event->event.op == EVENT_ACCEPT)
		return connect_opening(o, place, event, local_end, error_ns, err);
	uint32_t older = owners_older(o, place);
	struct ref_time began = f->has_syn ? f->syn : f->opened;
	if (f->has_syn && event->when.ns < f->syn.ns - error_ns)
		return older;
	bool last_words = older != OWNERS_NONE && event->when.ns <= began.ns + error_ns &&
		o->flows[older].ends[local_end]->now.process == event->process &&
		f->ends[local_end]->now.process != event->process;
	return last_words ? older : place;
}
