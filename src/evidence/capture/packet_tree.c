/* SPDX-License-Identifier: Apache-2.0 */
/* One frame of packet details: see packet_tree.h. */
#include "evidence/capture/packet_tree.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "evidence/capture/packet_info.h"

/* Takes the prefix off; false where the line has another. */
static bool after(struct span *line, const char *prefix)
{
	if (!text_starts(*line, prefix))
		return false;
	size_t n = strlen(prefix);
	*line = span_of(line->p + n, line->n - n);
	return true;
}

/* What stands before the first `mark`, which is taken too. False where it does not occur. */
static bool before(struct span *line, const char *mark, struct span *ret)
{
	const uint8_t *at = line->n ? memmem(line->p, line->n, mark, strlen(mark)) : NULL;
	if (!at)
		return false;
	size_t n = (size_t)(at - line->p), skip = n + strlen(mark);
	*ret = span_of(line->p, n);
	*line = span_of(line->p + skip, line->n - skip);
	return true;
}

/* "name (value)" is value; what has no brackets is itself. */
static struct span value_of(struct span s)
{
	s = text_trim(s);
	if (s.n == 0 || s.p[s.n - 1] != ')')
		return s;
	for (size_t i = s.n - 1; i-- > 0;)
		if (s.p[i] == '(')
			return span_of(s.p + i + 1, s.n - i - 2);
	return s;
}

bool packet_tree_starts(struct span line)
{
	return after(&line, "Frame ") && line.n && line.p[0] >= '0' && line.p[0] <= '9';
}

/* "Frame 105540 (50 bytes on wire, 50 bytes captured)" up to Wireshark 1.4, then
 * "Frame 1: 50 bytes on wire (400 bits), 50 bytes captured (400 bits) on interface eth0". */
bool packet_tree_start(struct span line, struct packet_tree *ret)
{
	struct packet_tree t = { .layer = TREE_FRAME };
	struct span number, wire, skipped, captured;
	if (!after(&line, "Frame "))
		return false;
	if (!before(&line, ": ", &number) && !before(&line, " (", &number))
		return false;
	if (!text_u64(number, &t.number) || t.number == 0 || !before(&line, " byte", &wire) ||
		!before(&line, " on wire", &skipped) || !before(&line, ", ", &skipped) ||
		!before(&line, " byte", &captured) || !before(&line, " captured", &skipped))
		return false;
	if (!text_u32(wire, UINT32_MAX, &t.digest.wire_bytes) ||
		!text_u32(captured, UINT32_MAX, &t.captured))
		return false;
	t.digest.known = DIGEST_DECODED | DIGEST_WIRE;
	t.digest.transport = TRANSPORT_NONE;
	*ret = t;
	return true;
}

/* "Arrival Time: Jan 14, 2010 15:20:14.454856000 CET". The zone's name is left: the file's clock is
 * taken as it stands, and names such as CST are of several zones. */
static bool read_arrival(struct packet_tree *t, struct span rest)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct span iso = text_trim(rest);
	if (iso.n > 10 && iso.p[4] == '-') {
		struct span day = text_word(&rest);
		struct span time = memchr(day.p, 'T', day.n) ? day : text_word(&rest);
		size_t n = time.p ? (size_t)(time.p + time.n - day.p) : 0;
		t->has_time = stamp_parse_civil(span_of(day.p, n), &t->when);
		return t->has_time;
	}
	struct span month = text_word(&rest), day = text_word(&rest), year = text_word(&rest);
	struct span time = text_word(&rest);
	uint32_t d, y;
	if (month.n != 3 || day.n < 2 || day.p[day.n - 1] != ',' || time.n > 18 ||
		!text_u32(span_of(day.p, day.n - 1), 31, &d) || !text_u32(year, 9999, &y))
		return false;
	unsigned m = 0;
	while (m < 12 && memcmp(months + 3u * m, month.p, 3) != 0)
		m++;
	char civil[64];
	int n = snprintf(civil, sizeof civil, "%04u-%02u-%02u %.*s", y, m + 1, d, (int)time.n,
		(const char *)time.p);
	t->has_time = stamp_parse_civil(span_of(civil, (size_t)n), &t->when);
	return t->has_time;
}

