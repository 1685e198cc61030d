/* SPDX-License-Identifier: Apache-2.0 */
/* Packets selected by a pcap-filter(7) expression: see filter.h. */
#include "decode/filter.h"

#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "base/limits.h"

#define LINKTYPE_ETHERNET 1u
#define LINKTYPE_RAW 101u

/* Captures of more link types than this are compiled anew for each packet: slow, not wrong. */
#define PROGRAMS 24u

struct program {
	uint32_t link_type;
	bool good; /* libpcap has no code for some expressions on some link types */
	struct bpf_program code;
};

struct filter {
	char *expression;
	size_t count;
	struct program programs[PROGRAMS];
};

/* Those that the decoder reads, so that all names are looked up when the filter is made. */
static const uint32_t first_links[] = { LINKTYPE_ETHERNET, LINKTYPE_RAW, 0, 108, 113, 228, 229,
	276 };

/* LINKTYPE_ numbers stand in files, DLT_ numbers in libpcap; these differ on Linux. */
static int dlt_of(uint32_t link_type)
{
	switch (link_type) {
	case 100:
		return DLT_ATM_RFC1483;
	case LINKTYPE_RAW:
	case 12: /* what DLT_RAW is elsewhere, and stands in files */
	case 14:
		return DLT_RAW;
	case 102:
		return DLT_SLIP_BSDOS;
	case 103:
		return DLT_PPP_BSDOS;
	case 106:
		return DLT_ATM_CLIP;
	default:
		return (int)link_type;
	}
}

/* Returns 0, or -1 where libpcap refuses. */
static int compile(
	const char *expression, uint32_t link_type, struct bpf_program *ret, struct err *err)
{
	pcap_t *p = pcap_open_dead(dlt_of(link_type), LIMIT_FRAME_BYTES);
	if (!p)
		return err_nomem(err);
	int rc = pcap_compile(p, ret, expression, 1, PCAP_NETMASK_UNKNOWN);
	if (rc < 0)
		err_set(err, ERR_USAGE, "filter: %s", pcap_geterr(p));
	pcap_close(p);
	return rc < 0 ? -1 : 0;
}

static struct program *add(struct filter *f, uint32_t link_type, struct err *err)
{
	struct program *p = &f->programs[f->count++];
	p->link_type = link_type;
	p->good = compile(f->expression, link_type, &p->code, err) == 0;
	return p;
}

int filter_new(const char *expression, struct filter **ret, struct err *err)
{
	struct filter *f = calloc(1, sizeof *f);
	if (!f)
		return err_nomem(err);
	f->expression = strdup(expression);
	if (!f->expression) {
		filter_free(f);
		return err_nomem(err);
	}
	struct err why = { 0 };
	bool good = add(f, LINKTYPE_RAW, &why)->good;
	/* Ethernet has words for everything, so its objection is the one to read. */
	good = add(f, LINKTYPE_ETHERNET, &why)->good || good;
	if (!good) {
		filter_free(f);
		if (err)
			*err = why;
		return -1;
	}
	for (size_t i = 2; i < sizeof first_links / sizeof *first_links; i++)
		add(f, first_links[i], NULL);
	*ret = f;
	return 0;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		if (f->programs[i].good)
			pcap_freecode(&f->programs[i].code);
	free(f->expression);
	free(f);
}

enum verdict {
	LEFT_OUT,
	SELECTED,
	NO_CODE, /* libpcap cannot express it for the link type */
};

static enum verdict run(const struct program *p, struct span bytes, uint32_t wire)
{
	struct pcap_pkthdr h = { .caplen = (bpf_u_int32)bytes.n, .len = wire };
	if (!p->good)
		return NO_CODE;
	return pcap_offline_filter(&p->code, &h, bytes.p) ? SELECTED : LEFT_OUT;
}

static enum verdict match_on(struct filter *f, uint32_t link_type, struct span bytes, uint32_t wire)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->programs[i].link_type == link_type)
			return run(&f->programs[i], bytes, wire);
	if (f->count < PROGRAMS)
		return run(add(f, link_type, NULL), bytes, wire);
	struct program once = { .link_type = link_type };
	once.good = compile(f->expression, link_type, &once.code, NULL) == 0;
	enum verdict match = run(&once, bytes, wire);
	if (once.good)
		pcap_freecode(&once.code);
	return match;
}

