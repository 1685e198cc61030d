/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft-Windows-NDIS-PacketCapture, what `netsh trace start capture=yes` logs:
 * doc/etl-packets.md. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "evidence/trace/etl/packets.h"
#include "evidence/trace/etl/payload.h"
#include "model/owner.h"

enum { ID_FRAGMENT = 1001, ID_SWITCH_FRAGMENT = 1003 };

#define KEY_WIDE_AREA 0x200ull
#define KEY_TUNNEL 0x8000ull
#define KEY_WIRELESS 0x10000ull
#define KEY_TRUNCATED 0x2000000ull
#define KEY_START 0x40000000ull
#define KEY_END 0x80000000ull
#define KEY_SENT 0x100000000ull
#define KEY_RECEIVED 0x200000000ull

/* Packets that are remembered, to see that another layer logs one of them again. The layers do so
 * one after the other, with nothing but what other processors log in between. */
#define RECENT 256u
#define RECENT_NS 50000000ll

struct recent {
	uint64_t hash;
	uint32_t bytes, miniport, layer;
	enum packet_way way;
	struct source_time when;
};

/* What all packets in parts may hold together: a file opens as many as it likes. */
#define PARTS_BYTES_MOST (16u * 1024u * 1024u)

struct ndis {
	struct etl_places places;
	size_t held; /* by packets in parts */
	struct recent recent[RECENT];
	unsigned next;
	struct owner thread; /* of the last packet */
	uint8_t *clear;      /* [LIMIT_FRAME_BYTES] a wireless frame without its Protected bit */
};

/* One record, whole or a part of a packet. */
struct fragment {
	uint32_t miniport, layer; /* of a switch: the port that it came from */
	bool on_switch;
	struct span nic; /* its name on a switch, UTF-16 */
	struct span bytes;
};

static int ndis_open(void **ret_state, struct err *err)
{
	struct ndis *n = calloc(1, sizeof *n);
	if (!n)
		return err_nomem(err);
	*ret_state = n;
	return 0;
}

static void ndis_close(void *state)
{
	struct ndis *n = state;
	if (!n)
		return;
	etl_places_done(&n->places);
	free(n->clear);
	free(n);
}

/* interface u32, layer's interface u32; on a switch: source port u32, names of port, card and kind,
 * destinations u32 and 8 bytes for each; size u32, bytes. What stands behind differs by version,
 * and the version does not say so. */
static int read_fragment(const struct etl_record *rec, struct fragment *ret, struct err *err)
{
	struct cursor c = cursor_of(rec->payload);
	*ret = (struct fragment){ .miniport = cursor_le32(&c), .layer = cursor_le32(&c) };
	if (rec->id == ID_SWITCH_FRAGMENT) {
		ret->on_switch = true;
		ret->layer = cursor_le32(&c);
		payload_utf16(&c);
		ret->nic = payload_utf16(&c);
		payload_utf16(&c);
		uint64_t destinations = cursor_le32(&c);
		cursor_skip(&c, destinations * 8);
	}
	uint32_t size = cursor_le32(&c);
	size_t left = cursor_left(&c);
	ret->bytes = cursor_take(&c, size);
	if (c.ran_out && left < size)
		return err_set(err, ERR_MALFORMED,
			"a fragment of %u bytes, and its record holds %zu", size, left);
	return c.ran_out ? payload_short(rec, "a fragment's head", rec->payload.n, err) : 0;
}

/* A tunnel's frame is an IP packet without a link layer, or is it? Not all readers of these logs
 * take it so; the packet's own header decides. Wrong for an Ethernet frame whose first bytes look
 * like an IP header of just its length. */
static bool is_bare_ip(struct span bytes)
{
	bool v4 = bytes.n && bytes.p[0] >> 4 == 4;
	return bytes.n >= 20 && (!v4 || (bytes.p[0] & 15) >= 5) && etl_ip_bytes(bytes) == bytes.n;
}

