/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the process tables of tasklist and tasklist /SVC (Windows XP and later), also where a web
 * page or mail has left one blank between the columns: doc/tasklist.md. */
#include <stdlib.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/text.h"
#include "evidence/input.h"
#include "evidence/table/table.h"
#include "evidence/table/tasklist_row.h"

/* A process waits for the lines on which its services go on. Its strings are copies. */
struct pending {
	bool used;
	uint64_t number;
	struct table_row row; /* its spans are not good any more */
	struct str image, list;
	struct str services; /* what is handed out: "A, B" */
};

struct tasklist {
	struct lines lines;
	struct tally tally;
	struct table_shape shape;
	bool has_shape;
	bool list_titles; /* "Image Name PID Services" without a rule was met */
	bool modules;     /* tasklist /M: the third column has DLLs, no services */
	bool over;
	uint64_t rows;
	struct pending slots[2]; /* the one that waits, and the one handed out before */
	unsigned current;
	struct str none; /* what stands for "no services" in this language */
	/* Damage to be told by the next calls: at most of the process handed out and of the line
	 * read behind it. */
	unsigned n_due;
	struct err due[2];
};

/* Excerpts are pasted with blank lines and "..." in place of what was left out. */
static bool is_filler(struct span line)
{
	struct span s = text_trim(line);
	return s.n == 0 || text_equal(s, "...") || text_equal(s, "\xe2\x80\xa6");
}

/* "C:\>tasklist /svc": the prompt with the command, or the one behind the table. */
static bool is_prompt(struct span line)
{
	struct span s = text_trim(line);
	return s.n >= 3 && s.p[1] == ':' && s.p[2] == '\\' && memchr(s.p, '>', s.n);
}

static bool is_list_titles(struct span line)
{
	static const char *const words[] = { "Image", "Name", "PID", "Services" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!text_equal(text_word(&line), words[i]))
			return false;
	return text_word(&line).n == 0;
}

/* The reader's whole knowledge of what a row is, from the strictest form to the loosest. */
static bool parse_row(const struct tasklist *t, struct span line, bool whole, struct table_row *ret)
{
	if (t->has_shape) {
		if (row_by_columns(&t->shape, line, whole, ret))
			return true;
		return t->shape.n == 3 ? row_with_list(line, whole, ret)
				       : row_by_words(line, whole, ret);
	}
	if (line.n && line.p[0] == '"')
		return row_of_csv(line, whole, ret);
	return row_by_words(line, whole, ret) ||
		(t->list_titles && row_with_list(line, whole, ret));
}

/* A word that ends in ".dll" and does not begin its line is a module: tasklist /M looks just like
 * /SVC. Wrong for a service or an image "my x.dll" of such a name: its table then says nothing of
 * services, which costs names but gives none that is wrong. */
static bool has_modules(struct span head)
{
	while (head.p) {
		struct span line = text_split(&head, '\n'), word;
		const uint8_t *front = line.p;
		while ((word = text_word(&line)).n) {
			const uint8_t *from = word.p;
			while (word.n && memchr(",\"", word.p[word.n - 1], 2))
				word.n--;
			if (from != front && word.n > 4 &&
				text_equal_nocase(span_of(word.p + word.n - 4, 4), ".dll"))
				return true;
		}
	}
	return false;
}

#define HEAD_BYTES 65536u

static int look_for_modules(struct tasklist *t, struct err *err)
{
	struct span head;
	if (reader_peek(&t->lines.reader, HEAD_BYTES, &head, err) < 0)
		return -1;
	t->modules = has_modules(head);
	return 0;
}

static void tasklist_close(void *self)
{
	struct tasklist *t = self;
	if (!t)
		return;
	for (unsigned i = 0; i < 2; i++) {
		str_done(&t->slots[i].image);
		str_done(&t->slots[i].list);
		str_done(&t->slots[i].services);
	}
	str_done(&t->none);
	lines_done(&t->lines);
	free(t);
}

static int tasklist_open(struct input *input, void **ret_self, struct err *err)
{
	struct tasklist *t = calloc(1, sizeof *t);
	if (!t)
		return err_nomem(err);
	for (unsigned i = 0; i < 2; i++) {
		str_init(&t->slots[i].image, LIMIT_LINE_BYTES);
		str_init(&t->slots[i].list, LIMIT_LINE_BYTES);
		str_init(&t->slots[i].services, 2 * LIMIT_LINE_BYTES);
	}
	str_init(&t->none, LIMIT_LINE_BYTES);
	if (lines_init(&t->lines, input, err) < 0 || look_for_modules(t, err) < 0) {
		tasklist_close(t);
		return -1;
	}
	*ret_self = t;
	return 0;
}

/* The list breaks off behind a comma. */
static bool list_open(const struct pending *p)
{
	return p->used && p->row.has_list && p->list.n && p->list.p[p->list.n - 1] == ',';
}

