/* SPDX-License-Identifier: Apache-2.0 */
/* The answer for one packet: see settle.h. */
#include "correlate/settle.h"

#include "base/limits.h"
#include "correlate/kernel_made.h"
#include "correlate/kernel_service.h"
#include "correlate/mapped.h"
#include "correlate/match_ports.h"
#include "correlate/match_raw.h"
#include "correlate/stated.h"
#include "correlate/vouch.h"

/* Who held this end of a flow? */
struct question {
	const struct owned_flow *flow;
	unsigned end;
	struct ref_time when;
};

static struct tenure_reach reach_of(const struct settler *s, const struct question *q)
{
	const struct owned_flow *f = q->flow;
	struct tenure_reach reach = { .error_ns = s->error_ns,
		.rival_ns = LIMIT_HOLD_NS + 2 * s->error_ns,
		.turns = f->key.transport == TRANSPORT_UDP };
	/* A UDP port may change hands between two datagrams: without an event on both sides nothing
	 * is proved, nor where somebody else had it just before or behind. An echo reply belongs to
	 * whoever asked with that identifier a moment before; wrong where that one exits and
	 * another takes the identifier within the hold and pings the same host, unseen. A TCP
	 * connection is one process's until its events say otherwise. */
	if (f->key.transport == TRANSPORT_ICMP || f->key.transport == TRANSPORT_ICMPV6)
		reach.behind_ns = LIMIT_HOLD_NS;
	if (f->key.transport != TRANSPORT_TCP)
		return reach;
	bool whole = f->has_syn || f->logged_open[0] || f->logged_open[1];
	reach.before_ns = whole ? LIMIT_TCP_IDLE_NS : LIMIT_HOLD_NS;
	reach.behind_ns = f->closed ? LIMIT_TCP_CLOSED_NS : LIMIT_TCP_IDLE_NS;
	return reach;
}

static struct claim owned(const struct tenure *t)
{
	struct claim c = claim_named(GRADE_FLOW, t->process, t->evidence);
	c.service = t->service;
	return c;
}

/* What is left of a connection whose process is gone is the kernel's to end. Wrong where a child
 * inherited the socket and left no event on it. */
static struct claim orphaned(const struct tenure *t)
{
	struct claim c = claim_reason(REASON_KERNEL_TCP_AFTER_EXIT, DETAIL_NONE);
	c.about = t->process;
	return c;
}

static uint32_t host_of(const struct settler *s, process_handle process)
{
	size_t n;
	return roster_all(s->roster, &n)[process].host;
}

/* For UDP the local port must not have been in another process's hands meanwhile, whatever the
 * peer. Wrong where a process took over a UDP port between two events of the owner, talked to the
 * same peer, and all its events were lost. */
static struct claim owned_datagram(
	const struct settler *s, const struct question *q, const struct tenure *owner)
{
	const struct owned_flow *f = q->flow;
	struct endpoint_question port = { .host = host_of(s, owner->process),
		.transport = f->key.transport,
		.local = q->end ? f->key.b : f->key.a,
		.when = q->when,
		.error_ns = s->error_ns };
	const struct holder *rival = endpoints_rival(s->match.endpoints, &port, owner->process);
	if (rival)
		return claim_rivals(
			owner->process, owner->evidence, rival->process, rival->evidence);
	if (endpoints_limited(s->match.endpoints, q->when))
		return claim_reason(REASON_NO_EVIDENCE, DETAIL_LIMIT);
	return owned(owner);
}

/* That a packet lies between two events is worth what their clock is worth just then. */
static bool is_unvouched(struct settler *s, struct evidence evidence, struct ref_time when)
{
	bool vouched = vouch_around(&s->match, evidence.input, when);
	s->unvouched |= !vouched;
	return !vouched;
}

/* Another packet's event says who owned this end of the flow. False where nobody is known to have
 * owned it. */
static bool claim_by_owner(struct settler *s, const struct question *q, struct claim *ret)
{
	const struct owned_flow *f = q->flow;
	bool tcp = f->key.transport == TRANSPORT_TCP;
	struct tenure_reach reach = reach_of(s, q);
	const struct tenure *a = NULL, *b = NULL;
	enum tenancy t = tenure_at(f->ends[q->end], q->when, &reach, &a, &b);
	enum life life = t == TENANCY_SOLE
		? roster_life(s->roster, a->process, q->when, s->error_ns)
		: LIFE_ALIVE;
	if (t == TENANCY_NOBODY || life == LIFE_UNBORN || (life == LIFE_OVER && !tcp))
		return false;
	if (t == TENANCY_RIVALS)
		*ret = claim_rivals(a->process, a->evidence, b->process, b->evidence);
	else if (life == LIFE_OVER)
		*ret = orphaned(a);
	else if (tcp)
		*ret = owned(a);
	else
		*ret = owned_datagram(s, q, a);
	bool udp = f->key.transport == TRANSPORT_UDP;
	return !(udp && ret->grade && is_unvouched(s, a->evidence, q->when));
}

