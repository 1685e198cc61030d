/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of pcapng: see pcapng_block.h. */
#include "output/pcapng_block.h"

#include <errno.h>
#include <string.h>

/* A frame, its options and comments; what a reader gives stays far below. */
#define BLOCK_MOST (64u * 1024u * 1024u)

#define HOST_BIG (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

void pcapng_block_init(struct pcapng_block *b)
{
	str_init(&b->bytes, BLOCK_MOST);
	b->options = false;
}

void pcapng_block_done(struct pcapng_block *b)
{
	str_done(&b->bytes);
}

void pcapng_block_u16(struct pcapng_block *b, uint16_t v)
{
	str_add(&b->bytes, span_of(&v, sizeof v));
}

void pcapng_block_u32(struct pcapng_block *b, uint32_t v)
{
	str_add(&b->bytes, span_of(&v, sizeof v));
}

void pcapng_block_padded(struct pcapng_block *b, struct span bytes)
{
	static const uint8_t zero[3];
	str_add(&b->bytes, bytes);
	str_add(&b->bytes, span_of(zero, -bytes.n & 3));
}

void pcapng_block_begin(struct pcapng_block *b, uint32_t type)
{
	str_reset(&b->bytes);
	b->options = false;
	pcapng_block_u32(b, type);
	pcapng_block_u32(b, 0); /* its length, known at the end */
}

void pcapng_block_option(struct pcapng_block *b, uint16_t code, struct span value)
{
	if (value.n > UINT16_MAX)
		return;
	b->options = true;
	pcapng_block_u16(b, code);
	pcapng_block_u16(b, (uint16_t)value.n);
	pcapng_block_padded(b, value);
}

void pcapng_block_option_u32(struct pcapng_block *b, uint16_t code, uint32_t v)
{
	pcapng_block_option(b, code, span_of(&v, sizeof v));
}

int pcapng_block_write(struct pcapng_block *b, FILE *out, struct err *err)
{
	if (b->options)
		pcapng_block_u32(b, 0); /* opt_endofopt */
	pcapng_block_u32(b, 0);
	if (b->bytes.failed)
		return err_nomem(err);
	uint32_t length = (uint32_t)b->bytes.n;
	memcpy(b->bytes.p + 4, &length, 4);
	memcpy(b->bytes.p + length - 4, &length, 4);
	if (fwrite(b->bytes.p, 1, length, out) != length)
		return err_sys(err, errno, "cannot write the capture");
	return 0;
}

bool pcapng_option_next(struct cursor *c, bool big, struct pcapng_option *ret)
{
	if (cursor_left(c) < 4)
		return false;
	ret->code = cursor_u16(c, big);
	uint16_t n = cursor_u16(c, big);
	ret->value = cursor_take(c, n);
	if (c->ran_out || ret->code == 0)
		return false;
	size_t padding = -(size_t)n & 3;
	cursor_skip(c, padding < cursor_left(c) ? padding : cursor_left(c));
	return true;
}

/* What an option's value is made of. */
enum layout {
	LAYOUT_UNKNOWN = 0,
	LAYOUT_BYTES, /* texts, addresses: the same in either order */
	LAYOUT_U16,
	LAYOUT_U32,
	LAYOUT_U64,
	LAYOUT_PEN, /* a private enterprise number, and bytes of its own */
};

static enum layout common_layout(uint16_t code)
{
	switch (code) {
	case 1: /* opt_comment */
		return LAYOUT_BYTES;
	case 2988: /* custom options: text, bytes, */
	case 2989:
	case 19372: /* and those that are not for copies */
	case 19373:
		return LAYOUT_PEN;
	default:
		return LAYOUT_UNKNOWN;
	}
}

static enum layout section_layout(uint16_t code)
{
	bool text = code == 2 || code == 3; /* shb_hardware, shb_os */
	return text ? LAYOUT_BYTES : common_layout(code);
}

static enum layout interface_layout(uint16_t code)
{
	switch (code) {
	case 2:  /* if_name */
	case 3:  /* if_description */
	case 4:  /* if_IPv4addr */
	case 5:  /* if_IPv6addr */
	case 6:  /* if_MACaddr */
	case 7:  /* if_EUIaddr */
	case 12: /* if_os */
	case 13: /* if_fcslen */
	case 15: /* if_hardware */
	case 18: /* if_iana_tzname */
		return LAYOUT_BYTES;
	case 10: /* if_tzone */
		return LAYOUT_U32;
	case 8:  /* if_speed */
	case 16: /* if_txspeed */
	case 17: /* if_rxspeed */
		return LAYOUT_U64;
	default: /* if_filter may hold code */
		return common_layout(code);
	}
}

static enum layout packet_layout(uint16_t code)
{
	switch (code) {
	case 2:      /* epb_flags */
	case 6:      /* epb_queue */
	case 0x8002: /* Apple's: service class, */
	case 0x8004: /* flags, */
	case 0x8005: /* flow, */
	case 0x8007: /* reason of a drop, */
	case 0x800a: /* generation */
		return LAYOUT_U32;
	case 4: /* epb_dropcount */
	case 5: /* epb_packetid */
		return LAYOUT_U64;
	case 3:      /* epb_hash */
	case 0x8009: /* function that dropped the packet */
		return LAYOUT_BYTES;
	case 0x8006: /* tag of a trace */
	case 0x8008: /* line that dropped the packet */
		return LAYOUT_U16;
	default:
		return common_layout(code);
	}
}

static void turn(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint8_t first = p[i];
		p[i] = p[n - 1 - i];
		p[n - 1 - i] = first;
	}
}

void pcapng_block_copy(
	struct pcapng_block *b, const struct pcapng_option *o, bool big, uint32_t type)
{
	if (big == HOST_BIG) {
		pcapng_block_option(b, o->code, o->value);
		return;
	}
	static const uint8_t sizes[] = {
		[LAYOUT_U16] = 2, [LAYOUT_U32] = 4, [LAYOUT_U64] = 8, [LAYOUT_PEN] = 4
	};
	enum layout layout = type == PCAPNG_PACKET ? packet_layout(o->code)
		: type == PCAPNG_INTERFACE         ? interface_layout(o->code)
						   : section_layout(o->code);
	size_t number = sizes[layout], at = b->bytes.n + 4;
	bool fits = layout == LAYOUT_PEN ? o->value.n >= number : o->value.n == number;
	if (layout == LAYOUT_UNKNOWN || (number && !fits))
		return;
	pcapng_block_option(b, o->code, o->value);
	if (number && !b->bytes.failed)
		turn((uint8_t *)b->bytes.p + at, number);
}