/* "A,B" and "A, B" become "A, B". */
static void join_services(struct pending *p)
{
	struct span rest = span_of(str_get(&p->list), p->list.n);
	while (rest.p) {
		struct span name = text_trim(text_split(&rest, ','));
		if (name.n == 0)
			continue;
		if (p->services.n)
			str_text(&p->services, ", ");
		str_add(&p->services, name);
	}
}

/* Tells of damage after the process that was complete before it. */
static void put_off(struct tasklist *t, const struct err *what)
{
	if (t->n_due < 2)
		t->due[t->n_due++] = *what;
}

/* Hands the waiting process out. */
static int deliver(struct tasklist *t, struct record *ret)
{
	struct pending *p = &t->slots[t->current];
	struct process_note note = {
		.what = NOTE_RUNNING, .pid = p->row.pid, .image_cut = p->row.image_cut
	};
	struct err err;
	if (list_open(p)) {
		err_line(&err, t->over ? ERR_TRUNCATED : ERR_MALFORMED, p->number,
			"the services of PID %u break off behind a comma; none of them is used",
			note.pid);
		put_off(t, &err);
		p->row.has_list = false;
	}
	join_services(p);
	if (p->list.failed || p->services.failed) {
		err_line(&err, ERR_LIMIT, p->number,
			"the services of PID %u are too long; none of them is used", note.pid);
		put_off(t, &err);
		p->row.has_list = false;
	}
	note.image = span_of(str_get(&p->image), p->image.n);
	if (p->row.has_list && !t->modules) {
		note.service_table = true;
		note.services = span_of(str_get(&p->services), p->services.n);
	}
	*ret = (struct record){ .kind = RECORD_PROCESS, .number = p->number, .process = note };
	p->used = false;
	t->current ^= 1;
	t->tally.records++;
	return SOURCE_ITEM;
}

static int cut_list(const struct tasklist *t, struct err *err)
{
	return err_line(err, ERR_TRUNCATED, t->lines.number,
		"the input ends inside the services of PID %u; none of them is used",
		t->slots[t->current].row.pid);
}

/* Nothing serves the Idle process (PID 0): what its row has for services is this language's word
 * for "none", such as "Nicht zutreffend". Wrong if it ever had a service; it is no process. */
static bool says_none(struct tasklist *t, const struct table_row *row, bool whole)
{
	if (whole && row->pid == 0 && row->list.n && !memchr(row->list.p, ',', row->list.n)) {
		str_reset(&t->none);
		str_add(&t->none, row->list);
	}
	return text_equal(row->list, "N/A") ||
		(t->none.n && row->list.n == t->none.n &&
			memcmp(row->list.p, t->none.p, t->none.n) == 0);
}

/* Copies the row into the free slot. Of a line that may be cut the list is not used: a service
 * may have lost its end, or the list its rest. "N/A" alone is complete, as no service has a slash.
 * Returns -1 where that is to be told, with the process kept all the same. */
static int keep(struct tasklist *t, struct table_row *row, bool whole, struct err *err)
{
	struct pending *p = &t->slots[t->current];
	bool none = says_none(t, row, whole), cut = row->has_list && !whole && !none;
	str_reset(&p->image);
	str_reset(&p->list);
	str_reset(&p->services);
	str_add(&p->image, row->image);
	if (p->image.failed)
		return err_nomem(err);
	if (row->has_list && !none && !cut)
		str_add(&p->list, row->list);
	/* Where there is no list at all, not even "N/A", nothing is said of services. */
	row->has_list &= !cut && row->list.n > 0;
	p->row = *row;
	p->number = t->lines.number;
	p->used = true;
	t->rows++;
	return cut ? cut_list(t, err) : 0;
}

/* A line on which the services of the row before go on. */
static bool take_rest(struct tasklist *t, struct span line, bool whole)
{
	struct pending *p = &t->slots[t->current];
	struct span rest = text_trim(line);
	bool named = !memchr(rest.p, '\\', rest.n) && !memchr(rest.p, '/', rest.n);
	if (!list_open(p) || has_number(line) || !named)
		return false;
	if (whole) {
		str_add(&p->list, rest);
		return true;
	}
	struct err cut;
	cut_list(t, &cut);
	put_off(t, &cut);
	p->row.has_list = false;
	return true;
}

/* Titles and whatever was typed before: lines without a number, before the rule and any row. */
static bool is_preamble(struct tasklist *t, struct span line, bool whole)
{
	if (is_prompt(line) || titles_of_csv(line) || text_starts(text_trim(line), "Image Name"))
		return true;
	return t->rows == 0 && !t->has_shape && whole && line.p[0] != '"' && !has_number(line);
}

