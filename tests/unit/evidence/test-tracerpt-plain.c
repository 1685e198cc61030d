/* SPDX-License-Identifier: Apache-2.0 */
/* The short way of rows says what the long way says, or nothing. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/trace/tracerpt_plain.h"
#include "evidence/trace/tracerpt_row.h"
#include "model/source.h"

#define TAIL ", 172.023.098.097, 010.001.001.001, 2762, 36003, 0, 0"

static const char *const rows[] = {
	"UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 2136, 8" TAIL,
	"UdpIp,Recv,0xFFFFFFFF,129079416141424158,0,0,2136,8,1.2.3.4,10.1.1.1,2762,36003,0,0",
	"    UdpIp,   SendIPV4, 0x00000A2C, 129079416141424158,  45,  15, 4294967294, "
	"4294901768" TAIL,
	"TcpIp, Recv, 0xFFFFFFFF, 129079416141424158, 0, 0, 4, 4294967295" TAIL ", 7, \"x\"",
	"TcpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 2136, 1460" TAIL,
	"TcpIp, ConnectIPV4, 0xFFFFFFFF, 129079416141424158, 0, 0, 2136, 0" TAIL ", 1460, 0",
	"TcpIp, Disconnect, 0xFFFFFFFF, 129079416141424158, 0, 0, 2136, 0, 255.255.255.255, "
	"0.0.0.0, "
	"65535, 0, ",
};

/* 1 where it gives a record, which is then the same; 0 where it leaves the row to the long way. */
static int agrees(struct span line)
{
	struct record plain = { 0 }, record = { 0 };
	struct csv_row row;
	struct err err = { 0 };
	if (!plain_row(line, &plain))
		return 0;
	csv_split(line, &row);
	cr_assert_eq(row_kind(&row), ROW_NETWORK, "%.*s", (int)line.n, (const char *)line.p);
	cr_assert_eq(row.sound, row.n, "%.*s", (int)line.n, (const char *)line.p);
	cr_assert_eq(row_network(&row, true, &record, &err), SOURCE_ITEM, "%.*s: %s", (int)line.n,
		(const char *)line.p, err.msg);
	cr_assert(plain.kind == record.kind && plain.has_time && record.has_time);
	cr_assert_eq(plain.when.ns, record.when.ns, "%.*s", (int)line.n, (const char *)line.p);
	const struct event *a = &plain.event, *b = &record.event;
	cr_assert(a->op == b->op && a->transport == b->transport && a->pid == b->pid &&
			a->bytes == b->bytes && a->either_way == b->either_way &&
			a->traces == b->traces && a->tag == b->tag &&
			endpoint_equal(&a->local, &b->local) &&
			endpoint_equal(&a->remote, &b->remote),
		"%.*s", (int)line.n, (const char *)line.p);
	return 1;
}

Test(tracerpt_plain, usual_rows_take_it)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_assert_eq(
			agrees(span_text(rows[i])), strchr(rows[i], '"') == NULL, "%s", rows[i]);
}

/* Each byte in turn becomes each of those that mean something, and goes. Copies end where their
 * memory ends, so that a read behind is found. */
Test(tracerpt_plain, bent_rows_agree_or_are_left)
{
	static const char bytes[] = "0129, .:\"xXuUA\t\r\xa0\xc2-+";
	size_t taken = 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = strlen(rows[i]);
		for (size_t at = 0; at < n; at++) {
			char *bent = malloc(n), *cut = malloc(at + 1);
			for (size_t k = 0; k < sizeof bytes; k++) {
				memcpy(bent, rows[i], n);
				bent[at] = bytes[k];
				taken += (size_t)agrees(span_of(bent, n));
			}
			memcpy(cut, rows[i], at);
			agrees(span_of(cut, at));
			memmove(bent, rows[i], n);
			memmove(bent + at, bent + at + 1, n - at - 1);
			agrees(span_of(bent, n - 1));
			free(bent);
			free(cut);
		}
	}
	cr_assert_gt(taken, 500u);
}

static void is_left(const char *line)
{
	struct record record;
	cr_assert(!plain_row(span_text(line), &record), "%s", line);
}

Test(tracerpt_plain, what_is_not_plain_is_left)
{
	is_left("UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 0, 8" TAIL);
	is_left("UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 4294967295, 8" TAIL);
	is_left("UdpIp, Connect, 0xFFFFFFFF, 129079416141424158, 0, 0, 4, 8" TAIL);
	is_left("UdpIp, SendIPV6, 0xFFFFFFFF, 129079416141424158, 0, 0, 4, 8" TAIL);
	is_left("UdpIp, Send, 0xFFFFFFFF, 1.29079E+17, 0, 0, 4, 8" TAIL);
	is_left("UdpIp, Send, 0xFFFFFFFF, 109079416141424158, 0, 0, 4, 8" TAIL);
	is_left("UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 4, 4294967296" TAIL);
	is_left("UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 4, 8, 1.2.3.4, 1.2.3.256, 1, "
		"2, ");
	is_left("UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 4, 8, 1.2.3.4, 1.2.3.5, 1, "
		"65536, ");
	is_left("UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 4, 8, 1.2.3.4, 1.2.3.5, 1, 2");
	is_left("UdpIp, Send, 0xFFFFFFFF, 129079416141424158, 0, 0, 4, 1.2.3.4, 1, 8, 1.2.3.5, 2, "
		"8, ");
	is_left("");
}
