/* SPDX-License-Identifier: Apache-2.0 */
/* Wireless frames: IEEE 802.11 data frames, and the headers that drivers put before them: radiotap
 * (radiotap.org), Prism, AVS. */
#include "decode/layers.h"

enum {
	TYPE_DATA = 2,
	SUBTYPE_NO_DATA = 4, /* bits of the subtype of data frames */
	SUBTYPE_QOS = 8,
	FLAG_TO_DS = 0x01,
	FLAG_FROM_DS = 0x02,
	FLAG_PROTECTED = 0x40,
	FLAG_HT_CONTROL = 0x80, /* in QoS frames; else it asks for strict order */
	QOS_AGGREGATE = 0x80,   /* A-MSDU */
};

#define HEADER_BYTES 24u

/* What IEEE 802.11 9.2.3 and 9.3.2.1 say of a data frame's header. */
struct header {
	unsigned bytes;
	bool readable; /* neither encrypted, nor empty, nor a later fragment */
	bool aggregate;
};

/* Frame control (version, type and subtype; flags), duration, three addresses, sequence control
 * with the fragment number; then, where the frame has them, the fourth address, QoS control and HT
 * control. False where the frame is cut off before. */
static bool read_header(struct cursor c, struct header *ret)
{
	unsigned control = cursor_u8(&c), flags = cursor_u8(&c), subtype = control >> 4;
	bool data = (control >> 2 & 3) == TYPE_DATA;
	cursor_skip(&c, 20);
	unsigned fragment = cursor_u8(&c) & 15;
	cursor_skip(&c, 1);
	unsigned both = FLAG_TO_DS | FLAG_FROM_DS, bytes = HEADER_BYTES, qos = 0;
	if ((flags & both) == both) {
		cursor_skip(&c, 6);
		bytes += 6;
	}
	if (subtype & SUBTYPE_QOS) {
		qos = cursor_le16(&c);
		bytes += flags & FLAG_HT_CONTROL ? 6 : 2;
	}
	if (c.ran_out)
		return false;
	*ret = (struct header){ .bytes = bytes,
		.readable = data && !(subtype & SUBTYPE_NO_DATA) && !(flags & FLAG_PROTECTED) &&
			fragment == 0,
		.aggregate = qos & QOS_AGGREGATE };
	return true;
}

/* `padded`: the driver moved the payload to a multiple of 4 bytes. */
static bool data_frame(struct frame *f, bool padded)
{
	struct cursor front = f->c;
	unsigned control = cursor_u8(&front);
	if (front.ran_out || (control & 3) != 0)
		return false;
	struct header h;
	/* Control frames are shorter; they carry nothing. */
	if (!read_header(f->c, &h) || !h.readable)
		return true;
	cursor_skip(&f->c, padded ? (h.bytes + 3) & ~3u : h.bytes);
	if (h.aggregate) {
		/* Destination, source and length of the first of several frames. */
		cursor_skip(&f->c, 12);
		frame_narrow(f, cursor_be16(&f->c));
	}
	llc_layer(f);
	return true;
}

bool wireless_link(struct frame *f)
{
	return data_frame(f, false);
}

enum {
	RADIOTAP_TIME = 1 << 0,
	RADIOTAP_FLAGS = 1 << 1,
	RADIOTAP_MORE = 1u << 31,
	AIR_HAS_FCS = 0x10,
	AIR_PADDED = 0x20,
	AIR_BAD_FCS = 0x40,
};

/* Version, padding, length of the header, one or more words that say which fields follow. Each
 * field is aligned to its size; the first two are a time of 8 bytes and the flags. */
static unsigned read_flags(struct cursor c)
{
	uint32_t present, more;
	cursor_skip(&c, 4);
	more = present = cursor_le32(&c);
	while (more & RADIOTAP_MORE && !c.ran_out)
		more = cursor_le32(&c);
	if (!(present & RADIOTAP_FLAGS))
		return 0;
	if (present & RADIOTAP_TIME)
		cursor_skip(&c, (8 - c.at % 8) % 8 + 8);
	return cursor_u8(&c);
}

bool radiotap_link(struct frame *f)
{
	struct cursor c = f->c;
	unsigned version = cursor_u8(&c);
	cursor_skip(&c, 1);
	unsigned length = cursor_le16(&c);
	if (c.ran_out || version != 0 || length < 8 || length > cursor_left(&f->c))
		return false;
	struct cursor header = cursor_of(cursor_take(&f->c, length));
	unsigned flags = read_flags(header);
	/* A frame that was damaged in the air reached nobody. */
	if (flags & AIR_BAD_FCS)
		return true;
	uint32_t rest = f->wire - (uint32_t)f->c.at;
	if (flags & AIR_HAS_FCS && rest >= 4)
		frame_narrow(f, rest - 4);
	return data_frame(f, flags & AIR_PADDED);
}

/* AVS begins with a magic number that holds its version, and its length, in network order. Prism
 * begins with a message code and its length, in the order of the host that captured; drivers write
 * both kinds under Prism's link type. */
bool prism_link(struct frame *f)
{
	struct cursor c = f->c;
	uint32_t code = cursor_be32(&c), length = cursor_be32(&c);
	if (code == 0x44000000 || code == 0x41000000)
		length = __builtin_bswap32(length);
	else if (code != 0x44 && code != 0x41 && code >> 12 != 0x80211)
		return false;
	if (c.ran_out || length < 8 || length > cursor_left(&f->c))
		return false;
	cursor_skip(&f->c, length);
	return data_frame(f, false);
}
