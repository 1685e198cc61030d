/* SPDX-License-Identifier: Apache-2.0 */
/* One row of tracerpt's text, from cells to a record. Private to the reader. */
#ifndef WHOSENT_EVIDENCE_TRACERPT_ROW_H
#define WHOSENT_EVIDENCE_TRACERPT_ROW_H

#include "base/err.h"
#include "evidence/csv.h"
#include "model/record.h"

enum row_kind {
	ROW_OTHER = 0, /* a class or type that is not used */
	ROW_NETWORK,
	ROW_PROCESS,
	ROW_HEADER, /* EventTrace, Header: what the session itself says that it lost */
	ROW_TITLES, /* the names of the columns */
	ROW_BROKEN, /* no row of this format: too few columns, or its class or type is cut */
};

enum row_kind row_kind(const struct csv_row *row);

/* "1.28663E+17": a spreadsheet has rounded the Clock-Time to what it shows. */
bool row_time_rounded(struct span text);

enum row_ip { IP_UNSTATED, IP_V4, IP_V6 };

/* In UdpIp version 1 the kernel fills 16 bits of the size and leaves the other 16 as they were.
 * Wrong for an IPv6 jumbogram (RFC 2675), which Windows does not send and version 1 cannot log. */
static inline uint32_t row_udp_size(uint32_t size)
{
	return size > UINT16_MAX ? size & UINT16_MAX : size;
}

/* Which of a network row's ends is local. TCP events name the ends as the connection has them: d is
 * remote. UDP events name them as the packet has them: for a receive d is ours. Only version 2 is
 * known to do so; of a receive of the older ones no dump with both ends known is public, so either
 * end may be ours. */
static inline void row_ends(
	struct event *event, struct endpoint d, struct endpoint s, enum row_ip ip)
{
	if (event->transport == TRANSPORT_UDP && ip == IP_UNSTATED)
		event->bytes = row_udp_size(event->bytes);
	bool swapped = event->transport == TRANSPORT_UDP && event->op == EVENT_RECV;
	event->local = swapped ? d : s;
	event->remote = swapped ? s : d;
	event->either_way = swapped && ip == IP_UNSTATED;
}

/* Each fills ret (spans borrow from the row's line). Return SOURCE_ITEM; SOURCE_END where the
 * row is sound and says nothing; -1. `whole`: the line has its line feed. A rounded time gives a
 * record without a time. */
int row_network(const struct csv_row *row, bool whole, struct record *ret, struct err *err);
int row_process(const struct csv_row *row, bool whole, struct record *ret, struct err *err);
int row_header(const struct csv_row *row, bool whole, struct record *ret, struct err *err);

#endif
