/* SPDX-License-Identifier: Apache-2.0 */
/* Process information in captures: see stated.h. */
#include "correlate/stated.h"

#include <string.h>

#include "correlate/clock.h"
#include "correlate/kernel_service.h"

/* A program that looks a flow up finds one of its two sockets. Where both are on this host (a
 * loopback), it names that one for both directions, whichever end it is. */
static bool is_looked_up(enum owner_origin origin)
{
	return origin == OWNER_PTCPDUMP || origin == OWNER_RUSTNET || origin == OWNER_WIRESHARK;
}

static bool is_local(const struct hosts *h, uint32_t input, const struct addr *a)
{
	return addr_is_loopback(a) || hosts_owns(h, input, a);
}

/* An address of a machine whose evidence is another input. */
static bool is_anothers(const struct hosts *h, uint32_t input, const struct addr *a)
{
	uint32_t host = hosts_of_addr(h, a);
	return host != HOST_NONE && host != h->of_input[input];
}

bool stated_side(const struct hosts *h, const struct held_packet *p, enum side *ret)
{
	const struct digest *d = &p->digest;
	const struct flow *f = digest_has(d, DIGEST_OUTER) ? &d->outer : &d->flow;
	/* Files of two machines may stand one behind the other: what the first showed of its
	 * addresses does not hold for the next. */
	bool addrs = digest_has(d, DIGEST_ADDRS) && !p->stated.elsewhere;
	bool src = addrs && is_local(h, p->input, &f->src.addr);
	bool dst = addrs && is_local(h, p->input, &f->dst.addr);
	if (src && dst && is_looked_up((enum owner_origin)p->stated.origin))
		return false;
	bool sent = digest_has(d, DIGEST_SENT), received = digest_has(d, DIGEST_RECEIVED);
	if (sent != received) {
		*ret = sent ? SIDE_SENDER : SIDE_RECEIVER;
		if (is_looked_up((enum owner_origin)p->stated.origin) && addrs &&
			h->shown[p->input].told)
			return sent ? src : dst;
		return !is_anothers(h, p->input, sent ? &f->src.addr : &f->dst.addr);
	}
	*ret = src ? SIDE_SENDER : SIDE_RECEIVER;
	return src != dst;
}

/* A kernel, or a program that looked the flow up, says whose socket it was: that holds for the
 * flow's other packets too. One that polls says so of a moment only. */
static int learn(const struct stated_setup *s, struct held_packet *p, struct err *err)
{
	enum side side;
	if (owner_grade((enum owner_origin)p->stated.origin) < GRADE_FLOW || !p->has_time ||
		p->flow == OWNERS_NONE || digest_has(&p->digest, DIGEST_OUTER) ||
		!stated_side(s->hosts, p, &side))
		return 0;
	struct evidence own = { .input = p->input, .number = p->number };
	struct owned_flow *f = &s->owners->flows[p->flow];
	unsigned end = flow_end(p->dir, side);
	struct succession *held = owners_end(s->owners, f, end, err);
	if (!held)
		return -1;
	tenure_stretch(held, p->stated.process, 0, p->when, own);
	endpoints_bind(s->endpoints,
		&(struct binding){ .host = s->hosts->of_input[p->input],
			.process = p->stated.process,
			.transport = f->key.transport,
			.connection = f->key.transport == TRANSPORT_TCP,
			.local = end ? f->key.b : f->key.a,
			.peer = end ? f->key.a : f->key.b,
			.when = p->when,
			.evidence = own });
	return 0;
}

/* The process of that PID and name; PROCESS_NONE where a limit is reached. */
static process_handle look_up(const struct stated_setup *s, const struct owner *owner,
	const struct held_packet *p, struct err *err)
{
	struct ref_time start = { 0 };
	struct process_note note = { .what = NOTE_RUNNING,
		.pid = owner->pid,
		.parent = owner->parent,
		.has_parent = owner->has_parent,
		.image_cut = owner->image_cut,
		.kernel = kernel_service_owner(owner),
		.image = owner->image };
	if (owner->has_start)
		start = clock_to_ref(s->clock, owner->start);
	return roster_stated(s->roster, s->hosts->of_input[p->input], &note, p->when,
		owner->has_start ? &start : NULL, err);
}

