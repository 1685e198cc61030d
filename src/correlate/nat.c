/* SPDX-License-Identifier: Apache-2.0 */
/* Stated translations: see nat.h. */
#include "correlate/nat.h"

#include "base/limits.h"

/* As one direction of the connection has it: packets of the answer are looked up reversed. */
struct nat_key {
	struct flow flow;
	uint8_t transport, zero;
};

struct nat_entry {
	struct nat_key key; /* as the one who opened it sends */
	struct flow other;  /* the same on the other side of the router */
	bool before;        /* the key is what came to the router, `other` what left it */
	bool spoilt;
	struct evidence evidence;
};

void nat_init(struct nat *n, struct hash_key key)
{
	map_init(&n->flows, sizeof(struct nat_entry), sizeof(struct nat_key), LIMIT_TRANSLATIONS,
		key);
}

void nat_done(struct nat *n)
{
	map_done(&n->flows);
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

/* Where two lines disagree of one flow, the ports were used again and neither is believed: lines
 * have no time that could tell which holds for a packet. Wrong where only the later use was listed,
 * and its host has an event of the same ports and length at the very time of the earlier one. */
static int add(struct nat *n, const struct nat_entry *entry, struct err *err)
{
	struct err full = { 0 };
	bool new;
	struct nat_entry *e = map_put(&n->flows, &entry->key, &new, &full);
	if (!e)
		return full.kind == ERR_LIMIT ? 0 : err_nomem(err);
	if (new)
		*e = *entry;
	else if (!same_flow(&e->other, &entry->other))
		e->spoilt = true;
	return 0;
}

/* What is not translated is kept too: it is what a translation of the same flow contradicts. */
int nat_learn(struct nat *n, const struct translation *t, struct evidence evidence, struct err *err)
{
	struct nat_entry before = { .key = key_of(&t->before, t->transport),
		.other = t->behind,
		.before = true,
		.evidence = evidence };
	struct nat_entry behind = {
		.key = key_of(&t->behind, t->transport), .other = t->before, .evidence = evidence
	};
	if (add(n, &before, err) < 0)
		return -1;
	return same_flow(&t->before, &t->behind) ? 0 : add(n, &behind, err);
}

static bool ours(const struct hosts *hosts, const struct endpoint *e)
{
	return hosts_of_addr(hosts, &e->addr) != HOST_NONE;
}

bool nat_translate(const struct nat *n, const struct hosts *hosts, uint8_t transport,
	struct flow *flow, struct evidence *ret)
{
	struct flow back = flow_reverse(*flow);
	struct nat_key key = key_of(flow, transport), answer = key_of(&back, transport);
	const struct nat_entry *e = map_find(&n->flows, &key);
	bool reply = !e;
	if (reply)
		e = map_find(&n->flows, &answer);
	if (!e || e->spoilt || same_flow(&e->key.flow, &e->other))
		return false;
	const struct flow *before = e->before ? &e->key.flow : &e->other;
	const struct flow *behind = e->before ? &e->other : &e->key.flow;
	bool opener = ours(hosts, &before->src), answerer = ours(hosts, &behind->dst);
	/* Both ends are ours: one of them knows the packet as it is, and the other stays without
	 * its event. */
	if (opener == answerer || opener == e->before)
		return false;
	*flow = reply ? flow_reverse(e->other) : e->other;
	*ret = e->evidence;
	return true;
}
