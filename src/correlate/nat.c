/* SPDX-License-Identifier: Apache-2.0 */
/* Stated translations: see nat.h. */
#include "correlate/nat.h"

#include <stdlib.h>

#include "base/limits.h"

/* As one direction of the connection has it: packets of the answer are looked up reversed. */
struct nat_key {
	struct flow flow;
	uint8_t transport, zero;
};

struct nat_entry {
	struct nat_key key; /* as the one who opened it sends */
	uint32_t latest;    /* of its uses, in the order of their lines, or NAT_NONE */
	uint32_t n;         /* how many there are */
	bool spoilt;        /* there were more uses than fit */
	bool has_last;
	struct ref_time last; /* of its packets */
};

struct nat_use {
	struct flow other; /* the same on the other side of the router */
	bool before;       /* the key is what came to the router, `other` what left it */
	bool confirmed;    /* the capture shows that it began when the line says so */
	int64_t from, to;  /* INT64_MIN, INT64_MAX: not known */
	uint32_t earlier;  /* use of the same flow, or NAT_NONE */
	struct evidence evidence;
};

#define NAT_NONE UINT32_MAX
/* Uses of one flow that take turns. A router draws ports out of thousands; in a log of days a few
 * come back to one peer. */
#define NAT_TURNS 64

/* A line is printed when the router's program comes to read of it. */
#define NAT_LATE_NS 1000000000ll
/* Ports are used again when the router has forgotten the connection: 10 s behind a TCP reset, 30 s
 * behind a datagram without an answer, more behind all else (nf_conntrack's time-outs). */
#define NAT_SILENCE_NS 5000000000ll

void nat_init(struct nat *n, struct hash_key key)
{
	*n = (struct nat){ 0 };
	map_init(&n->flows, sizeof(struct nat_entry), sizeof(struct nat_key), LIMIT_TRANSLATIONS,
		key);
}

void nat_done(struct nat *n)
{
	map_done(&n->flows);
	free(n->uses);
	n->uses = NULL;
	n->n_uses = n->cap_uses = 0;
}

static struct nat_key key_of(const struct flow *flow, uint8_t transport)
{
	struct nat_key key;
	memset(&key, 0, sizeof key);
	key.flow = *flow;
	key.transport = transport;
	return key;
}

static bool same_flow(const struct flow *a, const struct flow *b)
{
	return endpoint_equal(&a->src, &b->src) && endpoint_equal(&a->dst, &b->dst);
}

static bool same_use(const struct nat_use *a, const struct nat_use *b)
{
	return a->before == b->before && same_flow(&a->other, &b->other);
}

/* The last use of that kind that no line has ended. */
static struct nat_use *open_use(
	const struct nat *n, const struct nat_entry *e, const struct nat_use *like)
{
	for (uint32_t at = e->latest; at != NAT_NONE; at = n->uses[at].earlier)
		if (n->uses[at].to == INT64_MAX && same_use(&n->uses[at], like))
			return &n->uses[at];
	return NULL;
}

/* What is forgotten might contradict what is kept. */
static int add_use(struct nat *n, struct nat_entry *e, const struct nat_use *use, struct err *err)
{
	if (n->n_uses == LIMIT_TRANSLATIONS || e->n == NAT_TURNS) {
		e->spoilt = true;
		return 0;
	}
	if (n->n_uses == n->cap_uses) {
		uint32_t cap = n->cap_uses ? n->cap_uses * 2 : 256;
		struct nat_use *grown = realloc(n->uses, cap * sizeof *grown);
		if (!grown)
			return err_nomem(err);
		n->uses = grown;
		n->cap_uses = cap;
	}
	n->uses[n->n_uses] = *use;
	n->uses[n->n_uses].earlier = e->latest;
	e->latest = n->n_uses++;
	e->n++;
	return 0;
}

/* A line that goes on with what the last one was of: the same connection, or one more like it, and
 * no other in between. */
static void go_on(struct nat_use *last, const struct nat_line *line)
{
	int what = line->translation->what;
	last->to = what == TRANSLATION_CLOSED ? line->when.ns : INT64_MAX;
	if (what == TRANSLATION_LISTED)
		last->from = INT64_MIN;
}

static int learn(struct nat *n, const struct nat_line *line, const struct nat_use *like,
	const struct flow *flow, struct err *err)
{
	struct err full = { 0 };
	struct nat_key key = key_of(flow, line->translation->transport);
	struct nat_use use = *like;
	bool new;
	struct nat_entry *e = map_put(&n->flows, &key, &new, &full);
	if (!e)
		return full.kind == ERR_LIMIT ? 0 : err_nomem(err);
	if (new)
		e->latest = NAT_NONE;
	int what = line->translation->what;
	struct nat_use *last = e->latest == NAT_NONE ? NULL : &n->uses[e->latest];
	if (last && same_use(last, like)) {
		go_on(last, line);
		return 0;
	}
	struct nat_use *open = what == TRANSLATION_OPENED ? NULL : open_use(n, e, like);
	if (open && what == TRANSLATION_CLOSED)
		open->to = line->when.ns;
	if (open)
		return 0;
	if (what == TRANSLATION_OPENED)
		use.from = line->when.ns;
	if (what == TRANSLATION_CLOSED)
		use.to = line->when.ns;
	return add_use(n, e, &use, err);
}

