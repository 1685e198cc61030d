/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what Linux knows of the connections that it tracks: conntrack -L and -E with any of their
 * text options, /proc/net/nf_conntrack and the older ip_conntrack. A line, with `-o
 * timestamp,extended,id` and counters:
 *
 *   [1290787700.123456]     [NEW] ipv4     2 udp      17 30 src=10.0.0.5 dst=192.0.2.53 sport=4000
 *   dport=53 packets=1 bytes=60 [UNREPLIED] src=192.0.2.53 dst=198.51.100.1 sport=53 dport=61000
 *   mark=0 use=1 id=77
 *
 * First come the addresses as the connection was opened, then those of its answer. Other words and
 * pairs may stand anywhere behind the protocol; what the kernel adds in later versions does too. */
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "evidence/input.h"
#include "evidence/table/table.h"

enum line {
	LINE_BAD,
	LINE_FILLER, /* nothing, or what the program says of itself */
	LINE_OTHER,  /* a connection of another protocol */
	LINE_PAIR,
};

enum { SRC = 1, DST = 2, SPORT = 4, DPORT = 8, ALL = 15 };

/* One of the two tuples of a line. */
struct tuple {
	struct flow flow;
	unsigned has;
};

struct parsed {
	uint32_t protocol;
	struct tuple tuples[2];
	unsigned n; /* tuples that have begun */
	bool more;  /* something stands behind them: the last number is whole */
	bool has_when;
	int64_t when_ns;
	int what; /* of struct translation, where it has a time */
};

static bool take_port(struct span value, uint16_t *ret)
{
	uint32_t port;
	if (!text_u32(value, UINT16_MAX, &port))
		return false;
	*ret = (uint16_t)port;
	return true;
}

/* A tuple begins with its source. Returns false for a value that cannot be, or one too many. */
static bool take_pair(struct parsed *p, struct span key, struct span value)
{
	static const char *const keys[] = { "src", "dst", "sport", "dport" };
	unsigned what = 0;
	while (what < 4 && !text_equal(key, keys[what]))
		what++;
	if (what == 4) {
		p->more = true;
		return true;
	}
	p->n += what == 0;
	if (p->n == 0 || p->n > 2)
		return false;
	struct tuple *t = &p->tuples[p->n - 1];
	struct endpoint *end = what % 2 ? &t->flow.dst : &t->flow.src;
	if (t->has & 1u << what)
		return false;
	t->has |= 1u << what;
	p->more = false;
	return what < 2 ? addr_parse(value, &end->addr) : take_port(value, &end->port);
}

/* Numbers of the protocols as the kernel prints them; the others' names are not checked. */
static bool protocol_fits(struct span name, uint32_t number)
{
	if (text_equal(name, "tcp"))
		return number == TRANSPORT_TCP;
	if (text_equal(name, "udp"))
		return number == TRANSPORT_UDP;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < 'a' || name.p[i] > 'z')
			return false;
	return name.n > 0 && number != TRANSPORT_TCP && number != TRANSPORT_UDP;
}

/* "1290787700.123456", seconds since 1970. */
static void take_time(struct parsed *p, struct span text)
{
	enum { MOST_S = INT64_MAX / 4000000000 };
	uint64_t s, us;
	struct span fraction = text, whole = text_split(&fraction, '.');
	if (fraction.n != 6 || !text_u64(whole, &s) || s > MOST_S || !text_u64(fraction, &us))
		return;
	p->has_when = true;
	p->when_ns = (int64_t)(s * 1000000000u + us * 1000u);
}

/* "[NEW]", "[1290787700.123456]": one or more words in brackets. */
static struct span take_brackets(struct parsed *p, struct span line)
{
	p->what = TRANSLATION_SEEN;
	for (;;) {
		struct span rest = line, word = text_word(&rest);
		if (word.n < 2 || word.p[0] != '[' || word.p[word.n - 1] != ']')
			return line;
		struct span inside = span_of(word.p + 1, word.n - 2);
		if (text_equal(inside, "NEW"))
			p->what = TRANSLATION_OPENED;
		else if (text_equal(inside, "DESTROY"))
			p->what = TRANSLATION_CLOSED;
		else
			take_time(p, inside);
		line = rest;
	}
}