/* Interfaces that join this host to its own guests, or are several at once. Out of them means into
 * a guest, and the process that was looked up may be at either end. Wrong for a bridge or a tunnel
 * with a name of its own, which looks like a card. */
static bool joins_guests(struct span name)
{
	static const char *const begins[] = { "any", "docker", "br-", "virbr", "veth", "vnet",
		"cni", "flannel", "cali", "cilium", "lxc", "lxd", "incus", "podman", "vmnet",
		"vboxnet", "tap", "tun", "wg", "ovs", "bridge", "nerdctl", "kube" };
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		size_t n = strlen(begins[i]);
		if (name.n >= n && memcmp(name.p, begins[i], n) == 0)
			return true;
	}
	return name.n > 2 && name.p[0] == 'b' && name.p[1] == 'r' && name.p[2] >= '0' &&
		name.p[2] <= '9';
}

/* A file that does not name its interfaces does not say what its directions mean either. */
void stated_trim(const struct packet *packet, struct digest *d)
{
	const struct capture_interface *at = packet->interface;
	if (packet->owner && at && is_looked_up(packet->owner->origin) &&
		(at->name.n == 0 || joins_guests(at->name)))
		d->known &= ~(uint32_t)(DIGEST_SENT | DIGEST_RECEIVED);
}

/* A later section of the file: of which machine it is, is not known. */
static bool is_elsewhere(const struct packet *packet)
{
	return packet->interface && packet->interface->section > 0;
}

int stated_see(struct hosts *h, uint32_t input, const struct packet *packet, const struct digest *d,
	struct err *err)
{
	if (is_elsewhere(packet))
		return 0;
	return hosts_see_owned(h, input, d, is_looked_up(packet->owner->origin), err);
}

int stated_take(const struct stated_setup *s, const struct packet *packet, struct held_packet *p,
	struct err *err)
{
	const struct owner *owner = packet->owner;
	struct err full = { 0 };
	p->stated.elsewhere = is_elsewhere(packet);
	if (stated_see(s->hosts, p->input, packet, &p->digest, err) < 0)
		return -1;
	if (s->hosts->of_input[p->input] == HOST_NONE)
		return 0;
	p->stated.process = look_up(s, owner, p, &full);
	if (p->stated.process != PROCESS_NONE && owner->has_effective) {
		struct owner effective = { .pid = owner->effective,
			.image = owner->effective_image };
		p->stated.effective = look_up(s, &effective, p, &full);
	}
	if (full.kind == ERR_NOMEM)
		return err_nomem(err);
	p->stated.limited = p->stated.process == PROCESS_NONE;
	if (p->stated.limited)
		return 0;
	p->stated.origin = (uint8_t)owner->origin;
	return learn(s, p, err);
}

static bool same_process(const struct roster *roster, process_handle a, process_handle b)
{
	size_t n;
	const struct process *all = roster_all(roster, &n);
	return a == b || (all[a].host == all[b].host && all[a].pid == all[b].pid);
}

static void add_candidate(struct claim *c, const struct held_packet *p, enum because because)
{
	if (c->n_candidates == CLAIM_CANDIDATES) {
		c->more_candidates = true;
		return;
	}
	if (c->n_candidates == 0)
		c->because = (uint8_t)because;
	c->candidates[c->n_candidates++] = p->stated.process;
}

static void name(struct claim *c, const struct held_packet *p, enum grade grade)
{
	*c = claim_reason(REASON_NONE, DETAIL_NONE);
	c->grade = (uint8_t)grade;
	c->process = p->stated.process;
	c->about = p->stated.effective;
	c->origin = p->stated.origin;
	c->evidence[c->n_evidence++] = (struct evidence){ .input = p->input, .number = p->number };
}

/* Two sources of equal strength name two processes. */
static void dispute(struct claim *c, const struct held_packet *p)
{
	struct claim both = claim_reason(REASON_AMBIGUOUS, DETAIL_NONE);
	both.candidates[both.n_candidates++] = c->process;
	both.evidence[both.n_evidence++] = c->evidence[0];
	both.evidence[both.n_evidence++] =
		(struct evidence){ .input = p->input, .number = p->number };
	add_candidate(&both, p, BECAUSE_EVENT);
	*c = both;
}

static bool is_kernels(const struct claim *c)
{
	return c->reason >= REASON_KERNEL_ICMP_ERROR && c->reason <= REASON_KERNEL_SERVICE;
}

