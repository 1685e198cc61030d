/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what the readers and the decoder make of a capture, one tab-separated line per frame, to
 * be compared with tshark: dump FILE. The columns are those of COLUMNS in expect.py, in its order;
 * empty where not known. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "decode/decode.h"
#include "decode/fragments.h"
#include "evidence/formats.h"
#include "evidence/unpack.h"

static void print_time(const struct record *r)
{
	const int64_t unit = STAMP_NS_PER_S;
	if (r->has_time)
		printf("%" PRId64 ".%09" PRId64, r->when.ns / unit, r->when.ns % unit);
	printf("\t");
}

static void print_addrs(bool known, const struct flow *flow)
{
	char src[ADDR_TEXT_BYTES] = "", dst[ADDR_TEXT_BYTES] = "";
	if (known) {
		addr_format(&flow->src.addr, src);
		addr_format(&flow->dst.addr, dst);
	}
	printf("%s\t%s\t", src, dst);
}

static void print_ports(bool known, const struct flow *flow)
{
	if (known)
		printf("%u\t%u\t", flow->src.port, flow->dst.port);
	else
		printf("\t\t");
}

static void print_number(bool known, uint32_t n)
{
	if (known)
		printf("%" PRIu32, n);
	printf("\t");
}

static void print_tunnel(const struct digest *d)
{
	const char *name = digest_has(d, DIGEST_TUNNEL) ? tunnel_name(d->tunnel) : NULL;
	bool outer = digest_has(d, DIGEST_OUTER);
	printf("%s\t", name ? name : "");
	print_addrs(outer, &d->outer);
	print_ports(outer && (d->outer.src.port || d->outer.dst.port), &d->outer);
	print_number(outer, d->outer_transport);
}

static void print_packet(const struct record *r, struct fragments *fragments)
{
	struct digest d;
	decode_packet(&r->packet, &d);
	fragments_fill(fragments, r, &d);
	bool arp = digest_has(&d, DIGEST_ARP), addrs = digest_has(&d, DIGEST_ADDRS);
	printf("%" PRIu64 "\t", r->number);
	print_time(r);
	print_addrs(addrs, &d.flow);
	print_ports(digest_has(&d, DIGEST_PORTS), &d.flow);
	if (arp)
		printf("arp\t");
	else
		print_number(addrs && d.transport != TRANSPORT_NONE, d.transport);
	print_number(digest_has(&d, DIGEST_PAYLOAD), d.payload_bytes);
	print_tunnel(&d);
	printf("%s\n",
		digest_has(&d, DIGEST_SENT)               ? "out"
			: digest_has(&d, DIGEST_RECEIVED) ? "in"
							  : "");
}

static int dump(struct input *in, struct fragments *fragments, struct err *err)
{
	const struct source_format *format;
	struct source source;
	if (formats_recognise(in, &format, err) < 0 || formats_open(format, in, &source, err) < 0)
		return -1;
	struct record r;
	int rc, bad = 0;
	while ((rc = source_next(&source, &r, err)) != SOURCE_END) {
		char text[400];
		if (rc < 0) {
			err_format(err, text, sizeof text);
			fprintf(stderr, "dump: %s\n", text);
			bad = 1;
		} else if (r.kind == RECORD_PACKET) {
			print_packet(&r, fragments);
		}
	}
	source_close(&source);
	return bad;
}

/* Packed inputs are dumped member by member. */
static int dump_unpacked(struct input *in, struct fragments *fragments, struct err *err)
{
	struct unpack_limits limits = unpack_limits_of(LIMIT_INPUTS);
	struct unpacked_list list = { 0 };
	struct unpacker *unpacker;
	if (unpacker_new(&unpacker, err) < 0) {
		input_close(in);
		return -1;
	}
	int rc = unpack(unpacker, in, &limits, &list, err);
	for (size_t i = 0; i < list.n && rc == 0; i++) {
		if (list.items[i].input)
			rc = dump(list.items[i].input, fragments, err);
		if (list.items[i].err.kind != ERR_NONE) {
			*err = list.items[i].err;
			rc = -1;
		}
	}
	unpacked_done(&list);
	unpacker_free(unpacker);
	return rc;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct input *in;
	if (argc != 2) {
		fprintf(stderr, "usage: dump FILE\n");
		return 2;
	}
	struct fragments *fragments = malloc(sizeof *fragments);
	int rc = fragments ? input_open(argv[1], &in, &err) : err_nomem(&err);
	if (rc == 0) {
		fragments_init(fragments);
		rc = dump_unpacked(in, fragments, &err);
	}
	free(fragments);
	if (rc < 0) {
		char text[400];
		err_format(&err, text, sizeof text);
		fprintf(stderr, "dump: %s: %s\n", argv[1], text);
	}
	return rc ? 1 : 0;
}
