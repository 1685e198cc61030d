/* SPDX-License-Identifier: Apache-2.0 */
/* join_flow CAPTURE TRACE OFFSET_NS: a join by the whole 5-tuple in a hash table that grows with
 * the flows of the input and forgets nothing. It knows who had a tuple last, not when. */
#include "join_read.h"

struct slot {
	struct tuple tuple; /* of all zero: free */
	uint32_t pid;
};

static struct slot *slots;
static size_t n_slots, n_used;

static bool same(const struct tuple *a, const struct tuple *b)
{
	return a->src == b->src && a->dst == b->dst && a->sport == b->sport &&
		a->dport == b->dport && a->protocol == b->protocol;
}

static struct slot *seek(const struct tuple *t)
{
	uint64_t h = ((uint64_t)t->src << 32 | t->dst) * 0x9e3779b97f4a7c15ull;
	h = (h ^ h >> 29 ^ ((uint64_t)t->sport << 24 | (uint64_t)t->dport << 8 | t->protocol)) *
		0xbf58476d1ce4e5b9ull;
	size_t at = (h ^ h >> 32) & (n_slots - 1);
	while (slots[at].tuple.protocol && !same(&slots[at].tuple, t))
		at = (at + 1) & (n_slots - 1);
	return &slots[at];
}

static void grow(void)
{
	struct slot *old = slots;
	size_t n = n_slots;
	n_slots = n ? n * 2 : 1024;
	slots = calloc(n_slots, sizeof *slots);
	if (!slots) {
		perror("join_flow");
		exit(1);
	}
	for (size_t i = 0; i < n; i++)
		if (old[i].tuple.protocol)
			*seek(&old[i].tuple) = old[i];
	free(old);
}

static void see(const struct item *row)
{
	if (n_used >= n_slots / 4 * 3)
		grow();
	struct slot *s = seek(&row->tuple);
	n_used += s->tuple.protocol == 0;
	*s = (struct slot){ row->tuple, row->pid };
}

static bool named(const struct item *packet)
{
	struct tuple t = packet->tuple;
	if (n_slots == 0 || t.sport == 0)
		return false;
	struct tuple back = { t.dst, t.src, t.dport, t.sport, t.protocol };
	return seek(&t)->pid || seek(&back)->pid;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: join_flow CAPTURE TRACE OFFSET_NS\n");
		return 2;
	}
	join(argv[1], argv[2], strtoll(argv[3], NULL, 10), see, named);
	return 0;
}
