/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of Wireshark's packet details as text: doc/packet-text.md. A frame is all lines from its
 * "Frame N" line to the next; it is yielded when the next one begins. */
#include "evidence/capture/capture.h"

#include <stdlib.h>

#include "base/text.h"
#include "evidence/capture/packet_tree.h"
#include "evidence/input.h"

struct packet_detail {
	struct lines lines;
	struct tally tally;
	struct packet_tree tree; /* the frame that is being read */
	bool has_frame, done;
};

static bool packet_detail_recognise(struct span head, bool whole)
{
	while (head.p) {
		struct span line = text_split(&head, '\n');
		struct packet_tree tree;
		if (!head.p && !whole)
			return false;
		if (packet_tree_start(line, &tree))
			return true;
	}
	return false;
}

static void packet_detail_close(void *self)
{
	struct packet_detail *p = self;
	if (!p)
		return;
	lines_done(&p->lines);
	free(p);
}

static int packet_detail_open(struct input *input, void **ret_self, struct err *err)
{
	struct packet_detail *p = calloc(1, sizeof *p);
	if (!p)
		return err_nomem(err);
	if (lines_init(&p->lines, input, err) < 0) {
		packet_detail_close(p);
		return -1;
	}
	*ret_self = p;
	return 0;
}

static int yield(struct packet_detail *p, struct record *ret)
{
	*ret = (struct record){ .kind = RECORD_PACKET, .number = p->tree.number };
	ret->has_time = p->tree.has_time;
	ret->when = p->tree.when;
	ret->packet.digested = true;
	packet_tree_end(&p->tree, &ret->packet.digest);
	ret->packet.wire_bytes = ret->packet.digest.wire_bytes;
	p->tally.records++;
	p->tally.cut += p->tree.captured < ret->packet.wire_bytes;
	return SOURCE_ITEM;
}

/* What is read of a line stands in front of a closing bracket in some forms, and then nothing of
 * it can be missing. A line that merely stops may have lost digits. */
static bool is_whole(struct span line)
{
	line = text_trim(line);
	return line.n && line.p[line.n - 1] == ')';
}

static int bad_line(struct packet_detail *p, bool whole, struct err *err)
{
	p->tally.damaged++;
	if (!whole)
		return err_line(err, ERR_TRUNCATED, p->lines.number,
			"the file ends inside this line: it may have lost characters");
	return err_line(err, ERR_MALFORMED, p->lines.number,
		"this line of a frame's details cannot be read");
}

/* Takes one line. Returns SOURCE_ITEM with the frame before it, SOURCE_END where there is nothing
 * to yield yet, -1 for damage. */
static int take(
	struct packet_detail *p, struct span line, bool whole, struct record *ret, struct err *err)
{
	struct packet_tree next;
	bool certain = whole || is_whole(line);
	if (packet_tree_starts(line)) {
		bool good = certain && packet_tree_start(line, &next);
		if (!good) {
			/* Lines that follow belong to the frame that could not be read. */
			p->tree.closed = true;
			return bad_line(p, whole, err);
		}
		int rc = p->has_frame ? yield(p, ret) : SOURCE_END;
		p->tree = next;
		p->has_frame = true;
		return rc;
	}
	if (!certain)
		return bad_line(p, whole, err);
	if (p->has_frame && !packet_tree_line(&p->tree, line))
		return bad_line(p, whole, err);
	return SOURCE_END;
}

static int packet_detail_next(void *self, struct record *ret, struct err *err)
{
	struct packet_detail *p = self;
	struct span line;
	bool whole;
	int rc = 0;
	while (!p->done && (rc = lines_next(&p->lines, &line, &whole, err)) > 0) {
		int step = take(p, line, whole, ret, err);
		if (step != SOURCE_END)
			return step;
	}
	if (rc < 0) {
		p->tally.damaged++;
		/* Only a line that is too long can be passed over. */
		p->done = !err || err->kind != ERR_LIMIT;
		return -1;
	}
	p->done = true;
	if (!p->has_frame)
		return SOURCE_END;
	p->has_frame = false;
	return yield(p, ret);
}

static const struct tally *packet_detail_tally(const void *self)
{
	const struct packet_detail *p = self;
	return &p->tally;
}

const struct source_format format_packet_detail = {
	.name = "packet-detail",
	.title = "packet details (Wireshark text)",
	.yields = YIELDS_PACKETS,
	.recognise = packet_detail_recognise,
	.open = packet_detail_open,
	.next = packet_detail_next,
	.tally = packet_detail_tally,
	.close = packet_detail_close,
};
