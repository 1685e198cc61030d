/* SPDX-License-Identifier: Apache-2.0 */
/* Packet lists and packet details: see complete.h. */
#include "correlate/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

void complete_init(struct complete *c, struct hash_key key)
{
	map_init(&c->frames, sizeof(struct detail_frame), sizeof(uint64_t), LIMIT_DETAILS, key);
}

void complete_done(struct complete *c)
{
	map_done(&c->frames);
}

int complete_add(struct complete *c, uint64_t number, uint32_t input, const struct digest *digest,
	struct err *err)
{
	bool new;
	struct detail_frame *f = map_put(&c->frames, &number, &new, err);
	if (!f)
		return -1;
	if (new) {
		f->input = input;
		f->digest = *digest;
	}
	return 0;
}

static bool same_packet(const struct digest *a, const struct digest *b)
{
	uint32_t both = a->known & b->known;
	if (both & DIGEST_ADDRS &&
		(!addr_equal(&a->flow.src.addr, &b->flow.src.addr) ||
			!addr_equal(&a->flow.dst.addr, &b->flow.dst.addr)))
		return false;
	return !(both & DIGEST_PORTS) ||
		(a->flow.src.port == b->flow.src.port && a->flow.dst.port == b->flow.dst.port);
}

/* Takes the fields of `bits` that *d lacks. */
static void take(struct digest *d, const struct digest *from)
{
	uint32_t missing = from->known & ~d->known;
	if (missing & DIGEST_ADDRS) {
		d->flow.src.addr = from->flow.src.addr;
		d->flow.dst.addr = from->flow.dst.addr;
		d->ip_version = from->ip_version;
	}
	if (missing & DIGEST_PORTS) {
		d->flow.src.port = from->flow.src.port;
		d->flow.dst.port = from->flow.dst.port;
	}
	if (missing & DIGEST_PAYLOAD)
		d->payload_bytes = from->payload_bytes;
	if (missing & DIGEST_WIRE)
		d->wire_bytes = from->wire_bytes;
	if (missing & DIGEST_PREFIX) {
		d->prefix_n = from->prefix_n;
		memcpy(d->prefix, from->prefix, sizeof d->prefix);
		d->payload_hash = from->payload_hash;
	}
	if (missing & DIGEST_TCP) {
		d->tcp_flags = from->tcp_flags;
		d->tcp_seq = from->tcp_seq;
		d->tcp_ack = from->tcp_ack;
	}
	if (missing & DIGEST_ICMP) {
		d->icmp_type = from->icmp_type;
		d->icmp_code = from->icmp_code;
	}
	if (missing & DIGEST_ECHO) {
		d->icmp_id = from->icmp_id;
		d->icmp_seq = from->icmp_seq;
	}
	if (d->transport == TRANSPORT_NONE)
		d->transport = from->transport;
	d->known |= missing;
}

bool complete_fill(struct complete *c, uint64_t number, struct digest *d)
{
	struct detail_frame *f = map_find(&c->frames, &number);
	if (!f || !same_packet(d, &f->digest))
		return false;
	take(d, &f->digest);
	f->taken = true;
	return true;
}

static int by_number(const void *x, const void *y)
{
	const struct detail_frame *a = *(const struct detail_frame *const *)x;
	const struct detail_frame *b = *(const struct detail_frame *const *)y;
	return (a->number > b->number) - (a->number < b->number);
}

int complete_rest(
	const struct complete *c, const struct detail_frame ***ret, size_t *ret_n, struct err *err)
{
	const struct detail_frame **rest = calloc(c->frames.count + 1, sizeof *rest);
	size_t n = 0;
	if (!rest)
		return err_nomem(err);
	for (const struct detail_frame *f = map_first(&c->frames); f; f = map_after(&c->frames, f))
		if (!f->taken)
			rest[n++] = f;
	qsort(rest, n, sizeof *rest, by_number);
	*ret = rest;
	*ret_n = n;
	return 0;
}
