/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a Windows process table: see tasklist_row.h and doc/tasklist.md. */
#include "evidence/table/tasklist_row.h"

#include "base/text.h"
#include "evidence/csv.h"

/* Columns of the tables; /SVC and /M have three, plain ones five, /V nine. */
enum { COL_IMAGE, COL_PID, COL_THIRD, COL_SESSION, COL_MEMORY };
enum { COLUMNS_LIST = 3, COLUMNS_PLAIN = 5 };

bool shape_of(struct span line, struct table_shape *ret)
{
	struct table_shape shape = { 0 };
	size_t at = 0;
	while (line.n && line.p[line.n - 1] == ' ')
		line.n--;
	while (at < line.n) {
		size_t from = at;
		while (at < line.n && line.p[at] == '=')
			at++;
		if (at == from || shape.n == SHAPE_COLUMNS)
			return false;
		shape.start[shape.n] = from;
		shape.width[shape.n++] = at - from;
		if (at < line.n && line.p[at++] != ' ')
			return false;
	}
	if (shape.n < 2)
		return false;
	*ret = shape;
	return true;
}

/* Characters before byte n; bytes where `utf8` is false. */
static size_t units(struct span s, bool utf8)
{
	size_t count = 0;
	uint32_t c;
	if (!utf8)
		return s.n;
	while (s.n) {
		size_t k = text_utf8(s, &c);
		s = span_of(s.p + k, s.n - k);
		count++;
	}
	return count;
}

/* Passes n characters; SIZE_MAX where the line is shorter. */
static size_t byte_at(struct span line, size_t n, bool utf8)
{
	size_t at = 0;
	uint32_t c;
	if (!utf8)
		return n <= line.n ? n : SIZE_MAX;
	while (n--) {
		if (at == line.n)
			return SIZE_MAX;
		at += text_utf8(span_of(line.p + at, line.n - at), &c);
	}
	return at;
}

/* The text of a column, untrimmed; shorter or empty where the line ends. */
static struct span column(const struct table_shape *shape, size_t col, struct span line, bool utf8)
{
	size_t from = byte_at(line, shape->start[col], utf8);
	if (from == SIZE_MAX)
		return (struct span){ 0 };
	struct span rest = span_of(line.p + from, line.n - from);
	size_t n = byte_at(rest, shape->width[col], utf8);
	return n == SIZE_MAX ? rest : span_of(rest.p, n);
}

static bool is_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

