/* SPDX-License-Identifier: Apache-2.0 */
/* Comments of annotated captures: see pcapng_comment.h. */
#include "output/pcapng_comment.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "output/escape.h"
#include "output/words.h"

/* A value that a blank would end stands in quotes. Quotes and backslashes get a backslash, what is
 * invisible is escaped, so that a comment is one line and each of its words can be told. */
static void add_value(struct str *s, const char *value)
{
	bool quoted = value[0] == '\0' || strcmp(value, "-") == 0 || strpbrk(value, " \"\\=");
	struct span rest = span_text(value);
	str_text(s, quoted ? "\"" : "");
	while (rest.n) {
		uint32_t c;
		size_t n = text_utf8(rest, &c);
		if (c == '"' || c == '\\')
			str_char(s, '\\');
		escape_span(s, span_of(rest.p, n));
		rest = span_of(rest.p + n, rest.n - n);
	}
	str_text(s, quoted ? "\"" : "");
}

void pcapng_comment_process(struct str *s, const struct process *process, enum grade grade)
{
	str_text(s, "process: ");
	if (process->image)
		add_value(s, process->image);
	else
		str_char(s, '-');
	str_printf(s, " pid=%" PRIu32 " grade=%s", process->pid, grade_name(grade));
}

void pcapng_comment_side(struct str *s, const struct sink_context *context,
	const struct packet_line *line, enum side side, enum side meant)
{
	const struct claim *claim = &line->sides[side];
	const struct process *process = context_process(context, claim->process);
	if (!process)
		return;
	pcapng_comment_process(s, process, (enum grade)claim->grade);
	const char *services = process_services(process, claim->service);
	const char *host = context_host(context, process);
	if (services && services[0]) {
		str_text(s, " services=");
		add_value(s, services);
	}
	if (host) {
		str_text(s, " host=");
		add_value(s, host);
	}
	bool both = line->sides[SIDE_SENDER].grade != GRADE_NONE &&
		line->sides[SIDE_RECEIVER].grade != GRADE_NONE;
	if (both ? side == SIDE_RECEIVER : side != meant)
		str_text(s, side == SIDE_RECEIVER ? " side=receiver" : " side=sender");
}

void pcapng_comment_reason(struct str *s, const struct packet_line *line)
{
	const struct claim *sides = line->sides;
	bool receiver = sides[SIDE_SENDER].reason == REASON_OTHER_HOST;
	const struct claim *claim = &sides[receiver ? SIDE_RECEIVER : SIDE_SENDER];
	str_printf(s, "process: - reason=%s", reason_name((enum reason)claim->reason));
}

static bool contains(struct span text, const char *what)
{
	return text.p && memmem(text.p, text.n, what, strlen(what)) != NULL;
}

bool pcapng_comment_is_ours(struct span comment, bool *ret_named)
{
	*ret_named = contains(comment, " pid=") && contains(comment, " grade=");
	return text_starts(comment, "process: ") &&
		(*ret_named || text_starts(comment, "process: - reason="));
}