/* "A (A), Dst: B (B)" */
static bool read_addresses(struct span rest, struct flow *ret)
{
	struct span src;
	struct flow flow = { 0 };
	if (!before(&rest, ", Dst: ", &src) || !addr_parse(value_of(src), &flow.src.addr) ||
		!addr_parse(value_of(rest), &flow.dst.addr))
		return false;
	*ret = flow;
	return true;
}

/* "36003 (36003), Dst Port: dicom-tls (2762)", and for TCP ", Seq: 1, Ack: 1, Len: 8" behind. */
static bool read_ports(struct span *rest, uint8_t transport, struct flow *ret)
{
	struct span src, dst;
	uint16_t src_port, dst_port;
	if (!before(rest, ", Dst Port: ", &src))
		return false;
	dst = text_split(rest, ',');
	if (!packet_port(value_of(src), transport, &src_port) ||
		!packet_port(value_of(dst), transport, &dst_port))
		return false;
	ret->src.port = src_port;
	ret->dst.port = dst_port;
	return true;
}

static bool read_u32(struct span s, uint32_t *ret)
{
	return text_u32(text_word(&s), UINT32_MAX, ret);
}

static bool ip_line(struct span *line)
{
	return after(line, "Internet Protocol, Src: ") ||
		after(line, "Internet Protocol Version 4, Src: ") ||
		after(line, "Internet Protocol Version 6, Src: ");
}

static bool take_ip(struct packet_tree *t, struct span rest)
{
	if (t->has_ip || t->has_transport) {
		t->layer = TREE_INNER;
		return true;
	}
	t->layer = TREE_IP;
	t->has_ip = true;
	if (!read_addresses(rest, &t->digest.flow))
		return false;
	t->digest.ip_version = addr_is_v4(&t->digest.flow.src.addr) ? 4 : 6;
	t->digest.known |= DIGEST_ADDRS;
	return true;
}

static bool take_udp(struct packet_tree *t, struct span rest)
{
	t->layer = TREE_UDP;
	t->digest.transport = TRANSPORT_UDP;
	if (!read_ports(&rest, TRANSPORT_UDP, &t->digest.flow))
		return false;
	t->digest.known |= DIGEST_PORTS;
	return true;
}

/* Seq and Ack are relative unless Wireshark was told otherwise, as in the packet list. */
static bool take_tcp(struct packet_tree *t, struct span rest)
{
	struct digest *d = &t->digest;
	t->layer = TREE_TCP;
	d->transport = TRANSPORT_TCP;
	if (!read_ports(&rest, TRANSPORT_TCP, &d->flow))
		return false;
	d->known |= DIGEST_PORTS;
	while (rest.p) {
		struct span word = text_trim(text_split(&rest, ','));
		if (after(&word, "Seq: ") && !(t->has_seq = read_u32(word, &d->tcp_seq)))
			return false;
		if (after(&word, "Ack: ") && !read_u32(word, &d->tcp_ack))
			return false;
		if (!after(&word, "Len: "))
			continue;
		if (!read_u32(word, &d->payload_bytes))
			return false;
		d->known |= DIGEST_PAYLOAD;
	}
	return true;
}

static void take_icmp(struct packet_tree *t, uint8_t transport)
{
	t->layer = TREE_ICMP;
	t->digest.transport = transport;
}

static bool take_transport(struct packet_tree *t, struct span line)
{
	bool v6 = text_equal(text_trim(line), "Internet Control Message Protocol v6");
	struct span udp = line, tcp = line;
	bool is_udp = after(&udp, "User Datagram Protocol, Src Port: ");
	bool is_tcp = after(&tcp, "Transmission Control Protocol, Src Port: ");
	if (t->layer == TREE_INNER || t->has_transport) {
		t->layer = TREE_INNER;
		return true;
	}
	t->has_transport = true;
	if (is_udp)
		return take_udp(t, udp);
	if (is_tcp)
		return take_tcp(t, tcp);
	take_icmp(t, v6 ? TRANSPORT_ICMPV6 : TRANSPORT_ICMP);
	return true;
}