static int refuse(struct tasklist *t, bool whole, struct err *err)
{
	return err_line(err, whole ? ERR_MALFORMED : ERR_TRUNCATED, t->lines.number,
		whole ? "no row of a process table"
		      : "the input ends inside a row, before its process is known");
}

/* Takes a line in. Returns SOURCE_ITEM where a new process begins, SOURCE_END, or -1. */
static int take_line(
	struct tasklist *t, struct span line, bool whole, struct table_row *ret, struct err *err)
{
	if (is_filler(line))
		return SOURCE_END;
	if (shape_of(line, &t->shape)) {
		t->has_shape = true;
		return SOURCE_END;
	}
	if (parse_row(t, line, whole, ret))
		return SOURCE_ITEM;
	if (take_rest(t, line, whole))
		return SOURCE_END;
	t->list_titles |= is_list_titles(line);
	if (is_preamble(t, line, whole))
		return SOURCE_END;
	return refuse(t, whole, err);
}

static int tell(struct tasklist *t, const struct err *what, struct err *err)
{
	t->tally.damaged++;
	if (err)
		*err = *what;
	return -1;
}

/* One line. SOURCE_ITEM with *ret where the process before is complete. */
static int step(struct tasklist *t, struct record *ret, struct err *err)
{
	struct err local = { .kind = ERR_NONE };
	struct table_row row;
	struct span line;
	bool whole, waiting = t->slots[t->current].used;
	int rc = lines_next(&t->lines, &line, &whole, &local);
	t->over = rc == 0 || (rc < 0 && local.kind != ERR_LIMIT);
	if (rc > 0)
		rc = take_line(t, line, whole, &row, &local);
	if (rc < 0 && !waiting)
		return tell(t, &local, err);
	if (rc < 0)
		put_off(t, &local);
	if (rc == SOURCE_END)
		return SOURCE_END;
	if (waiting)
		deliver(t, ret);
	if (rc == SOURCE_ITEM && keep(t, &row, whole, &local) < 0)
		put_off(t, &local);
	return waiting ? SOURCE_ITEM : SOURCE_END;
}

static int tasklist_next(void *self, struct record *ret, struct err *err)
{
	struct tasklist *t = self;
	while (t->n_due == 0 && !t->over) {
		int rc = step(t, ret, err);
		if (rc != SOURCE_END)
			return rc;
	}
	/* Damage of the process that waits is told behind it, other damage before. */
	const struct pending *p = &t->slots[t->current];
	if (p->used && (t->n_due == 0 || t->due[0].line >= p->number))
		return deliver(t, ret);
	if (t->n_due == 0)
		return SOURCE_END;
	struct err first = t->due[0];
	t->due[0] = t->due[1];
	t->n_due--;
	return tell(t, &first, err);
}

static const struct tally *tasklist_tally(const void *self)
{
	const struct tasklist *t = self;
	return &t->tally;
}

/* What recognise has seen so far. */
struct sight {
	struct tasklist t; /* only what parse_row looks at */
	unsigned lines, odd, rows;
};

enum { SIGHT_LINES = 16, SIGHT_ODD = 4 };

/* 1: surely a table; 0: look on; -1: surely none. */
static int look_at(struct sight *s, struct span line)
{
	struct table_row row;
	s->lines++;
	if (shape_of(line, &s->t.shape)) {
		s->t.has_shape = true;
		/* An empty table, or one cut behind its rule, is known by its first two widths. */
		size_t pid = s->t.shape.width[1];
		return s->t.shape.width[0] == 25 && pid >= 6 && pid <= 8;
	}
	if (parse_row(&s->t, line, true, &row)) {
		s->rows++;
		/* A row under a rule or titles is enough; bare ones must all be rows. */
		return s->t.has_shape || s->t.list_titles || s->lines == SIGHT_LINES;
	}
	if (titles_of_csv(line))
		return 1;
	s->t.list_titles |= is_list_titles(line);
	return s->t.has_shape || s->rows || has_number(line) || ++s->odd > SIGHT_ODD ? -1 : 0;
}

static bool recognise(struct span head, bool whole)
{
	struct sight sight = { 0 };
	head = text_skip_mark(head);
	while (head.p && head.n) {
		struct span line = text_split(&head, '\n');
		/* The last line may be cut, by the file's end or by ours: it does not count. */
		if (!head.p && (sight.rows || !whole))
			break;
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (is_filler(line) || is_prompt(line))
			continue;
		int rc = look_at(&sight, line);
		if (rc != 0)
			return rc > 0;
	}
	return sight.rows > 0;
}

const struct source_format format_tasklist = {
	.name = "tasklist",
	.title = "Windows process table",
	.yields = YIELDS_PROCESSES,
	.lines = true,
	.recognise = recognise,
	.open = tasklist_open,
	.next = tasklist_next,
	.tally = tasklist_tally,
	.close = tasklist_close,
};