static const struct addr *side_addr(const struct digest *d, enum side side)
{
	return &side_end(&d->flow, side)->addr;
}

/* The address by which the logs know this end: it may be translated. */
static const struct addr *known_addr(
	const struct settler *s, const struct held_packet *p, enum side side)
{
	const struct addr *shown = side_addr(&p->digest, side);
	if (p->nat.number && p->flow != OWNERS_NONE) {
		const struct flow_key *key = &s->match.owners->flows[p->flow].key;
		return flow_end(p->dir, side) ? &key->b.addr : &key->a.addr;
	}
	const struct addr *local = mapped_local(s, p, side);
	return local ? local : shown;
}

static bool settle_by_owner(struct settler *s, struct held_packet *p, enum side side)
{
	if (p->flow == OWNERS_NONE)
		return false;
	struct question q = { .flow = &s->match.owners->flows[p->flow],
		.end = flow_end(p->dir, side),
		.when = p->when };
	struct claim c;
	if (!claim_by_owner(s, &q, &c))
		return false;
	if (c.process != PROCESS_NONE &&
		!hosts_may_be_at(s->match.hosts, host_of(s, c.process), known_addr(s, p, side)))
		return false;
	/* Other packets leave open which of two it was, and the capture says it of this one. */
	if (c.reason == REASON_AMBIGUOUS && stated_decides(s->match.hosts, p, side, &c))
		return false;
	p->claims[side] = c;
	p->settled[side] = true;
	return true;
}

/* The handshake's packets belong to the socket that listens. Data does not: whoever accepted may be
 * another process. A SYN that was refused found no socket, whoever holds the port. */
static bool asks_listener(const struct settler *s, const struct held_packet *p, enum side side)
{
	const struct owned_flow *f = &s->match.owners->flows[p->flow];
	unsigned flags = p->digest.tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
	if (!digest_has(&p->digest, DIGEST_TCP))
		return false;
	if (flags == (TCP_SYN | TCP_ACK))
		return side == SIDE_SENDER;
	return flags == TCP_SYN && side == SIDE_RECEIVER &&
		(!f->closed || f->streams[1 - p->dir].has_isn);
}

/* May the log lack what would contradict the holder? `open`: nothing behind the packet shows that
 * it still held the endpoint, so its log must have gone on. */
static bool may_be_contradicted(
	const struct settler *s, const struct endpoint_question *q, const struct endpoint_answer *a)
{
	uint32_t log = a->sole->evidence.input;
	return coverage_host_lost(s->coverage, q->host, a->sole->first, q->when) ||
		(a->open && !coverage_reaches(s->coverage, log, q->when));
}

static struct claim held_by(const struct endpoint_answer *a)
{
	struct claim c = claim_reason(REASON_AMBIGUOUS, DETAIL_NONE);
	if (a->sole)
		return claim_named(GRADE_ENDPOINT, a->sole->process, a->sole->evidence);
	for (size_t i = 0; i < a->n; i++) {
		if (i < CLAIM_EVIDENCE)
			c.evidence[c.n_evidence++] = a->evidence[i];
		c.candidates[c.n_candidates++] = a->processes[i];
	}
	c.more_candidates = a->more;
	return c;
}

/* A claim by ports alone beside what the endpoint says: made surer, left, or unmade. */
static void weigh_ports(struct claim *ports, const struct endpoint_answer *a)
{
	for (size_t i = 0; i < a->n; i++) {
		if (a->processes[i] != ports->process)
			continue;
		if (a->sole)
			ports->grade = GRADE_ENDPOINT;
		return;
	}
	struct endpoint_answer both = *a;
	both.sole = NULL;
	both.n = both.n < CLAIM_CANDIDATES ? both.n : CLAIM_CANDIDATES - 1;
	both.processes[both.n++] = ports->process;
	both.evidence[CLAIM_EVIDENCE - 1] = ports->evidence[0];
	*ports = held_by(&both);
}