/* "Data (8 bytes)": the payload where it comes right behind the transport. Behind another protocol
 * it is only what that one left over. */
static bool take_data(struct packet_tree *t, struct span rest)
{
	struct span n;
	bool payload = t->layer == TREE_UDP || t->layer == TREE_TCP || t->layer == TREE_ICMP;
	if (t->layer != TREE_ICMP)
		t->layer = payload ? TREE_DATA : TREE_OTHER;
	if (!payload)
		return true;
	if (!before(&rest, " byte", &n) || !read_u32(n, &t->data_bytes))
		return false;
	t->has_data = true;
	return true;
}

/* The bytes of a frame, "0000  3f 00 ..", stand between layers and are none. */
static bool is_dump(struct span line)
{
	if (line.n < 6 || line.p[4] != ' ')
		return false;
	for (size_t i = 0; i < 4; i++)
		if (!memchr("0123456789abcdefABCDEF", line.p[i], 22))
			return false;
	return true;
}

static bool top_line(struct packet_tree *t, struct span line)
{
	struct span rest = line;
	if (is_dump(line))
		return true;
	if (ip_line(&rest))
		return take_ip(t, rest);
	if (after(&rest, "User Datagram Protocol, ") ||
		after(&rest, "Transmission Control Protocol, ") ||
		text_starts(rest, "Internet Control Message Protocol"))
		return take_transport(t, line);
	if (after(&rest, "Data ("))
		return take_data(t, rest);
	if (t->layer != TREE_INNER)
		t->layer = TREE_OTHER;
	return true;
}

static bool hex_digit(uint8_t b, uint8_t *ret)
{
	const char *digits = "0123456789abcdef";
	const char *at = b ? strchr(digits, b >= 'A' && b <= 'F' ? b + 32 : b) : NULL;
	*ret = at ? (uint8_t)(at - digits) : 0;
	return at != NULL;
}

/* "3f" or "3F00A1...": only as far as whole bytes go. */
static void read_hex(struct packet_tree *t, struct span s)
{
	uint8_t high, low;
	t->hex_n = 0;
	for (size_t i = 0; i + 1 < s.n && t->hex_n < TREE_DATA_BYTES; i += 2) {
		if (!hex_digit(s.p[i], &high) || !hex_digit(s.p[i + 1], &low))
			return;
		t->hex[t->hex_n++] = (uint8_t)(high << 4 | low);
	}
}

static bool udp_field(struct packet_tree *t, struct span line)
{
	uint32_t length;
	if (!after(&line, "Length: "))
		return true;
	if (!read_u32(line, &length) || length < 8)
		return false;
	t->has_length = true;
	t->digest.payload_bytes = length - 8;
	t->digest.known |= DIGEST_PAYLOAD;
	return true;
}

static bool tcp_field(struct packet_tree *t, struct span line)
{
	uint64_t flags;
	if (!after(&line, "Flags: "))
		return true;
	if (!text_number(text_word(&line), &flags))
		return false;
	t->has_flags = true;
	t->digest.tcp_flags = flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK);
	return true;
}

/* "9 (0x0009)", "0x0200" */
static bool read_u16(struct span s, uint16_t *ret)
{
	uint64_t v;
	if (!text_number(text_word(&s), &v) || v > 65535)
		return false;
	*ret = (uint16_t)v;
	return true;
}

/* "8 (Echo (ping) request)"; ICMPv6 "Echo (ping) request (128)" */
static bool read_u8(struct span s, uint8_t *ret)
{
	uint16_t v;
	if ((!read_u16(s, &v) && !read_u16(value_of(s), &v)) || v > 255)
		return false;
	*ret = (uint8_t)v;
	return true;
}

