/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of Wireshark's packet list as text: doc/packet-text.md. */
#include "evidence/capture/capture.h"

#include <stdlib.h>

#include "base/text.h"
#include "evidence/capture/packet_row.h"
#include "evidence/input.h"

struct packet_list {
	struct lines lines;
	struct tally tally;
	enum packet_columns columns;
	bool done;
};

/* One good row among the lines proves the kind, where no header line does. Details of frames may
 * hold a row before each frame, as Wireshark exports them: they have their own reader. */
static bool packet_list_recognise(struct span head, bool whole)
{
	if (format_packet_detail.recognise(head, whole))
		return false;
	bool first = true;
	while (head.p) {
		struct span line = text_split(&head, '\n');
		enum packet_columns columns;
		struct packet_row row;
		if (!head.p && !whole)
			return false;
		if (first && text_starts(line, "\xef\xbb\xbf"))
			line = span_of(line.p + 3, line.n - 3);
		if (packet_line_is_gap(line))
			continue;
		if (first && packet_header_read(line, &columns))
			return true;
		first = false;
		if (packet_row_read(line, true, COLUMNS_UNKNOWN, &row) == ROW_GOOD &&
			row.two_addresses)
			return true;
	}
	return false;
}

static void packet_list_close(void *self)
{
	struct packet_list *p = self;
	if (!p)
		return;
	lines_done(&p->lines);
	free(p);
}

static int packet_list_open(struct input *input, void **ret_self, struct err *err)
{
	struct packet_list *p = calloc(1, sizeof *p);
	if (!p)
		return err_nomem(err);
	if (lines_init(&p->lines, input, err) < 0) {
		packet_list_close(p);
		return -1;
	}
	*ret_self = p;
	return 0;
}

static int bad_row(struct packet_list *p, enum packet_row_step step, struct err *err)
{
	p->tally.damaged++;
	if (step == ROW_CUT)
		return err_line(err, ERR_TRUNCATED, p->lines.number,
			"the file ends inside this row: its last field may have lost characters");
	return err_line(err, ERR_MALFORMED, p->lines.number,
		"no row of a packet list: number, time, source, destination, protocol, info");
}

static int packet_list_next(void *self, struct record *ret, struct err *err)
{
	struct packet_list *p = self;
	struct span line;
	bool whole;
	int rc;
	if (p->done)
		return SOURCE_END;
	while ((rc = lines_next(&p->lines, &line, &whole, err)) > 0) {
		struct packet_row row;
		if (packet_line_is_gap(line) || packet_header_read(line, &p->columns))
			continue;
		enum packet_row_step step = packet_row_read(line, whole, p->columns, &row);
		if (step != ROW_GOOD)
			return bad_row(p, step, err);
		p->tally.records++;
		*ret = (struct record){ .kind = RECORD_PACKET, .number = row.number };
		ret->has_time = true;
		ret->when = row.when;
		ret->packet.digested = true;
		ret->packet.digest = row.digest;
		ret->packet.wire_bytes = row.digest.wire_bytes;
		return SOURCE_ITEM;
	}
	if (rc == 0)
		return SOURCE_END;
	p->tally.damaged++;
	/* Only a line that is too long can be passed over. */
	p->done = !err || err->kind != ERR_LIMIT;
	return -1;
}

static const struct tally *packet_list_tally(const void *self)
{
	const struct packet_list *p = self;
	return &p->tally;
}

const struct source_format format_packet_list = {
	.name = "packet-list",
	.title = "packet list (Wireshark text)",
	.yields = YIELDS_PACKETS,
	.recognise = packet_list_recognise,
	.open = packet_list_open,
	.next = packet_list_next,
	.tally = packet_list_tally,
	.close = packet_list_close,
};