static uint32_t link_type_of(uint64_t keyword, struct span bytes)
{
	if ((keyword & KEY_WIDE_AREA) || ((keyword & KEY_TUNNEL) && is_bare_ip(bytes)))
		return ETL_LINK_RAW;
	return keyword & KEY_WIRELESS ? ETL_LINK_WIRELESS : ETL_LINK_ETHERNET;
}

static void name_place(struct etl_place *at, const struct fragment *f)
{
	uint8_t buf[PAYLOAD_NAME_BYTES];
	struct span nic = payload_utf8(f->nic, buf);
	int n = f->on_switch ? snprintf(at->name, sizeof at->name, "switch %u port %u %.*s",
				       f->miniport, f->layer, (int)nic.n, (const char *)nic.p)
			     : snprintf(at->name, sizeof at->name, "miniport %u layer %u",
				       f->miniport, f->layer);
	size_t most = sizeof at->name - 1;
	at->interface.name = span_of(at->name, (size_t)n < most ? (size_t)n : most);
}

static struct etl_place *place_of(struct ndis *n, struct etl_shared *shared,
	const struct fragment *f, uint32_t link_type, struct err *err)
{
	bool fresh;
	uint64_t key =
		etl_place_key(f->miniport, f->layer, link_type | (uint32_t)f->on_switch << 16);
	struct etl_place *at = etl_place_of(&n->places, shared, key, &fresh, err);
	if (at && fresh) {
		at->interface.link_type = link_type;
		name_place(at, f);
	}
	return at;
}

static struct record lost_packet(const struct record *like)
{
	struct record r = {
		.kind = RECORD_LOSS, .number = like->number, .has_time = like->has_time
	};
	r.when = like->when;
	r.loss.what = LOSS_PACKETS;
	r.loss.count = 1;
	return r;
}

static int append(struct ndis *n, struct etl_place *at, struct span bytes, struct err *err)
{
	if (bytes.n > LIMIT_FRAME_BYTES - at->n)
		return err_set(err, ERR_MALFORMED,
			"the parts of a packet are longer than the %u bytes of any frame",
			LIMIT_FRAME_BYTES);
	if (at->n + bytes.n > at->cap) {
		size_t cap = at->n + bytes.n + 2048;
		if (n->held + cap - at->cap > PARTS_BYTES_MOST)
			return err_set(err, ERR_LIMIT, "packets in parts hold more than %u bytes",
				PARTS_BYTES_MOST);
		uint8_t *bigger = realloc(at->bytes, cap);
		if (!bigger)
			return err_nomem(err);
		at->bytes = bigger;
		n->held += cap - at->cap;
		at->cap = cap;
	}
	if (bytes.n)
		memcpy(at->bytes + at->n, bytes.p, bytes.n);
	at->n += bytes.n;
	return 0;
}

/* Other layers of the same card log the same packet. Wrong for two packets with the very same bytes
 * that differ in their layer alone within 50 ms: what two programs send so alike that even the IP
 * header's identification is the same, one of them by a way past the first layer. */
static bool is_copy(struct ndis *n, const struct fragment *f, const struct record *r)
{
	static const struct hash_key key = { 0x6e646973, 0x7061636b };
	struct recent seen = { .hash = hash_bytes(key, r->packet.bytes.p, r->packet.bytes.n),
		.bytes = (uint32_t)r->packet.bytes.n,
		.miniport = f->miniport,
		.layer = f->layer,
		.way = r->packet.way,
		.when = r->when };
	for (unsigned i = 0; i < RECENT && !f->on_switch; i++) {
		struct recent *other = &n->recent[i];
		if (other->bytes != seen.bytes || other->hash != seen.hash ||
			other->miniport != seen.miniport || other->way != seen.way ||
			!r->has_time || seen.when.ns - other->when.ns > RECENT_NS)
			continue;
		if (other->layer != seen.layer)
			return true;
		*other = seen;
		return false;
	}
	n->recent[n->next++ % RECENT] = seen;
	return false;
}