/* An error's quoted packet is indented below it. */
static bool quoted_field(struct packet_tree *t, struct span line)
{
	struct digest *d = &t->digest;
	if (ip_line(&line)) {
		t->has_quoted_ip = read_addresses(line, &d->quoted);
		return t->has_quoted_ip;
	}
	if (!t->has_quoted_ip || t->has_quoted)
		return true;
	if (text_starts(line, "Internet Control Message Protocol")) {
		d->quoted_transport = d->transport;
		t->has_quoted = true;
		return true;
	}
	bool udp = after(&line, "User Datagram Protocol, Src Port: ");
	if (!udp && !after(&line, "Transmission Control Protocol, Src Port: "))
		return true;
	d->quoted_transport = udp ? TRANSPORT_UDP : TRANSPORT_TCP;
	t->has_quoted = read_ports(&line, d->quoted_transport, &d->quoted);
	return t->has_quoted;
}

static bool icmp_field(struct packet_tree *t, struct span line)
{
	struct digest *d = &t->digest;
	if (after(&line, "Type: "))
		return t->has_type = read_u8(line, &d->icmp_type);
	if (after(&line, "Code: "))
		return t->has_code = read_u8(line, &d->icmp_code);
	if (after(&line, "Identifier (BE): ") || after(&line, "Identifier: "))
		return t->has_id = read_u16(line, &d->icmp_id);
	if (after(&line, "Sequence Number (BE): ") || after(&line, "Sequence number (BE): ") ||
		after(&line, "Sequence number: ") || after(&line, "Sequence: "))
		return t->has_echo_seq = read_u16(line, &d->icmp_seq);
	if (after(&line, "Timestamp from icmp data"))
		t->payload_is_more = true;
	if (after(&line, "Data ("))
		return take_data(t, line);
	return quoted_field(t, line);
}

static bool field_line(struct packet_tree *t, struct span line)
{
	switch (t->layer) {
	case TREE_FRAME:
		return !after(&line, "Arrival Time: ") || read_arrival(t, line);
	case TREE_UDP:
		return udp_field(t, line);
	case TREE_TCP:
		return tcp_field(t, line);
	case TREE_ICMP:
		return icmp_field(t, line);
	case TREE_OTHER:
	case TREE_IP:
	case TREE_DATA:
	case TREE_INNER:
	default:
		return true;
	}
}

/* Each level of the tree is indented by four blanks. */
bool packet_tree_line(struct packet_tree *t, struct span line)
{
	size_t indent = 0;
	while (indent < line.n && line.p[indent] == ' ')
		indent++;
	struct span text = text_trim(line), hex = text;
	if (t->closed || text.n == 0)
		return true;
	if (indent == 0)
		return top_line(t, text);
	if (t->has_data && (t->layer == TREE_DATA || t->layer == TREE_ICMP) &&
		after(&hex, "Data: ")) {
		read_hex(t, hex);
		return true;
	}
	return indent != 4 || field_line(t, text);
}

/* The bytes are the payload only where all of them were printed. */
static void set_prefix(const struct packet_tree *t, struct digest *d)
{
	if (t->hex_n == 0 || t->hex_n != t->data_bytes || t->data_bytes != d->payload_bytes)
		return;
	d->prefix_n = (uint8_t)(t->hex_n < DIGEST_PREFIX_BYTES ? t->hex_n : DIGEST_PREFIX_BYTES);
	memcpy(d->prefix, t->hex, d->prefix_n);
	d->payload_hash = hash_payload(t->hex, t->hex_n);
	d->known |= DIGEST_PREFIX;
}

void packet_tree_end(const struct packet_tree *t, struct digest *ret)
{
	struct digest *d = ret;
	*d = t->digest;
	if (t->has_seq && t->has_flags)
		d->known |= DIGEST_TCP;
	if (t->has_type && t->has_code)
		d->known |= DIGEST_ICMP;
	bool echo = digest_has(d, DIGEST_ICMP) && !digest_is_icmp_error(d);
	if (echo && t->has_id && t->has_echo_seq)
		d->known |= DIGEST_ECHO;
	if (digest_is_icmp_error(d) && t->has_quoted)
		d->known |= DIGEST_QUOTED;
	/* Data of an error is the rest of the packet that it quotes. */
	bool payload = t->has_data && !t->payload_is_more && !digest_is_icmp_error(d);
	if (payload && !digest_has(d, DIGEST_PAYLOAD)) {
		d->payload_bytes = t->data_bytes;
		d->known |= DIGEST_PAYLOAD;
	}
	if (payload)
		set_prefix(t, d);
}
