/* SPDX-License-Identifier: Apache-2.0 */
/* The Info column of a packet list: see packet_info.h. */
#include "evidence/capture/packet_info.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "evidence/capture/services.h"

bool packet_port(struct span word, uint8_t transport, uint16_t *ret)
{
	uint32_t port;
	if (!text_u32(word, 65535, &port))
		return services_port(word, transport, ret);
	*ret = (uint16_t)port;
	return true;
}

bool packet_port_final(struct span word)
{
	uint32_t port;
	if (services_is_prefix(word))
		return false;
	/* Wireshark writes no leading zeros, so that nothing follows a 0 either. */
	return !text_u32(word, 65535, &port) || port == 0 || port > 6553;
}

bool packet_arrow(struct span word)
{
	return text_equal(word, ">") || text_equal(word, "->") ||
		text_equal(word, "\xe2\x86\x92") || text_equal(word, "\\342\\206\\222");
}

/* A line that is read word by word. `cut` is set for the last word of a line that is not whole. */
struct scan {
	struct span rest;
	bool whole, cut;
};

static struct span next_word(struct scan *s)
{
	struct span word = text_word(&s->rest);
	s->cut = !s->whole && s->rest.n == 0;
	return word;
}

static struct span peek_word(const struct scan *s)
{
	struct scan ahead = *s;
	return next_word(&ahead);
}

/* "[Malformed Packet]" follows the last field without a blank, and ends it. */
static bool cut_remark(struct span *word)
{
	const uint8_t *open = word->n > 1 ? memchr(word->p + 1, '[', word->n - 1) : NULL;
	if (open)
		word->n = (size_t)(open - word->p);
	return open;
}

/* "2762", "dicom-tls", "dicom-tls(2762)", "dicom-tls (2762)" or "2762 (2762)". The number in
 * brackets is what the packet held; the name is only what some table calls it. */
static bool read_port(struct scan *s, uint8_t transport, uint16_t *ret)
{
	struct span word = next_word(s);
	bool cut = !cut_remark(&word) && s->cut;
	struct span number = word;
	struct span next = peek_word(s);
	if (next.n && next.p[0] == '(') {
		number = next_word(s);
		if (number.p[number.n - 1] != ')')
			return false;
	}
	const uint8_t *open = number.n ? memchr(number.p, '(', number.n) : NULL;
	if (open && number.p[number.n - 1] == ')') {
		size_t skip = (size_t)(open - number.p) + 1;
		uint32_t port;
		if (!text_u32(span_of(number.p + skip, number.n - skip - 1), 65535, &port))
			return false;
		*ret = (uint16_t)port;
		return true;
	}
	return packet_port(word, transport, ret) && (!cut || packet_port_final(word));
}

static bool read_words(struct scan *s, const char *first, const char *second)
{
	struct scan ahead = *s;
	if (!text_equal_nocase(next_word(&ahead), first) ||
		!text_equal_nocase(next_word(&ahead), second))
		return false;
	*s = ahead;
	return true;
}

/* Up to Wireshark 1.10: "Source port: 36003  Destination port: dicom-tls". */
static bool read_named_ports(struct scan *s, struct digest *d)
{
	struct flow flow = d->flow;
	if (!read_words(s, "Source", "port:") || !read_port(s, d->transport, &flow.src.port) ||
		!read_words(s, "Destination", "port:") ||
		!read_port(s, d->transport, &flow.dst.port))
		return false;
	d->flow = flow;
	d->known |= DIGEST_PORTS;
	return true;
}

/* Remarks such as "[TCP Retransmission]" or "[TCP Dup ACK 12#1]" stand before the ports. */
static void skip_remarks(struct scan *s)
{
	for (;;) {
		struct span rest = text_trim(s->rest);
		const uint8_t *close =
			rest.n && rest.p[0] == '[' ? memchr(rest.p, ']', rest.n) : NULL;
		if (!close)
			return;
		size_t n = (size_t)(close - rest.p) + 1;
		s->rest = span_of(rest.p + n, rest.n - n);
	}
}

/* "36003 > dicom-tls", since 1.12 "36003 -> 2762" with U+2192. */
static bool read_arrow_ports(struct scan *s, uint8_t transport, struct flow *ret)
{
	skip_remarks(s);
	return read_port(s, transport, &ret->src.port) && packet_arrow(next_word(s)) &&
		read_port(s, transport, &ret->dst.port);
}

static bool flag_of(struct span name, uint8_t *ret)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} flags[] = { { "FIN", TCP_FIN }, { "SYN", TCP_SYN }, { "RST", TCP_RST },
		{ "PSH", TCP_PSH }, { "ACK", TCP_ACK }, { "URG", 0 }, { "ECN", 0 }, { "ECE", 0 },
		{ "CWR", 0 }, { "AE", 0 }, { "NS", 0 }, { "Reserved", 0 }, { "<None>", 0 } };
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (text_equal(name, flags[i].name)) {
			*ret |= flags[i].bit;
			return true;
		}
	return false;
}