static void weigh(
	const struct roster *roster, struct claim *c, const struct held_packet *p, enum grade grade)
{
	if (c->grade == GRADE_NONE) {
		/* What the packet proves to be the kernel's is so whoever has the socket. */
		if (is_kernels(c) && c->reason != REASON_KERNEL_TUNNEL)
			c->about = c->about == PROCESS_NONE ? p->stated.process : c->about;
		else if (c->reason == REASON_AMBIGUOUS && grade < GRADE_EXACT)
			add_candidate(c, p, BECAUSE_EVENT);
		else
			name(c, p, grade);
		return;
	}
	bool same = same_process(roster, c->process, p->stated.process);
	if (same && c->about == PROCESS_NONE)
		c->about = p->stated.effective;
	if (c->grade < grade)
		name(c, p, grade);
	else if (c->grade == grade && !same)
		dispute(c, p);
}

/* A tunnel's packet has two layers, each with a socket of its own: which one is meant is not known
 * of what a kernel wrote; who looked the flow up looked for the outer one. */
static enum grade grade_of(const struct held_packet *p)
{
	return digest_has(&p->digest, DIGEST_OUTER)
		? GRADE_NONE
		: owner_grade((enum owner_origin)p->stated.origin);
}

bool stated_decides(
	const struct hosts *h, const struct held_packet *p, enum side side, const struct claim *c)
{
	enum side meant;
	if (p->stated.origin == 0 || grade_of(p) < GRADE_FLOW || !stated_side(h, p, &meant) ||
		meant != side)
		return false;
	bool by_statements = c->n_evidence > 0;
	for (uint8_t i = 0; i < c->n_evidence; i++)
		by_statements = by_statements && c->evidence[i].input == p->input;
	for (uint8_t i = 0; i < c->n_candidates; i++)
		if (c->candidates[i] == p->stated.process)
			return true;
	return by_statements;
}

/* Who wrote it looked at the packet's own headers, and so at the outer ones of a tunnel. */
static bool means_outer(enum owner_origin origin)
{
	return origin != OWNER_DARWIN && origin != OWNER_HONE && origin != OWNER_NOTED_EXACT &&
		origin != OWNER_NOTED_FLOW && origin != OWNER_NOTED_ENDPOINT &&
		origin != OWNER_NOTED_PORTS;
}

static bool is_outer_only(const struct held_packet *p)
{
	return digest_has(&p->digest, DIGEST_OUTER) &&
		means_outer((enum owner_origin)p->stated.origin);
}

void stated_settle(
	const struct hosts *h, const struct roster *roster, struct held_packet *p, enum side side)
{
	struct claim *c = &p->claims[side];
	enum owner_origin origin = (enum owner_origin)p->stated.origin;
	enum grade grade = grade_of(p);
	enum side meant;
	/* What it states is not known any more; what other packets of the flow state is not it. */
	if (p->stated.limited && c->n_evidence && c->evidence[0].input == p->input)
		*c = claim_reason(REASON_AMBIGUOUS, DETAIL_LIMIT);
	if (origin == 0)
		return;
	bool known = stated_side(h, p, &meant);
	/* Who neither end is known as: the statement is for one of them all the same. */
	bool nobodys = p->claims[0].reason == REASON_OTHER_HOST &&
		p->claims[1].reason == REASON_OTHER_HOST && side == SIDE_SENDER;
	if ((known && meant != side) || is_outer_only(p))
		return;
	if (known && grade != GRADE_NONE)
		weigh(roster, c, p, grade);
	else if (c->grade == GRADE_NONE && !is_kernels(c) &&
		(nobodys || c->reason != REASON_OTHER_HOST))
		add_candidate(c, p, owner_because(origin));
}

void stated_outer(
	const struct hosts *h, const struct held_packet *p, struct outer_claim ret[static SIDES])
{
	enum owner_origin origin = (enum owner_origin)p->stated.origin;
	enum side side;
	if (owner_grade(origin) == GRADE_NONE || !means_outer(origin) || !stated_side(h, p, &side))
		return;
	ret[side] = (struct outer_claim){ .process = p->stated.process,
		.grade = (uint8_t)owner_grade(origin),
		.evidence = { .input = p->input, .number = p->number } };
}