/* Where the first part was captured, its answer is that of all. */
static void settle_part(struct settler *s, struct held_packet *p, enum side side)
{
	const struct claim *first = parts_claim(s->parts, s->match.owners, p, side);
	if (!first) {
		settle_by_owner(s, p, side);
	} else if (first->grade != GRADE_NONE || first->reason == REASON_AMBIGUOUS) {
		p->claims[side] = *first;
		p->settled[side] = true;
	}
}

/* Nothing is known of the flow, but of the endpoint: who had it then? */
static void settle_by_endpoint(struct settler *s, struct held_packet *p, enum side side)
{
	struct flow buf;
	const struct flow *flow = match_flow(&s->match, p, &buf);
	const struct endpoint *local = side_end(flow, side);
	struct endpoint_question q = {
		.host = hosts_of_addr(s->match.hosts, &local->addr),
		.transport = p->digest.transport,
		.receives = side == SIDE_RECEIVER,
		.local = *local,
		.when = p->when,
		.error_ns = s->error_ns,
	};
	struct endpoint_answer a;
	if (q.host == HOST_NONE || p->flow == OWNERS_NONE)
		return;
	endpoints_ask(s->match.endpoints, s->roster, &q, &a);
	if (!a.proved || (a.sole && may_be_contradicted(s, &q, &a)) ||
		(a.sole && is_unvouched(s, a.sole->evidence, p->when)))
		return;
	if (p->settled[side])
		weigh_ports(&p->claims[side], &a);
	else
		p->claims[side] = held_by(&a);
	p->settled[side] = true;
}

/* The outer packet of a tunnel is the kernel's, unless a process is known to own its flow. */
static void settle_outer(struct settler *s, const struct held_packet *p)
{
	const struct digest *d = &p->digest;
	unsigned dir;
	for (int side = 0; side < SIDES; side++)
		s->outer[side] = (struct outer_claim){ .process = PROCESS_NONE };
	stated_outer(s->match.hosts, p, s->outer);
	if (!p->has_time || (d->outer.src.port == 0 && d->outer.dst.port == 0))
		return;
	uint32_t place = owners_find(s->match.owners, &d->outer, d->outer_transport, &dir);
	for (int side = 0; place != OWNERS_NONE && side < SIDES; side++) {
		struct question q = { .flow = &s->match.owners->flows[place],
			.end = flow_end(dir, side),
			.when = p->when };
		struct claim c;
		if (claim_by_owner(s, &q, &c) && c.grade)
			s->outer[side] = (struct outer_claim){
				.process = c.process, .grade = c.grade, .evidence = c.evidence[0]
			};
	}
}

/* RFC 9293 3.10.7.1: a segment for which there is no connection is answered by a reset that bears
 * no acknowledgement and begins where the segment says. A socket that lives does not send such ones
 * behind its FIN; before that, one with an owner is the owner's. Wrong where somebody on the way
 * makes the reset up: it too names nobody. */
static bool is_stray_reset(const struct settler *s, const struct held_packet *p)
{
	const struct digest *d = &p->digest;
	const struct owned_flow *f = &s->match.owners->flows[p->flow];
	const struct stream *back = &f->streams[1 - p->dir];
	const struct succession *owner = f->ends[p->dir];
	bool live = !f->streams[p->dir].ended && owner->now.process != PROCESS_NONE;
	return digest_has(d, DIGEST_TCP) && (d->tcp_flags & (TCP_RST | TCP_ACK)) == TCP_RST &&
		back->has_ack && d->tcp_seq == back->ack && !live &&
		hosts_of_addr(s->match.hosts, &d->flow.src.addr) != HOST_NONE;
}

static void settle_tcp(struct settler *s, uint32_t place, enum side side)
{
	struct held_packet *p = hold_packet(s->match.hold, place);
	if (side == SIDE_SENDER && is_stray_reset(s, p)) {
		p->claims[side] = claim_reason(REASON_KERNEL_TCP_RESET, DETAIL_NONE);
		p->claims[side].about = s->match.owners->flows[p->flow].ends[p->dir]->now.process;
		p->settled[side] = true;
		return;
	}
	match_stream(&s->match, place, side);
	if (!p->settled[side] && !settle_by_owner(s, p, side) && asks_listener(s, p, side))
		settle_by_endpoint(s, p, side);
}

/* Whose socket an ICMP error is about: the quoted packet's sender, or where that is not ours the
 * one whose end it did not reach. The error comes a round trip behind the packet, so the tenure is
 * stretched by the hold. */