static bool all_digits(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

static bool is_unit(struct span s)
{
	return text_equal_nocase(s, "K") || text_equal_nocase(s, "KB") ||
		text_equal_nocase(s, "Ko");
}

/* Cuts off and returns the last word. */
static struct span last_word(struct span *rest)
{
	while (rest->n && (rest->p[rest->n - 1] == ' ' || rest->p[rest->n - 1] == '\t'))
		rest->n--;
	if (rest->n == 0)
		return (struct span){ 0 };
	size_t from = rest->n;
	while (from && rest->p[from - 1] != ' ' && rest->p[from - 1] != '\t')
		from--;
	struct span word = span_of(rest->p + from, rest->n - from);
	rest->n = from;
	return word;
}

bool has_number(struct span line)
{
	struct span word;
	while ((word = text_word(&line)).n)
		if (all_digits(word))
			return true;
	return false;
}

/* A full column may have cut the name; so may one that lacks one character, where the cut fell
 * behind a blank. Wrong for a whole name of exactly that length: it is then said to go on. */
static bool fills(struct span image, size_t width, bool utf8)
{
	size_t n = units(image, utf8);
	return n >= width || (n + 1 == width && !memchr(image.p, '.', image.n));
}

/* The columns in bytes (code pages, where a wide character is two bytes in two columns) or in
 * UTF-8 characters. Read by the wrong one, a row is shifted: the PID's digits then touch the edge
 * of its window or leave it, and such a row is refused rather than read without its first digit.
 * Numbers stand at the right edge of their column, which also keeps rows out that have lost their
 * padding and whose memory column happens to lie in the window. */
static bool columns_fit(
	const struct table_shape *shape, struct span line, bool whole, bool utf8, struct span *ret)
{
	size_t from = byte_at(line, shape->start[COL_PID], utf8);
	struct span pid = column(shape, COL_PID, line, utf8);
	if (from == SIZE_MAX || from == 0 || line.p[from - 1] != ' ' || line.p[0] == ' ' ||
		units(pid, utf8) < shape->width[COL_PID] || !is_digit(pid.p[pid.n - 1]))
		return false;
	size_t end = from + pid.n;
	if (end == line.n ? !whole : line.p[end] != ' ')
		return false;
	if (shape->n < COLUMNS_PLAIN) {
		*ret = pid;
		return true;
	}
	struct span memory = column(shape, COL_MEMORY, line, utf8);
	if (!all_digits(text_trim(column(shape, COL_SESSION, line, utf8))) ||
		(!whole && !is_unit(last_word(&memory))))
		return false;
	*ret = pid;
	return true;
}

bool row_by_columns(
	const struct table_shape *shape, struct span line, bool whole, struct table_row *ret)
{
	struct table_row row = { 0 };
	struct span pid = { 0 };
	bool utf8 = false;
	if (!columns_fit(shape, line, whole, utf8, &pid)) {
		utf8 = true;
		if (!columns_fit(shape, line, whole, utf8, &pid))
			return false;
	}
	row.image = text_trim(column(shape, COL_IMAGE, line, utf8));
	if (row.image.n == 0 || !text_u32(text_trim(pid), UINT32_MAX, &row.pid))
		return false;
	row.image_cut = fills(row.image, shape->width[COL_IMAGE], utf8);
	row.has_list = shape->n == COLUMNS_LIST;
	if (row.has_list) {
		size_t from = byte_at(line, shape->start[COL_THIRD], utf8);
		if (from != SIZE_MAX)
			row.list = text_trim(span_of(line.p + from, line.n - from));
	}
	*ret = row;
	return true;
}

#define IMAGE_WIDTH 25 /* on every Windows that has tasklist */

/* From the right: unit, memory, session, session's name, PID; what is left is the image, which may
 * have blanks. The session's name must not be a number: where it is missing, a number in the image
 * would pass for the PID. Wrong for a session whose name is a number: its row is refused. */
bool row_by_words(struct span line, bool whole, struct table_row *ret)
{
	struct span rest = text_trim(line);
	if (!whole && (line.n == 0 || rest.n == 0 || rest.p + rest.n != line.p + line.n))
		return false;
	if (!is_unit(last_word(&rest)))
		return false;
	struct span memory = last_word(&rest), session = last_word(&rest);
	struct span name = last_word(&rest), pid = last_word(&rest);
	struct table_row row = { .image = text_trim(rest) };
	if (memory.n == 0 || !is_digit(memory.p[0]) || !is_digit(memory.p[memory.n - 1]) ||
		!all_digits(session) || name.n == 0 || all_digits(name) ||
		!text_u32(pid, UINT32_MAX, &row.pid) || row.image.n == 0)
		return false;
	row.image_cut = fills(row.image, IMAGE_WIDTH, true);
	*ret = row;
	return true;
}

/* The PID is the only number; with two, the image or the list has one, and the row is refused.
 * Without its line feed the row is refused altogether: of the image "Setup 12 it.exe" a cut would
 * leave a process Setup with PID 12. */
bool row_with_list(struct span line, bool whole, struct table_row *ret)
{
	struct span all = text_trim(line), rest = all, word, pid = { 0 };
	struct table_row row = { .has_list = true };
	if (!whole)
		return false;
	while ((word = text_word(&rest)).n) {
		if (!all_digits(word))
			continue;
		if (pid.n || word.p == all.p)
			return false;
		pid = word;
	}
	if (!text_u32(pid, UINT32_MAX, &row.pid))
		return false;
	row.image = text_trim(span_of(all.p, (size_t)(pid.p - all.p)));
	row.list = text_trim(span_of(pid.p + pid.n, all.n - (size_t)(pid.p + pid.n - all.p)));
	/* Every row says "N/A" at least; without that the line may have been broken inside the PID.
	 */
	if (row.list.n == 0)
		return false;
	row.image_cut = fills(row.image, IMAGE_WIDTH, true);
	*ret = row;
	return true;
}

static bool quoted_cells(struct span line, struct csv_row *ret)
{
	if (!csv_split(line, ret) ||
		(ret->n != COLUMNS_LIST && ret->n != COLUMNS_PLAIN && ret->n != SHAPE_COLUMNS))
		return false;
	for (size_t i = 0; i < ret->n; i++)
		if (!ret->cells[i].quoted || !ret->cells[i].whole)
			return false;
	return true;
}

bool titles_of_csv(struct span line)
{
	struct csv_row row;
	return quoted_cells(line, &row) && text_equal(row.cells[COL_PID].text, "PID");
}

/* A row that ends in a closed quote is complete, line feed or not, unless columns are missing;
 * their number is one of the three tables', and a cut one has an open quote or a bare comma. A cut
 * between columns could leave a plain row (5) of a /V table (9): image and PID are good then. */
bool row_of_csv(struct span line, bool whole, struct table_row *ret)
{
	struct csv_row cells;
	struct table_row row = { 0 };
	if (!quoted_cells(line, &cells) ||
		!text_u32(cells.cells[COL_PID].text, UINT32_MAX, &row.pid) ||
		cells.cells[COL_IMAGE].text.n == 0)
		return false;
	row.image = cells.cells[COL_IMAGE].text;
	/* Of a plain row, a cut leaves three columns whose third is the session's name. */
	row.has_list = cells.n == COLUMNS_LIST && whole;
	if (row.has_list)
		row.list = cells.cells[COL_THIRD].text;
	*ret = row;
	return true;
}