/* What is not translated is kept too: it is what a translation of the same flow contradicts. */
int nat_learn(struct nat *n, const struct nat_line *line, struct err *err)
{
	const struct translation *t = line->translation;
	struct nat_use before = { .other = t->behind,
		.before = true,
		.from = INT64_MIN,
		.to = INT64_MAX,
		.evidence = line->evidence };
	struct nat_use behind = before;
	behind.other = t->before;
	behind.before = false;
	if (learn(n, line, &before, &t->before, err) < 0)
		return -1;
	return same_flow(&t->before, &t->behind) ? 0 : learn(n, line, &behind, &t->behind, err);
}

/* The first use, where all are alike: no time is needed then. Wrong where only the later use was
 * listed, and its host has an event of the same ports and length at the very time of the earlier
 * one. */
static struct nat_use *only_use(const struct nat *n, const struct nat_entry *e)
{
	uint32_t at = e->latest;
	while (n->uses[at].earlier != NAT_NONE) {
		if (!same_use(&n->uses[at], &n->uses[n->uses[at].earlier]))
			return NULL;
		at = n->uses[at].earlier;
	}
	return &n->uses[at];
}

/* The use that began at that time, where there is one such. */
static struct nat_use *begun_at(const struct nat *n, const struct nat_entry *e, int64_t ns)
{
	struct nat_use *found = NULL;
	for (uint32_t at = e->latest; at != NAT_NONE; at = n->uses[at].earlier) {
		struct nat_use *use = &n->uses[at];
		if (use->from == INT64_MIN || llabs(use->from - ns) > NAT_LATE_NS)
			continue;
		if (found)
			return NULL;
		found = use;
	}
	return found;
}

static bool covers(const struct nat_use *use, int64_t ns)
{
	return (use->from == INT64_MIN || ns >= use->from - NAT_LATE_NS) &&
		(use->to == INT64_MAX || ns <= use->to + NAT_LATE_NS);
}

/* The ports were used again, for other connections. The router's clock may be wrong, so a line is
 * believed when the capture shows that it is right: after a silence in which the router forgets,
 * the first packet comes when a connection is said to begin. Wrong where the clock is off by just
 * the time between two connections, and the host of the one has events of the same ports while
 * packets of the other pass. */
static struct nat_use *use_at(const struct nat *n, const struct nat_entry *e, int64_t ns)
{
	struct nat_use *found = NULL;
	if (!e->has_last || ns - e->last.ns >= NAT_SILENCE_NS)
		found = begun_at(n, e, ns);
	if (found) {
		found->confirmed = true;
		return found;
	}
	for (uint32_t at = e->latest; at != NAT_NONE; at = n->uses[at].earlier) {
		struct nat_use *use = &n->uses[at];
		if (!covers(use, ns))
			continue;
		if (found)
			return NULL;
		found = use;
	}
	return found && found->confirmed ? found : NULL;
}

static struct nat_use *find_use(const struct nat *n, struct nat_entry *e, struct ref_time when)
{
	if (e->spoilt || e->latest == NAT_NONE)
		return NULL;
	struct nat_use *use = only_use(n, e);
	if (!use)
		use = use_at(n, e, when.ns);
	if (!e->has_last || when.ns > e->last.ns)
		e->last = when;
	e->has_last = true;
	return use;
}

static bool ours(const struct hosts *hosts, const struct endpoint *e)
{
	return hosts_of_addr(hosts, &e->addr) != HOST_NONE;
}

bool nat_translate(struct nat *n, const struct hosts *hosts, uint8_t transport,
	struct ref_time when, struct flow *flow, struct evidence *ret)
{
	struct flow back = flow_reverse(*flow);
	struct nat_key key = key_of(flow, transport), answer = key_of(&back, transport);
	struct nat_entry *e = map_find(&n->flows, &key);
	bool reply = !e;
	if (reply)
		e = map_find(&n->flows, &answer);
	const struct nat_use *use = e ? find_use(n, e, when) : NULL;
	if (!use || same_flow(&e->key.flow, &use->other))
		return false;
	const struct flow *before = use->before ? &e->key.flow : &use->other;
	const struct flow *behind = use->before ? &use->other : &e->key.flow;
	bool opener = ours(hosts, &before->src), answerer = ours(hosts, &behind->dst);
	/* Both ends are ours: one of them knows the packet as it is, and the other stays without
	 * its event. */
	if (opener == answerer || opener == use->before)
		return false;
	*flow = reply ? flow_reverse(use->other) : use->other;
	*ret = use->evidence;
	return true;
}
