/* SPDX-License-Identifier: Apache-2.0 */
/* The report for people: the sink, and the rows that its parts are made of. */
#include "output/output.h"

#include <errno.h>
#include <stdlib.h>

#include "output/terminal.h"

/* One call's text. A finding is a few KiB; the list of 1024 inputs with the longest file names
 * is the largest part. */
#define OUT_MAX (64u * 1024 * 1024)

void terminal_begin_section(struct terminal *t, enum terminal_section section)
{
	bool goes_on = section == t->last && section != SECTION_OTHER;
	if (t->last != SECTION_NOTHING && !goes_on)
		str_char(&t->out, '\n');
	t->last = section;
}

void terminal_hang(struct terminal *t, size_t indent)
{
	t->failed |= t->text.failed || t->lead.failed;
	layout_block(&t->layout,
		&(struct layout_block){
			.lead = str_get(&t->lead),
			.text = str_get(&t->text),
			.indent = indent,
			.edge = LAYOUT_COLUMNS,
		});
	str_reset(&t->text);
	str_reset(&t->lead);
}

void terminal_row(struct terminal *t, const char *label)
{
	str_text(&t->lead, ROW_LABEL);
	if (label[0])
		str_printf(&t->lead, MARK_DIM "%s" MARK_END, label);
	terminal_hang(t, ROW_INDENT);
}

const char *terminal_grade(enum grade grade)
{
	static const char *const words[GRADE_COUNT] = {
		[GRADE_NONE] = "none",
		[GRADE_LIFETIME] = "by lifetime",
		[GRADE_PATTERN] = "by pattern",
		[GRADE_PORTS] = "by ports",
		[GRADE_ENDPOINT] = "by endpoint",
		[GRADE_FLOW] = "by flow",
		[GRADE_EXACT] = "exact",
	};
	return words[grade];
}

const char *terminal_grade_text(enum grade grade)
{
	static const char *const texts[GRADE_COUNT] = {
		[GRADE_NONE] = "",
		[GRADE_LIFETIME] = "the group lives and dies with this process and no other",
		[GRADE_PATTERN] =
			"its group shows one pattern, and only this process has evidence in it",
		[GRADE_PORTS] = "an event agrees in ports, length and order, but not in an address",
		[GRADE_ENDPOINT] = "the process held the local endpoint then",
		[GRADE_FLOW] = "the process owned this flow then",
		[GRADE_EXACT] = "there is evidence for this very packet",
	};
	return texts[grade];
}

static void close_terminal(void *self)
{
	struct terminal *t = self;
	if (!t)
		return;
	str_done(&t->out);
	str_done(&t->text);
	str_done(&t->lead);
	free(t);
}

static int open_terminal(const struct sink_context *context, void **ret_self, struct err *err)
{
	struct terminal *t = calloc(1, sizeof *t);
	if (!t)
		return err_nomem(err);
	t->context = context;
	str_init(&t->out, OUT_MAX);
	str_init(&t->text, ROW_BYTES);
	str_init(&t->lead, ROW_BYTES);
	t->layout = (struct layout){ .out = &t->out, .color = context->color };
	*ret_self = t;
	return 0;
}

static int flush(struct terminal *t, struct err *err)
{
	bool failed = t->failed || t->out.failed;
	size_t n = t->out.n, written = 0;
	if (!failed && n) {
		errno = 0;
		written = fwrite(t->out.p, 1, n, t->context->out);
	}
	int sys = errno;
	str_reset(&t->out);
	t->failed = false;
	if (failed)
		return err_set(err, ERR_NOMEM, "no memory for a part of the report");
	if (written != n)
		return err_sys(err, sys, "cannot write the report");
	return 0;
}

static int begin(void *self, const struct report *report, struct err *err)
{
	struct terminal *t = self;
	if (!t->context->quiet)
		terminal_inputs(t, report);
	return flush(t, err);
}

static int packet(void *self, const struct packet_line *line, struct err *err)
{
	terminal_packet(self, line);
	return flush(self, err);
}

static int dossier(void *self, const struct packet_line *line, const struct considered *considered,
	size_t n, struct err *err)
{
	terminal_dossier(self, line, considered, n);
	return flush(self, err);
}

static int finding(void *self, const struct finding *f, struct err *err)
{
	terminal_finding(self, f);
	return flush(self, err);
}

static int summary(void *self, const struct report *report, struct err *err)
{
	terminal_summary(self, report);
	return flush(self, err);
}

static int end(void *self, struct err *err)
{
	struct terminal *t = self;
	if (fflush(t->context->out) != 0 || ferror(t->context->out))
		return err_sys(err, errno, "cannot write the report");
	return 0;
}

const struct sink_ops output_terminal = {
	.name = "terminal",
	.open = open_terminal,
	.begin = begin,
	.packet = packet,
	.dossier = dossier,
	.finding = finding,
	.summary = summary,
	.end = end,
	.close = close_terminal,
};
