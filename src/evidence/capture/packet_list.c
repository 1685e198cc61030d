/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of Wireshark's packet list as text: doc/packet-text.md. */
#include "evidence/capture/capture.h"

#include <stdlib.h>

#include "base/text.h"
#include "evidence/capture/packet_row.h"
#include "evidence/input.h"

/* What is known of a list from the rows before. */
struct layout {
	bool has_columns;
	struct packet_columns columns; /* those of the header line, or of the first row that proves
					* where its columns are */
	struct packet_clock clock;
};

struct packet_list {
	struct lines lines;
	struct tally tally;
	struct layout layout;
	bool surveyed, done;
};

/* The front of a file that is surveyed before its first row is yielded. */
#define FRONT_BYTES 65536u

static enum packet_row_step read_row(
	struct layout *layout, struct span line, bool whole, struct packet_row *ret)
{
	if (layout->has_columns)
		return packet_row_read(line, whole, &layout->columns, ret);
	enum packet_row_step step = packet_row_guess(line, whole, &layout->columns, ret);
	layout->has_columns = step == ROW_GOOD && ret->proven;
	return step;
}

/* The next whole line of a file's front, as lines_next would give it. */
static bool front_line(struct span *head, bool whole, bool first, struct span *ret)
{
	if (!head->p)
		return false;
	*ret = text_split(head, '\n');
	if (first && text_starts(*ret, "\xef\xbb\xbf"))
		*ret = span_of(ret->p + 3, ret->n - 3);
	if (ret->n && ret->p[ret->n - 1] == '\r')
		ret->n--;
	return head->p || whole;
}

/* One good row among the lines proves the kind, where no header line does. Details of frames may
 * hold a row before each frame, as Wireshark exports them: they have their own reader. */
static bool packet_list_recognise(struct span head, bool whole)
{
	struct layout layout = { 0 };
	struct packet_row row;
	struct span line;
	if (format_packet_detail.recognise(head, whole))
		return false;
	for (bool first = true, front = true; front_line(&head, whole, front, &line);
		front = false) {
		if (packet_line_is_gap(line))
			continue;
		if (first && packet_header_read(line, &layout.columns))
			return true;
		first = false;
		if (read_row(&layout, line, true, &row) == ROW_GOOD &&
			digest_has(&row.digest, DIGEST_ADDRS))
			return true;
	}
	return false;
}

/* Reads the front of the file once: its first rows may not yet prove where the columns are, nor
 * show what the seconds are counted from. */
static void survey(struct layout *layout, struct span head, bool whole)
{
	struct layout front = { 0 };
	struct span line;
	for (bool first = true; front_line(&head, whole, first, &line); first = false) {
		struct packet_row row;
		struct source_time when;
		struct packet_columns columns;
		if (packet_line_is_gap(line))
			continue;
		if (packet_header_read(line, &columns)) {
			/* Rows in front of a header line are not its. */
			front.columns = columns;
			front.has_columns = true;
		} else if (read_row(&front, line, true, &row) == ROW_GOOD) {
			packet_clock_place(&front.clock, &row.time, &when);
		}
		if (front.has_columns && !layout->has_columns && !front.columns.named) {
			layout->columns = front.columns;
			layout->has_columns = true;
		}
	}
	layout->clock.differences = packet_clock_falls(&front.clock);
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

static void yield(struct packet_list *p, const struct packet_row *row, struct record *ret)
{
	p->tally.records++;
	*ret = (struct record){ .kind = RECORD_PACKET, .number = row->number };
	ret->has_time = packet_clock_place(&p->layout.clock, &row->time, &ret->when);
	ret->packet.digested = true;
	ret->packet.digest = row->digest;
	ret->packet.wire_bytes = row->digest.wire_bytes;
}

static int survey_front(struct packet_list *p, struct err *err)
{
	struct span head;
	int rc = reader_peek(&p->lines.reader, FRONT_BYTES, &head, err);
	if (rc < 0)
		return -1;
	survey(&p->layout, head, rc == 0);
	p->surveyed = true;
	return 0;
}

static int packet_list_next(void *self, struct record *ret, struct err *err)
{
	struct packet_list *p = self;
	struct span line;
	bool whole;
	int rc = p->surveyed || p->done ? 0 : survey_front(p, err);
	if (p->done)
		return SOURCE_END;
	while (rc == 0 && (rc = lines_next(&p->lines, &line, &whole, err)) > 0) {
		struct packet_row row;
		rc = 0;
		if (packet_line_is_gap(line))
			continue;
		if (packet_header_read(line, &p->layout.columns)) {
			p->layout.has_columns = true;
			continue;
		}
		enum packet_row_step step = read_row(&p->layout, line, whole, &row);
		if (step != ROW_GOOD)
			return bad_row(p, step, err);
		yield(p, &row, ret);
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