/* "[SYN, ACK]": every name must be a TCP flag. DCCP has the same shape, with names of its own. */
static bool read_flags(struct scan *s, uint8_t *ret)
{
	struct span rest = text_trim(s->rest);
	const uint8_t *close = rest.n && rest.p[0] == '[' ? memchr(rest.p, ']', rest.n) : NULL;
	if (!close)
		return false;
	struct span names = span_of(rest.p + 1, (size_t)(close - rest.p) - 1);
	s->rest = span_of(close + 1, rest.n - names.n - 2);
	*ret = 0;
	do {
		if (!flag_of(text_trim(text_split(&names, ',')), ret))
			return false;
	} while (names.p);
	return true;
}

/* The number behind "KEY=" in one of the words that follow. */
static bool read_value(const struct scan *from, const char *key, uint32_t *ret)
{
	struct scan s = *from;
	while (s.rest.n) {
		struct span word = next_word(&s);
		if (!text_starts(word, key))
			continue;
		size_t n = strlen(key);
		bool cut = !cut_remark(&word) && s.cut;
		struct span digits = span_of(word.p + n, word.n - n);
		/* In a cut line only 0 is known to be whole: no number begins with it. */
		return text_u32(digits, UINT32_MAX, ret) && (!cut || *ret == 0);
	}
	return false;
}

static void add_ports(struct digest *d, const struct flow *flow)
{
	d->flow = *flow;
	d->known |= DIGEST_PORTS;
}

/* " Len=8" behind the ports. */
static bool read_udp(struct scan *s, struct digest *d)
{
	if (text_equal_nocase(peek_word(s), "Source"))
		return read_named_ports(s, d);
	struct flow flow = d->flow;
	if (!read_arrow_ports(s, TRANSPORT_UDP, &flow))
		return false;
	add_ports(d, &flow);
	if (!read_value(s, "Len=", &d->payload_bytes))
		return false;
	d->known |= DIGEST_PAYLOAD;
	return true;
}

/* "443 -> 50000 [SYN, ACK] Seq=0 Ack=1 Win=64240 Len=0". Wireshark counts Seq and Ack from the
 * first packet that it saw of each direction, unless it is told not to; within one list they
 * agree with each other, which is all that is asked of them. */
static bool read_tcp(struct scan *s, struct digest *d)
{
	struct flow flow = d->flow;
	uint8_t flags;
	if (!read_arrow_ports(s, TRANSPORT_TCP, &flow))
		return false;
	bool stated = d->transport == TRANSPORT_TCP;
	if (stated)
		add_ports(d, &flow);
	if (!read_flags(s, &flags))
		return false;
	uint32_t seq;
	bool numbered = read_value(s, "Seq=", &seq);
	/* Above TCP the Info column is another protocol's, and only this tells that it is TCP's. */
	if (!stated && !numbered)
		return false;
	d->transport = TRANSPORT_TCP;
	add_ports(d, &flow);
	d->tcp_ack = 0;
	bool acked = !(flags & TCP_ACK) || read_value(s, "Ack=", &d->tcp_ack);
	if (numbered && acked) {
		d->tcp_flags = flags;
		d->tcp_seq = seq;
		d->known |= DIGEST_TCP;
	}
	if (!read_value(s, "Len=", &d->payload_bytes))
		return false;
	d->known |= DIGEST_PAYLOAD;
	return true;
}

struct icmp_words {
	const char *text;
	uint8_t type, code;
};

/* Words of Wireshark's packet-icmp.c and packet-icmpv6.c; what begins with another stands first.
 * Messages that are not listed keep their type unknown. */
static const struct icmp_words icmp_v4[] = {
	{ "Echo (ping) request", 8, 0 },
	{ "Echo (ping) reply", 0, 0 },
	{ "Destination unreachable (Network unreachable)", 3, 0 },
	{ "Destination unreachable (Host unreachable)", 3, 1 },
	{ "Destination unreachable (Protocol unreachable)", 3, 2 },
	{ "Destination unreachable (Port unreachable)", 3, 3 },
	{ "Destination unreachable (Fragmentation needed)", 3, 4 },
	{ "Destination unreachable (Host administratively prohibited)", 3, 10 },
	{ "Destination unreachable (Communication administratively filtered)", 3, 13 },
	{ "Redirect (Redirect for network)", 5, 0 },
	{ "Redirect (Redirect for host)", 5, 1 },
	{ "Time-to-live exceeded (Time to live exceeded in transit)", 11, 0 },
	{ "Time-to-live exceeded (Fragment reassembly time exceeded)", 11, 1 },
	{ NULL, 0, 0 },
};

