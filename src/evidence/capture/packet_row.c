/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a packet list: see packet_row.h. */
#include "evidence/capture/packet_row.h"

#include <stddef.h>

#include "base/text.h"
#include "evidence/capture/packet_info.h"

bool packet_header_read(struct span line, enum packet_columns *ret)
{
	static const char *const names[] = { "No.", "Time", "Source", "Destination", "Protocol" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!text_equal(text_word(&line), names[i]))
			return false;
	struct span word = text_word(&line);
	bool length = text_equal(word, "Length");
	if (length)
		word = text_word(&line);
	if (!text_equal(word, "Info") || text_word(&line).n)
		return false;
	*ret = length ? COLUMNS_LENGTH : COLUMNS_PLAIN;
	return true;
}

bool packet_line_is_gap(struct span line)
{
	line = text_trim(line);
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] != '.')
			return false;
	return line.n != 1 && line.n != 2;
}

/* "12.345678": seconds since the first frame, so that this file's clock starts at 0. */
static bool relative_time(struct span word, struct source_time *ret)
{
	uint64_t seconds, fraction;
	struct span decimals = word;
	struct span whole = text_split(&decimals, '.');
	if (!text_u64(whole, &seconds) || decimals.n > 9 || !text_u64(decimals, &fraction))
		return false;
	uint64_t units = 1;
	for (size_t i = 0; i < decimals.n; i++)
		units *= 10;
	return stamp_from_parts(seconds, fraction, units, ret);
}

/* A date and a time of day, or seconds. A time of day alone does not say on which day. */
static bool row_time(struct span *line, struct source_time *ret)
{
	struct span date = text_word(line);
	if (relative_time(date, ret))
		return true;
	struct span time = text_word(line);
	if (!date.n || !time.n)
		return false;
	return stamp_parse_civil(span_of(date.p, (size_t)(time.p + time.n - date.p)), ret);
}

/* "Who has 10.1.1.1? Tell 10.1.1.2" or "10.1.1.1 is at 00:00:5e:00:01:01": the columns show link
 * addresses. The answer names its sender only. */
static void arp_info(struct span info, struct digest *d)
{
	d->known |= DIGEST_ARP;
	if (!text_equal(text_word(&info), "Who") || !text_equal(text_word(&info), "has"))
		return;
	struct span target = text_word(&info);
	if (target.n && target.p[target.n - 1] == '?')
		target.n--;
	if (!text_equal(text_word(&info), "Tell"))
		return;
	struct flow flow = { 0 };
	if (!addr_parse(text_word(&info), &flow.src.addr) || !addr_parse(target, &flow.dst.addr))
		return;
	d->flow = flow;
	d->ip_version = 4;
	d->known |= DIGEST_ADDRS;
}

/* Without a header line a number before Info is the Length column (`tshark` prints it so), unless
 * an arrow follows, which makes it a port. Wrong for a list without Length whose Info begins with
 * a number of its own: its wire length is then that number. */
static bool has_length_column(struct span line, enum packet_columns columns)
{
	if (columns != COLUMNS_UNKNOWN)
		return columns == COLUMNS_LENGTH;
	uint32_t number;
	return text_u32(text_word(&line), UINT32_MAX, &number) && !packet_arrow(text_word(&line));
}

static bool is_protocol(struct span word)
{
	if (word.n == 0)
		return false;
	uint8_t b = word.p[0] | 0x20, digit = word.p[0];
	/* 802.11, 0x88cc: a number with a letter or a point in it. */
	uint64_t number;
	return (b >= 'a' && b <= 'z') || (digit >= '0' && digit <= '9' && !text_u64(word, &number));
}

static uint8_t transport_of(struct span protocol)
{
	static const struct {
		const char *name;
		uint8_t transport;
	} names[] = { { "UDP", TRANSPORT_UDP }, { "TCP", TRANSPORT_TCP },
		{ "ICMP", TRANSPORT_ICMP }, { "ICMPv6", TRANSPORT_ICMPV6 } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (text_equal(protocol, names[i].name))
			return names[i].transport;
	return TRANSPORT_NONE;
}

/* On cooked links ARP has no address to show, and the column is blank. */
static bool is_arp(struct span word)
{
	return text_equal(word, "ARP") || text_equal(word, "RARP");
}

static bool row_addresses(struct span *line, struct packet_row *ret)
{
	struct span rest = *line, src = text_word(line), dst;
	if (is_arp(src)) {
		*line = rest;
		return true;
	}
	if (!packet_arrow(src)) {
		rest = *line;
		dst = text_word(line);
	}
	/* tshark prints an arrow between them. */
	if (packet_arrow(src) || packet_arrow(dst)) {
		rest = *line;
		dst = text_word(line);
	}
	if (is_arp(dst)) {
		*line = rest;
		return true;
	}
	struct flow flow = { 0 };
	ret->two_addresses = addr_parse(src, &flow.src.addr) && addr_parse(dst, &flow.dst.addr) &&
		addr_is_v4(&flow.src.addr) == addr_is_v4(&flow.dst.addr);
	if (!ret->two_addresses)
		return src.n && dst.n;
	ret->digest.flow = flow;
	ret->digest.ip_version = addr_is_v4(&flow.src.addr) ? 4 : 6;
	ret->digest.known |= DIGEST_ADDRS;
	return true;
}

enum packet_row_step packet_row_read(
	struct span line, bool whole, enum packet_columns columns, struct packet_row *ret)
{
	struct packet_row row = { .digest = { .known = DIGEST_DECODED } };
	struct digest *d = &row.digest;
	enum packet_row_step bad = whole ? ROW_DAMAGED : ROW_CUT;
	if (!text_u64(text_word(&line), &row.number) || row.number == 0 ||
		!row_time(&line, &row.when) || !row_addresses(&line, &row))
		return bad;
	struct span protocol = text_word(&line);
	if (!is_protocol(protocol))
		return bad;
	d->transport = transport_of(protocol);
	if (has_length_column(line, columns)) {
		if (!text_u32(text_word(&line), UINT32_MAX, &d->wire_bytes))
			return bad;
		d->known |= DIGEST_WIRE;
	}
	/* The word last read may be cut where nothing follows it. */
	bool arp = text_equal(protocol, "ARP");
	if (!whole && (line.n == 0 || arp))
		return ROW_CUT;
	if (arp)
		arp_info(line, d);
	else if (!packet_info_read(line, whole, d))
		return ROW_CUT;
	*ret = row;
	return ROW_GOOD;
}
