/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: see connect.h. */
#include "correlate/connect.h"

#include "base/limits.h"
#include "correlate/match.h"

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

/* The log tells of the next connection, and the last packets of the one before are still on their
 * way: stamps are floored to the clock's tick. Of which one a packet is, its number tells. Wrong
 * where the next one's SYN was not captured, and both began with numbers that lie so near. */
#define STREAM_REACH (1u << 26)

static bool is_of_last(const struct owners *o, uint32_t place, uint32_t older,
	const struct held_packet *p, int64_t error_ns)
{
	const struct owned_flow *f = &o->flows[place];
	if (older == OWNERS_NONE || f->has_syn || f->packets[0] || f->packets[1] ||
		p->when.ns > f->opened.ns + error_ns)
		return false;
	const struct stream *s = &o->flows[older].streams[p->dir];
	return s->has_isn && p->digest.tcp_seq - s->isn < STREAM_REACH;
}

uint32_t connect_packet(struct owners *o, uint32_t place, const struct held_packet *packet,
	int64_t error_ns, struct err *err)
{
	const struct digest *d = &packet->digest;
	const struct owned_flow *f = &o->flows[place];
	const struct stream *s = &f->streams[packet->dir];
	if (!(d->tcp_flags & TCP_SYN)) {
		uint32_t older = owners_older(o, place);
		return is_of_last(o, place, older, packet, error_ns) ? older : place;
	}
	if (s->has_isn && s->isn == d->tcp_seq)
		return place;
	/* A SYN that was answered and not captured opens a connection where the one before is
	 * closed, or began with another number: then its end is what was not captured. Wrong where
	 * a SYN-ACK is the answer to a SYN on a connection that only seems closed, or was made up
	 * by a stranger: what comes behind is then named by the events behind it alone. */
	bool another = f->closed || s->has_isn;
	if (((d->tcp_flags & TCP_ACK) && !another && !untouched(f)) || answers(f, packet) ||
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

/* Somebody else has had this end of the connection, and the log says that it is closed, or that it
 * is opened: then this record is of the next one, whose SYN is still to come. The record of an
 * accept may be overtaken by those of the child that got the socket. Wrong where a log is further
 * out of order than any is taken to be: the parent then owns nothing of the connection. */
static bool is_of_next(const struct owned_flow *f, const struct held_event *event, unsigned end)
{
	const struct tenure *t = &f->ends[end]->now;
	int64_t apart = event->when.ns - t->last.ns;
	/* All records of a connection that is over were lost. Wrong where its handshake took so
	 * long, and it was closed before its opening was logged. */
	if (t->process == PROCESS_NONE && f->has_syn && f->closed && event_opens(event->event.op))
		return event->when.ns - f->syn.ns > LIMIT_HOLD_NS;
	bool over = f->streams[end].logged_end || (f->closed && event->event.op == EVENT_CONNECT);
	if (t->process == PROCESS_NONE || t->process == event->process)
		return false;
	if (over)
		return apart >= 0;
	return event_opens(event->event.op) && apart > MATCH_DISORDER_NS;
}

/* No packet of it yet, and only records of the same process just before: they overtook this one,
 * for the clock ticks coarsely. */
static bool is_overtaken(
	const struct owned_flow *f, const struct held_event *event, unsigned end, int64_t error_ns)
{
	const struct tenure *t = &f->ends[end]->now;
	return f->packets[0] == 0 && f->packets[1] == 0 && t->process == event->process &&
		event->when.ns - t->first.ns <= error_ns;
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
	bool begun = twin || answered || is_overtaken(f, event, local_end, error_ns);
	if (f->logged_open[local_end] || is_of_next(f, event, local_end) ||
		(!f->has_syn && !begun && !untouched(f)))
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
	if (event_opens(event->event.op))
		return connect_opening(o, place, event, local_end, error_ns, err);
	uint32_t older = owners_older(o, place);
	struct ref_time began = f->has_syn ? f->syn : f->opened;
	if (f->has_syn && event->when.ns < f->syn.ns - error_ns)
		return older;
	bool last_words = older != OWNERS_NONE && event->when.ns <= began.ns + error_ns &&
		o->flows[older].ends[local_end]->now.process == event->process &&
		f->ends[local_end]->now.process != event->process;
	if (last_words)
		return older;
	if (is_of_next(f, event, local_end)) {
		place = owners_open(o, place, event->when, err);
		if (place != OWNERS_NONE)
			o->flows[place].opened = event->when;
	}
	return place;
}