/* The bytes are what the driver hands up: decrypted, though the header still says Protected. */
static int clear_protected(struct ndis *n, struct span *bytes, struct err *err)
{
	if (bytes->n < 2 || !(bytes->p[1] & 0x40) || bytes->n > LIMIT_FRAME_BYTES)
		return 0;
	if (!n->clear && !(n->clear = malloc(LIMIT_FRAME_BYTES)))
		return err_nomem(err);
	memcpy(n->clear, bytes->p, bytes->n);
	n->clear[1] &= 0xbf;
	bytes->p = n->clear;
	return 0;
}

static int give(struct ndis *n, const struct etl_record *rec, const struct fragment *f,
	const struct etl_place *at, struct span bytes, struct record *ret, struct err *err)
{
	if (at->interface.link_type == ETL_LINK_WIRELESS && clear_protected(n, &bytes, err) < 0)
		return -1;
	etl_packet(ret, at, bytes);
	if (rec->keyword & KEY_TRUNCATED)
		ret->packet.wire_bytes = etl_wire_bytes(bytes, at->interface.link_type);
	/* What a switch sends goes to a guest or comes from one: that says nothing of this host. */
	bool sent = rec->keyword & KEY_SENT, received = rec->keyword & KEY_RECEIVED;
	if (sent != received && !f->on_switch)
		ret->packet.way = sent ? WAY_OUT : WAY_IN;
	ret->packet.copy = is_copy(n, f, ret);
	if (rec->has_thread && traced_pid(rec->pid)) {
		n->thread = (struct owner){ .origin = OWNER_THREAD, .pid = rec->pid };
		ret->packet.owner = &n->thread;
	}
	return ETL_GIVEN;
}

/* A part of a packet. Where one begins before the last one has ended, that is lost. */
static int take_part(struct ndis *n, const struct etl_record *rec, const struct fragment *f,
	struct etl_place *at, struct record *ret, struct err *err)
{
	bool start = rec->keyword & KEY_START, end = rec->keyword & KEY_END;
	bool lost = start ? at->open : !at->open && end;
	if (start) {
		at->open = true;
		at->n = 0;
	}
	if (lost)
		*ret = lost_packet(ret);
	if (!at->open)
		return lost ? ETL_GIVEN : ETL_NOTHING;
	if (append(n, at, f->bytes, err) < 0) {
		at->open = false;
		return -1;
	}
	if (!end)
		return lost ? ETL_GIVEN : ETL_NOTHING;
	at->open = false;
	return give(n, rec, f, at, span_of(at->bytes, at->n), ret, err);
}

static int ndis_read(void *state, struct etl_shared *shared, const struct etl_record *rec,
	struct record *ret, struct err *err)
{
	struct ndis *n = state;
	struct fragment f;
	if (rec->id != ID_FRAGMENT && rec->id != ID_SWITCH_FRAGMENT)
		return ETL_NOTHING;
	if (read_fragment(rec, &f, err) < 0)
		return -1;
	struct etl_place *at = place_of(n, shared, &f, link_type_of(rec->keyword, f.bytes), err);
	if (!at)
		return -1;
	if ((rec->keyword & KEY_START) == 0 || (rec->keyword & KEY_END) == 0)
		return take_part(n, rec, &f, at, ret, err);
	if (f.bytes.n > LIMIT_FRAME_BYTES)
		return err_set(err, ERR_MALFORMED, "a frame of %zu bytes, and none is above %u",
			f.bytes.n, LIMIT_FRAME_BYTES);
	if (at->open) {
		struct record lost = lost_packet(ret);
		etl_also(shared, &lost);
		at->open = false;
	}
	return give(n, rec, &f, at, f.bytes, ret, err);
}

const struct etl_provider etl_ndis = {
	.name = "Microsoft-Windows-NDIS-PacketCapture",
	.guid = { { 0x6e, 0x00, 0xd6, 0x2e, 0x29, 0x47, 0x09, 0x46, 0xb4, 0x23, 0x3e, 0xe7, 0xbc,
		0xd6, 0x78, 0xef } },
	.open = ndis_open,
	.close = ndis_close,
	.read = ndis_read,
};
