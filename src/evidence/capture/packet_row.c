/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a packet list: see packet_row.h. */
#include "evidence/capture/packet_row.h"

#include <stddef.h>

#include "base/text.h"
#include "evidence/capture/packet_info.h"

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

static enum packet_proof arp_proof(struct span info)
{
	struct span first = text_word(&info), second = text_word(&info);
	uint64_t number;
	if (text_u64(first, &number))
		return PROOF_AGAINST;
	bool known = text_equal(first, "Who") || text_equal(second, "is");
	return known ? PROOF_FOR : PROOF_NONE;
}

/* An address or a mere number is what stands here where there are more columns than is known. */
static bool is_protocol(struct span word)
{
	struct addr addr;
	struct span rest = word;
	if (word.n == 0 || addr_parse(text_word(&rest), &addr))
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

static void read_addresses(const struct packet_cells *c, struct digest *d)
{
	struct flow flow = { 0 };
	if (!addr_parse(c->text[COLUMN_SOURCE], &flow.src.addr) ||
		!addr_parse(c->text[COLUMN_DESTINATION], &flow.dst.addr) ||
		addr_is_v4(&flow.src.addr) != addr_is_v4(&flow.dst.addr))
		return;
	d->flow = flow;
	d->ip_version = addr_is_v4(&flow.src.addr) ? 4 : 6;
	d->known |= DIGEST_ADDRS;
}

static bool read_length(const struct packet_cells *c, struct digest *d)
{
	if (!text_u32(c->text[COLUMN_LENGTH], UINT32_MAX, &d->wire_bytes))
		return false;
	d->known |= DIGEST_WIRE;
	return true;
}

enum packet_row_step packet_row_read(
	struct span line, bool whole, const struct packet_columns *columns, struct packet_row *ret)
{
	struct packet_row row = { .digest = { .known = DIGEST_DECODED } };
	struct digest *d = &row.digest;
	struct packet_cells c;
	enum packet_row_step step = packet_cells_read(line, whole, columns, &c);
	if (step != ROW_GOOD)
		return step;
	struct span protocol = c.text[COLUMN_PROTOCOL], info = c.text[COLUMN_INFO];
	if (!text_u64(c.text[COLUMN_NUMBER], &row.number) || row.number == 0 ||
		!packet_time_read(c.text[COLUMN_TIME], &row.time) || !is_protocol(protocol) ||
		(packet_columns_have(columns, COLUMN_LENGTH) && !read_length(&c, d)))
		return whole ? ROW_DAMAGED : ROW_CUT;
	read_addresses(&c, d);
	d->transport = transport_of(protocol);
	bool arp = text_equal(protocol, "ARP");
	enum packet_proof proof = arp ? arp_proof(info) : packet_info_proof(info, d->transport);
	row.proven = proof == PROOF_FOR;
	if (arp && !c.info_whole)
		return ROW_CUT;
	if (arp)
		arp_info(info, d);
	else if (!packet_info_read(info, c.info_whole, d))
		return ROW_CUT;
	/* Without a header line there may be columns that nobody knows of. */
	if (!columns->named && proof == PROOF_AGAINST)
		return ROW_DAMAGED;
	*ret = row;
	return ROW_GOOD;
}

enum packet_row_step packet_row_guess(
	struct span line, bool whole, struct packet_columns *ret_columns, struct packet_row *ret)
{
	struct packet_columns with = packet_columns_usual(line, true);
	struct packet_columns without = packet_columns_usual(line, false);
	struct packet_row a, b;
	enum packet_row_step step_a = packet_row_read(line, whole, &with, &a);
	enum packet_row_step step_b = packet_row_read(line, whole, &without, &b);
	/* Where cells have bounds, their number tells. */
	bool sure = with.shape != SHAPE_WORDS;
	if (step_a == ROW_GOOD && (a.proven || sure)) {
		*ret_columns = with;
		*ret = a;
		return ROW_GOOD;
	}
	if (step_b != ROW_GOOD)
		return step_a == ROW_CUT ? ROW_CUT : step_b;
	if (b.proven)
		*ret_columns = without;
	*ret = b;
	return ROW_GOOD;
}