/* A header made from a digest. Fields that it does not know are cut off as a snaplen would cut
 * them: libpcap's programs then select nothing by them. */
struct made {
	size_t n;
	uint8_t b[64];
};

static void put8(struct made *m, unsigned v)
{
	m->b[m->n++] = (uint8_t)v;
}

static void put16(struct made *m, unsigned v)
{
	put8(m, v >> 8);
	put8(m, v & 0xff);
}

static void put32(struct made *m, uint32_t v)
{
	put16(m, v >> 16);
	put16(m, v & 0xffff);
}

static void put(struct made *m, const uint8_t *p, size_t n)
{
	memcpy(m->b + m->n, p, n);
	m->n += n;
}

static unsigned transport_header(const struct digest *d)
{
	return d->transport == TRANSPORT_TCP ? 20 : 8;
}

static void put_ip(struct made *m, const struct digest *d)
{
	uint32_t length = transport_header(d);
	length += digest_has(d, DIGEST_PAYLOAD) ? d->payload_bytes : 0;
	if (d->ip_version == 4) {
		uint32_t total = length + 20;
		put16(m, 0x4500);
		put16(m, total > 0xffff ? 0 : total);
		put16(m, 0);
		put16(m, digest_has(d, DIGEST_FRAGMENT) ? 1 : 0);
		put8(m, 64);
		put8(m, d->transport);
		put16(m, 0);
		put(m, d->flow.src.addr.b + 12, 4);
		put(m, d->flow.dst.addr.b + 12, 4);
		return;
	}
	put32(m, 0x60000000);
	put16(m, length > 0xffff ? 0 : length);
	put8(m, d->transport);
	put8(m, 64);
	put(m, d->flow.src.addr.b, 16);
	put(m, d->flow.dst.addr.b, 16);
}

static void put_transport(struct made *m, const struct digest *d)
{
	bool icmp = d->transport == TRANSPORT_ICMP || d->transport == TRANSPORT_ICMPV6;
	if (icmp && digest_has(d, DIGEST_ICMP)) {
		put8(m, d->icmp_type);
		put8(m, d->icmp_code);
		put16(m, 0);
		if (!digest_has(d, DIGEST_ECHO))
			return;
		put16(m, d->icmp_id);
		put16(m, d->icmp_seq);
	}
	if (icmp || !digest_has(d, DIGEST_PORTS))
		return;
	put16(m, d->flow.src.port);
	put16(m, d->flow.dst.port);
	if (d->transport == TRANSPORT_UDP && digest_has(d, DIGEST_PAYLOAD)) {
		uint32_t length = d->payload_bytes + 8;
		put16(m, length > 0xffff ? 0 : length);
		put16(m, 0);
	}
	if (d->transport == TRANSPORT_TCP && digest_has(d, DIGEST_TCP)) {
		put32(m, d->tcp_seq);
		put32(m, d->tcp_ack);
		put8(m, 5 << 4);
		put8(m, d->tcp_flags);
		put16(m, 0);
		put32(m, 0);
	}
}

static bool match_made(struct filter *f, const struct digest *d)
{
	struct made m = { 0 };
	if (!digest_has(d, DIGEST_ADDRS) || digest_has(d, DIGEST_ARP))
		return false;
	put_ip(&m, d);
	put_transport(&m, d);
	uint32_t wire = (uint32_t)m.n;
	if (digest_has(d, DIGEST_WIRE))
		wire = d->wire_bytes;
	else if (digest_has(d, DIGEST_PAYLOAD))
		wire = (d->ip_version == 4 ? 20u : 40u) + transport_header(d) + d->payload_bytes;
	return match_on(f, LINKTYPE_RAW, span_of(m.b, m.n), wire) == SELECTED;
}

bool filter_match(struct filter *f, const struct packet *packet, const struct digest *digest)
{
	if (packet->digested)
		return match_made(f, digest);
	uint32_t captured = (uint32_t)packet->bytes.n;
	uint32_t wire = packet->wire_bytes > captured ? packet->wire_bytes : captured;
	enum verdict v = match_on(f, packet->link_type, packet->bytes, wire);
	/* PKTAP, NFLOG and others have no code for addresses; and a name cannot be looked up any
	 * more for a link type that comes late. */
	return v == NO_CODE ? match_made(f, digest) : v == SELECTED;
}