static process_handle about(struct settler *s, const struct held_packet *p)
{
	const struct digest *d = &p->digest;
	if (!digest_has(d, DIGEST_QUOTED) || !p->has_time)
		return PROCESS_NONE;
	unsigned dir;
	uint32_t place = owners_find(s->match.owners, &d->quoted, d->quoted_transport, &dir);
	if (place == OWNERS_NONE)
		return PROCESS_NONE;
	const struct owned_flow *f = &s->match.owners->flows[place];
	struct tenure_reach reach = { .error_ns = s->error_ns,
		.before_ns = LIMIT_HOLD_NS,
		.behind_ns = LIMIT_HOLD_NS,
		.rival_ns = LIMIT_HOLD_NS };
	const struct tenure *a = NULL, *b = NULL;
	const struct succession *sent = f->ends[dir], *meant = f->ends[1 - dir];
	const struct succession *end = sent->now.process != PROCESS_NONE ? sent : meant;
	return tenure_at(end, p->when, &reach, &a, &b) == TENANCY_SOLE ? a->process : PROCESS_NONE;
}

/* The host that captured says that it sent the packet, lists its addresses, and the sender's is
 * none of them. What has no address yet, and what only one link knows (RFC 3927, RFC 4291 2.5.6),
 * is not passed on. Wrong where the list lacks an address of ours: no process is named either way.
 * That a packet came in to be passed on is not shown by itself. */
static bool is_passed_on(const struct hosts *hosts, const struct held_packet *p)
{
	const struct digest *d = &p->digest;
	const struct addr *from = &d->flow.src.addr;
	bool link = addr_is_v4(from) ? from->b[12] == 169 && from->b[13] == 254
				     : from->b[0] == 0xfe && (from->b[1] & 0xc0) == 0x80;
	return digest_has(d, DIGEST_SENT) && !digest_has(d, DIGEST_OUTER) && !p->stated.origin &&
		hosts->shown[p->input].told && !link && !addr_is_wildcard(from) &&
		!addr_is_loopback(from) && hosts_of_addr(hosts, from) == HOST_NONE &&
		hosts_of_addr(hosts, &d->flow.dst.addr) == HOST_NONE;
}

/* Nothing vouches for this side: say why. */
static struct claim unnamed(struct settler *s, const struct held_packet *p, enum side side)
{
	const struct digest *d = &p->digest;
	const struct hosts *hosts = s->match.hosts;
	/* What is inside cannot be read, and no process is known to have sent the whole. Wrong for
	 * a VPN program that makes its tunnel's packets itself and left no event. */
	if (digest_has(d, DIGEST_TUNNEL) && !digest_has(d, DIGEST_OUTER))
		return claim_reason(REASON_KERNEL_TUNNEL, DETAIL_NONE);
	/* Whoever sent a frame without IP addresses, no log of sockets can hold it. */
	if (!digest_has(d, DIGEST_ADDRS))
		return claim_reason(
			coverage_any(s->coverage) ? REASON_NOT_TRACED : REASON_NO_EVIDENCE,
			DETAIL_NONE);
	const struct addr *a = side_addr(d, side);
	if (!hosts_any_local(hosts))
		return claim_reason(REASON_NO_EVIDENCE, DETAIL_NO_LOCAL);
	uint32_t host = hosts_of_addr(hosts, known_addr(s, p, side));
	/* A group may be heard by any host; the sender is not among those that we ask. */
	if (host == HOST_NONE && side == SIDE_RECEIVER && addr_is_group(a) && hosts->n == 1 &&
		hosts_of_addr(hosts, &d->flow.src.addr) == HOST_NONE)
		host = 0;
	if (host == HOST_NONE)
		return claim_reason(
			is_passed_on(hosts, p) ? REASON_FORWARDED : REASON_OTHER_HOST, DETAIL_NONE);
	if (p->late)
		return claim_reason(REASON_NO_EVIDENCE, DETAIL_LATE);
	enum detail detail;
	enum reason r = coverage_reason(
		s->coverage, host, d->transport, p->has_time ? &p->when : NULL, &detail);
	if (digest_has(d, DIGEST_FRAGMENT) && r == REASON_NOT_IN_LOG)
		return claim_reason(REASON_NO_EVIDENCE, DETAIL_FRAGMENT);
	if (r == REASON_NOT_IN_LOG && s->unvouched)
		return claim_reason(REASON_NO_EVIDENCE, DETAIL_CLOCK_SET);
	if (r == REASON_NOT_IN_LOG && (s->match.owners->evicted || *s->evicted))
		detail = DETAIL_LIMIT;
	return claim_reason(r, detail);
}

