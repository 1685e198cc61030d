/* SPDX-License-Identifier: Apache-2.0 */
/* Property: how many addresses at the other end. Exact up to 64, above it an estimate by
 * HyperLogLog with 1024 registers, standard error 3.25 % (Flajolet et al., 2007). */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "describe/property.h"

#define EXACT 64
#define REGISTERS 1024
#define REGISTER_BITS 10
/* From 0, for a register that saw nothing, to that of a hash whose other bits are all zero. */
#define RANKS (64 - REGISTER_BITS + 2)

struct peers {
	uint32_t n; /* exact addresses; above EXACT the registers are used */
	union {
		struct addr exact[EXACT];
		uint8_t registers[REGISTERS];
	};
};

/* Not keyed: the estimate must be the same on every run. */
static void estimate(struct peers *p, const struct addr *a)
{
	uint64_t h = hash_payload(a->b, sizeof a->b);
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9ull;
	h ^= h >> 32;
	unsigned at = (unsigned)(h >> (64 - REGISTER_BITS));
	uint64_t rest = h << REGISTER_BITS;
	uint8_t rank = rest ? (uint8_t)(__builtin_clzll(rest) + 1) : 64 - REGISTER_BITS + 1;
	if (rank > p->registers[at])
		p->registers[at] = rank;
}

static void to_registers(struct peers *p)
{
	struct addr exact[EXACT];
	memcpy(exact, p->exact, sizeof exact);
	memset(p->registers, 0, sizeof p->registers);
	for (unsigned i = 0; i < EXACT; i++)
		estimate(p, &exact[i]);
	p->n = EXACT + 1;
}

static void see(struct peers *p, const struct addr *a)
{
	if (p->n > EXACT) {
		estimate(p, a);
		return;
	}
	for (unsigned i = 0; i < p->n; i++)
		if (addr_equal(&p->exact[i], a))
			return;
	if (p->n < EXACT) {
		p->exact[p->n++] = *a;
		return;
	}
	to_registers(p);
	estimate(p, a);
}

static void add(void *state, const struct settled *packet)
{
	const struct digest *d = packet->digest;
	if (!digest_has(d, DIGEST_ADDRS))
		return;
	see(state, packet->direction == DIRECTION_IN ? &d->flow.src.addr : &d->flow.dst.addr);
}

static void merge(void *into, const void *from)
{
	struct peers *to = into;
	const struct peers *p = from;
	if (p->n <= EXACT) {
		for (unsigned i = 0; i < p->n; i++)
			see(to, &p->exact[i]);
		return;
	}
	if (to->n <= EXACT) {
		struct peers few = *to;
		*to = *p;
		for (unsigned i = 0; i < few.n; i++)
			estimate(to, &few.exact[i]);
		return;
	}
	for (unsigned i = 0; i < REGISTERS; i++)
		if (p->registers[i] > to->registers[i])
			to->registers[i] = p->registers[i];
}

/* With the small-range correction (linear counting). */
static uint64_t count(const struct peers *p)
{
	double sum = 0, power[RANKS] = { 1 };
	unsigned zeros = 0;
	for (unsigned i = 1; i < RANKS; i++)
		power[i] = power[i - 1] / 2;
	for (unsigned i = 0; i < REGISTERS; i++) {
		sum += power[p->registers[i]];
		zeros += p->registers[i] == 0;
	}
	double m = REGISTERS, raw = 0.7213 / (1 + 1.079 / m) * m * m / sum;
	if (raw <= 2.5 * m && zeros)
		raw = m * log(m / zeros);
	return (uint64_t)llround(raw);
}

static void put(const void *state, struct pattern *ret)
{
	const struct peers *p = state;
	ret->peers_estimated = p->n > EXACT;
	ret->peers = ret->peers_estimated ? count(p) : p->n;
}

const struct property property_peers = {
	.name = "peers",
	.size = sizeof(struct peers),
	.add = add,
	.merge = merge,
	.put = put,
};