static bool take_protocol(struct span *line, uint32_t *ret)
{
	struct span name = text_word(line);
	uint32_t layer;
	if (text_equal(name, "ipv4") || text_equal(name, "ipv6")) {
		if (!text_u32(text_word(line), 255, &layer))
			return false;
		name = text_word(line);
	}
	return text_u32(text_word(line), 255, ret) && protocol_fits(name, *ret);
}

static enum line parse(struct span line, struct parsed *p)
{
	*p = (struct parsed){ 0 };
	line = text_trim(line);
	if (line.n == 0 || text_starts(line, "conntrack v"))
		return LINE_FILLER;
	line = take_brackets(p, line);
	if (!take_protocol(&line, &p->protocol))
		return LINE_BAD;
	struct span word;
	while ((word = text_word(&line)).n) {
		struct span value = word, key = text_split(&value, '=');
		if (!value.p)
			p->more = true;
		else if (!take_pair(p, key, value))
			return LINE_BAD;
	}
	unsigned has = p->tuples[0].has & p->tuples[1].has;
	if ((has & (SRC | DST)) != (SRC | DST))
		return LINE_BAD;
	if (p->protocol != TRANSPORT_TCP && p->protocol != TRANSPORT_UDP)
		return LINE_OTHER;
	return has == ALL ? LINE_PAIR : LINE_BAD;
}

struct conntrack {
	struct lines lines;
	struct tally tally;
};

static void conntrack_close(void *self)
{
	struct conntrack *c = self;
	if (!c)
		return;
	lines_done(&c->lines);
	free(c);
}

static int conntrack_open(struct input *input, void **ret_self, struct err *err)
{
	struct conntrack *c = calloc(1, sizeof *c);
	if (!c)
		return err_nomem(err);
	if (lines_init(&c->lines, input, err) < 0) {
		conntrack_close(c);
		return -1;
	}
	*ret_self = c;
	return 0;
}

/* The record has no time of its own, so that all lines are known before the first packet: the
 * router's clock is never aligned, and what a line says may come behind the packets it is about. */
static void give(struct conntrack *c, const struct parsed *p, struct record *ret)
{
	*ret = (struct record){ .kind = RECORD_TRANSLATION,
		.number = c->lines.number,
		.translation = { .transport = (uint8_t)p->protocol,
			.before = p->tuples[0].flow,
			.behind = flow_reverse(p->tuples[1].flow),
			.what = p->has_when ? p->what : TRANSLATION_LISTED,
			.when = { p->when_ns } } };
	c->tally.records++;
}

static int conntrack_next(void *self, struct record *ret, struct err *err)
{
	struct conntrack *c = self;
	struct span line;
	struct parsed p;
	bool whole;
	int rc;
	while ((rc = lines_next(&c->lines, &line, &whole, err)) > 0) {
		enum line what = parse(line, &p);
		if (what == LINE_FILLER)
			continue;
		if (what != LINE_BAD && (whole || p.more)) {
			c->tally.skipped += what == LINE_OTHER;
			if (what == LINE_OTHER)
				continue;
			give(c, &p, ret);
			return SOURCE_ITEM;
		}
		c->tally.damaged++;
		return err_line(err, whole ? ERR_MALFORMED : ERR_TRUNCATED, c->lines.number,
			whole ? "no line of conntrack"
			      : "the input ends inside a line, before both of its ends are known");
	}
	c->tally.damaged += rc < 0;
	return rc < 0 ? -1 : SOURCE_END;
}

static const struct tally *conntrack_tally(const void *self)
{
	const struct conntrack *c = self;
	return &c->tally;
}

/* The first line that says something decides: a protocol with its number and two sources. */
static bool recognise(struct span head, bool whole)
{
	struct parsed p;
	head = text_skip_mark(head);
	while (head.p && head.n) {
		struct span line = text_split(&head, '\n');
		/* The last line may be cut by the head's end. */
		if (!head.p && !whole)
			return false;
		enum line what = parse(line, &p);
		if (what != LINE_FILLER)
			return what != LINE_BAD;
	}
	return false;
}

const struct source_format format_conntrack = {
	.name = "conntrack",
	.title = "connections that Linux tracks (conntrack)",
	.yields = YIELDS_TRANSLATIONS,
	.zone_stated = true,
	.lines = true,
	.recognise = recognise,
	.open = conntrack_open,
	.next = conntrack_next,
	.tally = conntrack_tally,
	.close = conntrack_close,
};