static void settle_udp(struct settler *s, uint32_t place, enum side side)
{
	struct held_packet *p = hold_packet(s->match.hold, place);
	match_datagram(&s->match, place, side);
	if (!p->settled[side])
		match_wildcard(&s->match, place, side);
	if (!p->settled[side] && !settle_by_owner(s, p, side) && !s->no_ports)
		match_ports(&s->match, place, side);
	if (!p->settled[side] || p->claims[side].grade == GRADE_PORTS)
		settle_by_endpoint(s, p, side);
}

/* In a tunnel between two machines that are not ours addresses may be the same as ours and mean
 * others: tenants of a data centre share what is private. Wrong for a switch that sends copies of
 * our own packets through a tunnel; they stay without a name. */
static bool is_tenants(const struct hosts *hosts, const struct digest *d)
{
	return digest_has(d, DIGEST_OUTER) && hosts_any_local(hosts) &&
		hosts_of_addr(hosts, &d->outer.src.addr) == HOST_NONE &&
		hosts_of_addr(hosts, &d->outer.dst.addr) == HOST_NONE;
}

/* The other end of most packets is a host without evidence. Where no event and no owner is known
 * for it, none of the ways to a name below can find one, so they need not be walked. */
static bool is_strangers(const struct settler *s, const struct held_packet *p, enum side side)
{
	const struct match *m = &s->match;
	if (p->flow == OWNERS_NONE || p->nat.number || digest_is_echo_reply(&p->digest))
		return false;
	const struct owned_flow *f = &m->owners->flows[p->flow];
	return f->chains->first_event[p->dir][side] == HOLD_NONE &&
		f->ends[flow_end(p->dir, side)] == &succession_nobody && m->shows_local &&
		!m->mappings->proven && m->hold->n_unbound == 0 &&
		hosts_of_addr(m->hosts, side_addr(&p->digest, side)) == HOST_NONE;
}

static void settle_side(struct settler *s, uint32_t place, enum side side)
{
	struct held_packet *p = hold_packet(s->match.hold, place);
	s->unvouched = false;
	if (p->settled[side] || p->is_copy)
		return;
	enum reason kernel = digest_has(&p->digest, DIGEST_DECODED) ? kernel_made(&p->digest, side)
								    : REASON_UNDECODABLE;
	if (kernel != REASON_NONE) {
		p->claims[side] = claim_reason(kernel, DETAIL_NONE);
		if (kernel == REASON_KERNEL_ICMP_ERROR)
			p->claims[side].about = about(s, p);
		return;
	}
	if (is_tenants(s->match.hosts, &p->digest)) {
		p->claims[side] = claim_reason(REASON_OTHER_HOST, DETAIL_NONE);
		return;
	}
	if (is_strangers(s, p, side)) {
		p->claims[side] = unnamed(s, p, side);
		return;
	}
	if (p->flow != OWNERS_NONE && digest_has(&p->digest, DIGEST_FRAGMENT)) {
		settle_part(s, p, side);
	} else if (p->flow != OWNERS_NONE && p->digest.transport == TRANSPORT_UDP) {
		settle_udp(s, place, side);
	} else if (p->flow != OWNERS_NONE && p->digest.transport == TRANSPORT_TCP) {
		settle_tcp(s, place, side);
	} else if (!match_reply(&s->match, place, side)) {
		match_raw(&s->match, place, side);
		if (!p->settled[side])
			settle_by_owner(s, p, side);
	}
	if (!p->settled[side])
		mapped_settle(s, p, side);
	if (!p->settled[side])
		p->claims[side] = unnamed(s, p, side);
}

/* An end is ours where its address is, or where a process of ours is named there (NAT). */
static uint32_t host_of_side(const struct settler *s, const struct held_packet *p, enum side side,
	const struct process *processes)
{
	const struct claim *c = &p->claims[side];
	if (c->process != PROCESS_NONE)
		return processes[c->process].host;
	if (c->reason == REASON_KERNEL_SERVICE)
		return processes[c->about].host;
	if (!digest_has(&p->digest, DIGEST_ADDRS))
		return HOST_NONE;
	return hosts_of_addr(s->match.hosts, known_addr(s, p, side));
}

