/* SPDX-License-Identifier: Apache-2.0 */
/* Property: the bytes of the payload, as far as digests show them. */
#include <string.h>

#include "base/hash.h"
#include "describe/property.h"

struct payload {
	uint64_t known;
	bool differs; /* not all the same bytes */
	bool beyond;  /* some are longer than the hash sees: there they may differ */
	uint64_t hash;
	uint8_t common; /* bytes at the front that all share */
	uint8_t prefix[DIGEST_PREFIX_BYTES];
};

static void see(struct payload *p, uint64_t hash, const uint8_t *prefix, uint8_t n)
{
	p->differs = p->differs || hash != p->hash;
	p->common = n < p->common ? n : p->common;
	/* Most either begin with the same bytes, or with nothing in common. */
	if (p->common == 0 || memcmp(p->prefix, prefix, p->common) == 0)
		return;
	uint8_t same = 0;
	while (prefix[same] == p->prefix[same])
		same++;
	p->common = same;
}

static void add(void *state, const struct settled *packet)
{
	struct payload *p = state;
	const struct digest *d = packet->digest;
	if (!digest_has(d, DIGEST_PREFIX))
		return;
	p->beyond = p->beyond || !digest_has(d, DIGEST_PAYLOAD) ||
		d->payload_bytes > HASH_PAYLOAD_BYTES;
	if (p->known++ == 0) {
		p->hash = d->payload_hash;
		p->common = d->prefix_n;
		memcpy(p->prefix, d->prefix, sizeof p->prefix);
	} else {
		see(p, d->payload_hash, d->prefix, d->prefix_n);
	}
}

static void merge(void *into, const void *from)
{
	struct payload *to = into;
	const struct payload *p = from;
	if (p->known == 0)
		return;
	if (to->known == 0) {
		*to = *p;
		return;
	}
	to->known += p->known;
	see(to, p->hash, p->prefix, p->common);
	to->differs = to->differs || p->differs;
	to->beyond = to->beyond || p->beyond;
}

static void put(const void *state, struct pattern *ret)
{
	const struct payload *p = state;
	if (p->known == 0)
		return;
	bool constant = !p->differs && (!p->beyond || p->known == 1);
	ret->payload = constant  ? PAYLOAD_CONSTANT
		: p->common >= 2 ? PAYLOAD_PREFIX
				 : PAYLOAD_VARIED;
	if (ret->payload == PAYLOAD_VARIED)
		return;
	ret->payload_prefix_n = p->common;
	memcpy(ret->payload_prefix, p->prefix, p->common);
}

const struct property property_payload = {
	.name = "payload",
	.size = sizeof(struct payload),
	.add = add,
	.merge = merge,
	.put = put,
};