static const struct icmp_words icmp_v6[] = {
	{ "Echo (ping) request", 128, 0 },
	{ "Echo (ping) reply", 129, 0 },
	{ "Destination Unreachable (no route to destination)", 1, 0 },
	{ "Destination Unreachable (Administratively prohibited)", 1, 1 },
	{ "Destination Unreachable (Address unreachable)", 1, 3 },
	{ "Destination Unreachable (Port unreachable)", 1, 4 },
	{ "Packet Too Big", 2, 0 },
	{ "Time Exceeded (hop limit exceeded in transit)", 3, 0 },
	{ "Time Exceeded (fragment reassembly time exceeded)", 3, 1 },
	{ "Multicast Listener Query", 130, 0 },
	{ "Multicast Listener Report Message v2", 143, 0 },
	{ "Multicast Listener Report", 131, 0 },
	{ "Multicast Listener Done", 132, 0 },
	{ "Router Solicitation", 133, 0 },
	{ "Router Advertisement", 134, 0 },
	{ "Neighbor Solicitation", 135, 0 },
	{ "Neighbor Advertisement", 136, 0 },
	{ "Redirect", 137, 0 },
	{ NULL, 0, 0 },
};

/* Takes a comma off the end; false where the word has none and may be cut. */
static bool take_comma(const struct scan *s, struct span *word)
{
	bool comma = word->n && word->p[word->n - 1] == ',';
	word->n -= comma;
	return comma || !s->cut;
}

/* "id=0x0200, seq=256/1, ttl=128", before 1.8 "id=0x0200, seq(be/le)=256/1": the second number is
 * the first one with its bytes swapped, and ends the first one even where it is cut itself. ICMPv6
 * has "id=0x0009, seq=1, hop limit=64". */
static bool read_echo(struct scan *s, struct digest *d)
{
	uint64_t id = UINT64_MAX;
	uint32_t seq = UINT32_MAX;
	while (s->rest.n) {
		struct span value = next_word(s);
		struct span key = text_split(&value, '=');
		if (text_equal(key, "id")) {
			if (!take_comma(s, &value) || !text_number(value, &id))
				return false;
		} else if (text_equal(key, "seq") || text_equal(key, "seq(be/le)")) {
			struct span first = text_split(&value, '/');
			bool whole = value.p || take_comma(s, &first);
			if (!whole || !text_u32(first, 65535, &seq))
				return false;
		}
	}
	if (id > 65535 || seq > 65535)
		return false;
	d->icmp_id = (uint16_t)id;
	d->icmp_seq = (uint16_t)seq;
	d->known |= DIGEST_ECHO;
	return true;
}

static bool read_icmp(struct scan *s, struct digest *d)
{
	const struct icmp_words *w = d->transport == TRANSPORT_ICMP ? icmp_v4 : icmp_v6;
	struct span info = text_trim(s->rest);
	while (w->text &&
		!(info.n >= strlen(w->text) &&
			text_equal_nocase(span_of(info.p, strlen(w->text)), w->text)))
		w++;
	/* Words that end with a cut line may go on: "Report" is not yet "Report Message v2". */
	size_t n = w->text ? strlen(w->text) : 0;
	if (!w->text || (!s->whole && info.n == n))
		return false;
	d->icmp_type = w->type;
	d->icmp_code = w->code;
	d->known |= DIGEST_ICMP;
	if (!text_starts(info, "Echo"))
		return true;
	s->rest = span_of(info.p + n, info.n - n);
	return read_echo(s, d);
}

/* "36003 >", "dicom-tls (2762) ->", whatever the names mean. */
static bool begins_with_arrow(struct scan s)
{
	struct span word = next_word(&s);
	struct span next = next_word(&s);
	if (next.n && next.p[0] == '(')
		next = next_word(&s);
	return word.n && !packet_arrow(word) && packet_arrow(next);
}

enum packet_proof packet_info_proof(struct span info, uint8_t transport)
{
	struct scan s = { .rest = info, .whole = true };
	skip_remarks(&s);
	struct span word = peek_word(&s);
	uint8_t first = word.n ? word.p[0] | 0x20 : 0;
	bool remark = text_trim(info).n > text_trim(s.rest).n;
	switch (transport) {
	case TRANSPORT_UDP:
	case TRANSPORT_TCP:
		if (begins_with_arrow(s) || text_equal_nocase(word, "Source"))
			return PROOF_FOR;
		/* Where a remark is all that there is. */
		return remark ? PROOF_NONE : PROOF_AGAINST;
	case TRANSPORT_ICMP:
	case TRANSPORT_ICMPV6:
		return first >= 'a' && first <= 'z' ? PROOF_FOR
			: remark                    ? PROOF_NONE
						    : PROOF_AGAINST;
	default:
		return begins_with_arrow(s) ? PROOF_FOR : PROOF_NONE;
	}
}

bool packet_info_read(struct span info, bool whole, struct digest *d)
{
	struct scan s = { .rest = info, .whole = whole };
	struct digest out = *d;
	bool complete;
	switch (d->transport) {
	case TRANSPORT_UDP:
		complete = read_udp(&s, &out);
		break;
	case TRANSPORT_TCP:
		complete = read_tcp(&s, &out);
		break;
	case TRANSPORT_ICMP:
	case TRANSPORT_ICMPV6:
		complete = read_icmp(&s, &out);
		break;
	default:
		complete = read_tcp(&s, &out) || out.transport == TRANSPORT_NONE;
		break;
	}
	if (!whole && !complete)
		return false;
	*d = out;
	return true;
}
