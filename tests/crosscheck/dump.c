/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what the reader and the decoder make of a capture, one tab-separated line per frame, to be
 * compared with tshark: dump FILE. Columns: frame, time, source, destination, source port,
 * destination port, protocol number, payload bytes; empty where not known. */
#include <inttypes.h>
#include <stdio.h>

#include "decode/decode.h"
#include "evidence/formats.h"

static void print_time(const struct record *r)
{
	if (!r->has_time)
		return;
	const int64_t unit = STAMP_NS_PER_S;
	printf("%" PRId64 ".%09" PRId64, r->when.ns / unit, r->when.ns % unit);
}

static void print_packet(const struct record *r)
{
	struct digest d;
	char src[ADDR_TEXT_BYTES] = "", dst[ADDR_TEXT_BYTES] = "";
	decode_packet(&r->packet, &d);
	bool ip = digest_has(&d, DIGEST_ADDRS) && !digest_has(&d, DIGEST_ARP);
	if (ip) {
		addr_format(&d.flow.src.addr, src);
		addr_format(&d.flow.dst.addr, dst);
	}
	printf("%" PRIu64 "\t", r->number);
	print_time(r);
	printf("\t%s\t%s\t", src, dst);
	if (digest_has(&d, DIGEST_PORTS))
		printf("%u\t%u\t", d.flow.src.port, d.flow.dst.port);
	else
		printf("\t\t");
	if (ip && d.transport != TRANSPORT_NONE)
		printf("%u", d.transport);
	printf("\t");
	if (digest_has(&d, DIGEST_PAYLOAD))
		printf("%u", d.payload_bytes);
	printf("\n");
}

static int dump(struct input *in, struct err *err)
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
			print_packet(&r);
		}
	}
	source_close(&source);
	return bad;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct input *in;
	if (argc != 2) {
		fprintf(stderr, "usage: dump FILE\n");
		return 2;
	}
	int rc = input_open(argv[1], &in, &err);
	if (rc == 0) {
		rc = dump(in, &err);
		input_close(in);
	}
	if (rc < 0) {
		char text[400];
		err_format(&err, text, sizeof text);
		fprintf(stderr, "dump: %s: %s\n", argv[1], text);
	}
	return rc ? 1 : 0;
}