static void set_direction(const struct settler *s, const struct held_packet *p, struct settled *ret)
{
	size_t n;
	const struct process *processes = roster_all(s->roster, &n);
	uint32_t sender = host_of_side(s, p, SIDE_SENDER, processes);
	uint32_t receiver = host_of_side(s, p, SIDE_RECEIVER, processes);
	ret->host = sender != HOST_NONE ? sender : receiver;
	ret->direction = sender != HOST_NONE
		? (receiver != HOST_NONE ? DIRECTION_LOCAL : DIRECTION_OUT)
		: (receiver != HOST_NONE ? DIRECTION_IN : DIRECTION_NONE);
}

/* Bytes that were on the wire once are a retransmission when they come again. */
static void advance_stream(struct settler *s, const struct held_packet *p)
{
	const struct digest *d = &p->digest;
	if (p->flow == OWNERS_NONE || !digest_has(d, DIGEST_TCP))
		return;
	struct stream *st = &s->match.owners->flows[p->flow].streams[p->dir];
	st->ended = st->ended || (d->tcp_flags & TCP_FIN);
	if (d->tcp_flags & TCP_ACK) {
		st->has_ack = true;
		st->ack = d->tcp_ack;
	}
	if (!digest_has(d, DIGEST_PAYLOAD) || d->payload_bytes == 0)
		return;
	bool syn = d->tcp_flags & TCP_SYN;
	uint32_t behind = d->tcp_seq + syn + d->payload_bytes;
	if (!st->has_data || (int32_t)(behind - st->next) > 0) {
		st->has_data = true;
		st->next = behind;
	}
}

/* An event that was logged while another thread ran does not say for which service it was; the
 * others of its flow may. Wrong where two services of one process share a socket and the events of
 * one of them never say so. */
static void find_service(const struct settler *s, struct held_packet *p, enum side side)
{
	struct claim *c = &p->claims[side];
	if (c->service || p->flow == OWNERS_NONE)
		return;
	const struct succession *held =
		s->match.owners->flows[p->flow].ends[flow_end(p->dir, side)];
	if (held->now.process == c->process)
		c->service = held->now.service;
	else if (held->before.process == c->process)
		c->service = held->before.service;
}

/* What is to be said of both claims, whatever they rest on. */
static void complete_claims(struct settler *s, struct held_packet *p)
{
	/* What was matched through a router's translation rests on that, too. */
	for (int side = 0; side < SIDES && p->nat.number; side++) {
		struct claim *c = &p->claims[side];
		if (c->grade == GRADE_NONE || c->n_evidence != 1)
			continue;
		c->evidence[c->n_evidence++] = p->nat;
		c->translated = true;
	}
	for (int side = 0; side < SIDES; side++) {
		if (p->stated.origin || p->stated.limited)
			stated_settle(s->match.hosts, s->roster, p, side);
		if (p->claims[side].process == PROCESS_NONE)
			continue;
		find_service(s, p, side);
		kernel_service_settle(s->roster, &p->claims[side]);
	}
}

int settle_packet(struct settler *s, uint32_t place, struct settled *ret, struct err *err)
{
	struct held_packet *p = hold_packet(s->match.hold, place);
	for (int side = 0; side < SIDES; side++)
		settle_side(s, place, side);
	if (s->match.mappings->failed)
		return err_nomem(err);
	complete_claims(s, p);
	copies_share(s->copies, s->match.hold, place);
	ret->duplicate_of = p->is_copy ? copies_original(s->copies, place) : NULL;
	ret->outer = NULL;
	if (digest_has(&p->digest, DIGEST_OUTER)) {
		settle_outer(s, p);
		kernel_service_outer(s->roster, s->outer);
		ret->outer = s->outer;
	}
	ret->digest = &p->digest;
	ret->claims = p->claims;
	ret->answerable = p->flow != OWNERS_NONE;
	ret->answered = ret->answerable && s->match.owners->flows[p->flow].packets[1 - p->dir] > 0;
	set_direction(s, p, ret);
	advance_stream(s, p);
	match_asked(&s->match, p);
	parts_keep(s->parts, s->match.owners, p);
	ret->considered = NULL;
	ret->n_considered = 0;
	if (ret->watched) {
		if (dossier_collect(&s->dossier, &s->match, place, err) < 0)
			return -1;
		ret->considered = s->dossier.items;
		ret->n_considered = s->dossier.n;
	}
	match_pass(&s->match, p, s->error_ns);
	return 0;
}
