/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of a packet list: see packet_columns.h. */
#include "evidence/capture/packet_columns.h"

#include <string.h>

#include "base/text.h"
#include "evidence/capture/packet_info.h"

static bool is_left_arrow(struct span word)
{
	return text_equal(word, "\xe2\x86\x90");
}

bool packet_is_arp(struct span word)
{
	return text_equal(word, "ARP") || text_equal(word, "RARP");
}

static enum packet_column kind_of(struct span name)
{
	static const struct {
		const char *name;
		enum packet_column kind;
	} names[] = { { "No.", COLUMN_NUMBER }, { "Time", COLUMN_TIME },
		{ "Source", COLUMN_SOURCE }, { "Destination", COLUMN_DESTINATION },
		{ "Protocol", COLUMN_PROTOCOL }, { "Length", COLUMN_LENGTH },
		{ "Info", COLUMN_INFO } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (text_equal_nocase(name, names[i].name))
			return names[i].kind;
	return COLUMN_OTHER;
}

static bool is_csv(struct span line)
{
	struct span first = text_split(&line, ',');
	uint64_t number;
	return (first.n && first.p[0] == '"') ||
		(line.p && (text_u64(text_trim(first), &number) || text_equal(first, "No.")));
}

static enum packet_shape shape_of(struct span line)
{
	size_t tabs = 0;
	line = text_trim(line);
	for (size_t i = 0; i < line.n; i++)
		tabs += line.p[i] == '\t';
	if (is_csv(line))
		return SHAPE_CSV;
	/* One tab may stand in Info; five make the least number of columns. */
	return tabs >= 4 ? SHAPE_TABS : SHAPE_WORDS;
}

/* Splits at tabs into cells. What stands behind CSV_CELLS of them is left out, as in csv_split. */
static void split_tabs(struct span line, struct csv_row *ret)
{
	ret->n = 0;
	while (line.p && ret->n < CSV_CELLS) {
		struct span text = text_trim(text_split(&line, '\t'));
		ret->cells[ret->n++] = (struct csv_cell){ .text = text, .whole = line.p != NULL };
	}
}

static bool split(struct span line, enum packet_shape shape, struct csv_row *ret)
{
	if (shape == SHAPE_CSV)
		return csv_split(line, ret);
	split_tabs(line, ret);
	return true;
}

static bool split_names(struct span line, enum packet_shape shape, struct csv_row *ret)
{
	if (shape != SHAPE_WORDS)
		return split(line, shape, ret);
	struct span word;
	for (ret->n = 0; (word = text_word(&line)).n; ret->n++) {
		if (ret->n == COLUMN_KINDS)
			return false;
		ret->cells[ret->n] = (struct csv_cell){ .text = word };
	}
	return true;
}

bool packet_header_read(struct span line, struct packet_columns *ret)
{
	struct packet_columns out = { .shape = shape_of(line), .named = true };
	struct csv_row row;
	unsigned seen = 0;
	if (!split_names(line, out.shape, &row))
		return false;
	for (; out.n < row.n; out.n++) {
		enum packet_column kind = kind_of(row.cells[out.n].text);
		out.kinds[out.n] = (uint8_t)kind;
		/* Two columns of one name: nobody can say which is meant. Blanks do not show where
		 * a column of the user's own ends. */
		if (kind == COLUMN_OTHER ? out.shape == SHAPE_WORDS : seen >> kind & 1)
			return false;
		if (kind != COLUMN_OTHER)
			seen |= 1u << kind;
	}
	const unsigned needed = 1u << COLUMN_NUMBER | 1u << COLUMN_SOURCE |
		1u << COLUMN_DESTINATION | 1u << COLUMN_PROTOCOL | 1u << COLUMN_INFO;
	if ((seen & needed) != needed ||
		(out.shape == SHAPE_WORDS && out.kinds[out.n - 1] != COLUMN_INFO))
		return false;
	*ret = out;
	return true;
}

struct packet_columns packet_columns_usual(struct span line, bool length)
{
	static const uint8_t kinds[] = { COLUMN_NUMBER, COLUMN_TIME, COLUMN_SOURCE,
		COLUMN_DESTINATION, COLUMN_PROTOCOL, COLUMN_LENGTH, COLUMN_INFO };
	struct packet_columns out = { .shape = shape_of(line) };
	for (size_t i = 0; i < sizeof kinds; i++)
		if (length || kinds[i] != COLUMN_LENGTH)
			out.kinds[out.n++] = kinds[i];
	return out;
}

bool packet_columns_have(const struct packet_columns *columns, enum packet_column kind)
{
	return memchr(columns->kinds, kind, columns->n) != NULL;
}

bool packet_line_is_gap(struct span line)
{
	line = text_trim(line);
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] != '.')
			return false;
	return line.n != 1 && line.n != 2;
}

/* A date ("2010-01-14" or "2010/014") has its time of day behind a blank, and so have hours and
 * minutes ("1h  2m  0.500000s") what follows them. */
static bool time_goes_on(struct span last)
{
	bool civil = last.n == 10 && last.p[4] == '-';
	bool day_of_year = last.n == 8 && last.p[4] == '/';
	uint64_t number;
	bool unit = last.n > 1 && (last.p[last.n - 1] == 'h' || last.p[last.n - 1] == 'm') &&
		text_u64(span_of(last.p, last.n - 1), &number);
	return civil || day_of_year || unit;
}

static struct span time_words(struct span *line)
{
	struct span first = text_word(line), last = first;
	for (int more = 0; more < 2 && time_goes_on(last); more++) {
		struct span word = text_word(line);
		if (word.n)
			last = word;
	}
	return first.n ? span_of(first.p, (size_t)(last.p + last.n - first.p)) : first;
}

/* Some names have several words ("MS NLB"); a length behind them shows where they end. Wrong where
 * a word of the user's own column stands there: then the name is none that is known. */
static struct span protocol_words(struct span *line, bool length)
{
	struct span first = text_word(line), last = first;
	for (int more = 0; length && more < 2; more++) {
		struct span ahead = *line, word = text_word(&ahead);
		uint64_t number;
		if (word.n == 0 || text_u64(word, &number))
			break;
		last = word;
		*line = ahead;
	}
	return first.n ? span_of(first.p, (size_t)(last.p + last.n - first.p)) : first;
}

/* tshark prints an arrow between the two addresses, which points at the destination. */
struct arrow {
	enum packet_column before; /* the address in front of it, or COLUMN_OTHER */
	bool right, left;
};

static struct span address_word(struct span *line, enum packet_column kind, struct arrow *arrow)
{
	struct span rest = *line, word = text_word(line);
	bool points = packet_arrow(word) || is_left_arrow(word);
	if (points && arrow->before == COLUMN_OTHER) {
		/* The first of the two is blank. */
		*line = rest;
		arrow->before = kind;
		return (struct span){ 0 };
	}
	if (points) {
		arrow->left = is_left_arrow(word);
		arrow->right = !arrow->left;
		rest = *line;
		word = text_word(line);
	}
	arrow->before = kind;
	if (!packet_is_arp(word))
		return word;
	*line = rest;
	return (struct span){ 0 };
}

/* Turns the addresses to where the arrow points. False where a header line says otherwise. */
static bool follow_arrow(
	const struct arrow *arrow, const struct packet_columns *columns, struct packet_cells *c)
{
	const uint8_t *source = memchr(columns->kinds, COLUMN_SOURCE, columns->n);
	const uint8_t *destination = memchr(columns->kinds, COLUMN_DESTINATION, columns->n);
	if (destination > source ? !arrow->left : !arrow->right)
		return true;
	if (columns->named)
		return false;
	struct span text = c->text[COLUMN_SOURCE];
	c->text[COLUMN_SOURCE] = c->text[COLUMN_DESTINATION];
	c->text[COLUMN_DESTINATION] = text;
	return true;
}

static enum packet_row_step read_words(struct span line, bool whole,
	const struct packet_columns *columns, struct packet_cells *ret)
{
	struct arrow arrow = { .before = COLUMN_OTHER };
	bool length = packet_columns_have(columns, COLUMN_LENGTH);
	for (size_t i = 0; i < columns->n; i++) {
		enum packet_column kind = columns->kinds[i];
		struct span *cell = &ret->text[kind];
		if (kind == COLUMN_TIME)
			*cell = time_words(&line);
		else if (kind == COLUMN_SOURCE || kind == COLUMN_DESTINATION)
			*cell = address_word(&line, kind, &arrow);
		else if (kind == COLUMN_PROTOCOL)
			*cell = protocol_words(
				&line, length && columns->kinds[i + 1] == COLUMN_LENGTH);
		else if (kind == COLUMN_INFO)
			*cell = line;
		else
			*cell = text_word(&line);
	}
	if (!follow_arrow(&arrow, columns, ret))
		return ROW_DAMAGED;
	ret->info_whole = whole;
	/* The word last read may be cut where nothing follows it. */
	return !whole && line.n == 0 ? ROW_CUT : ROW_GOOD;
}

/* Takes the arrow between the addresses out of a row of tshark's. */
static void drop_arrow(struct csv_row *row, struct arrow *ret)
{
	for (size_t i = 0; i < row->n; i++) {
		struct span text = row->cells[i].text;
		if (!packet_arrow(text) && !is_left_arrow(text))
			continue;
		ret->left = is_left_arrow(text);
		ret->right = !ret->left;
		memmove(&row->cells[i], &row->cells[i + 1], (row->n - i - 1) * sizeof *row->cells);
		row->n--;
		return;
	}
}

static enum packet_row_step read_cells(struct span line, bool whole,
	const struct packet_columns *columns, struct packet_cells *ret)
{
	struct csv_row row;
	struct arrow arrow = { 0 };
	enum packet_row_step bad = whole ? ROW_DAMAGED : ROW_CUT;
	if (!split(line, columns->shape, &row))
		return bad;
	if (columns->shape == SHAPE_TABS)
		drop_arrow(&row, &arrow);
	if (row.n != columns->n)
		return bad;
	for (size_t i = 0; i < row.n; i++) {
		enum packet_column kind = columns->kinds[i];
		bool cell_whole = whole || row.cells[i].whole;
		if (kind == COLUMN_INFO)
			ret->info_whole = cell_whole;
		else if (kind != COLUMN_OTHER && !cell_whole)
			return ROW_CUT;
		ret->text[kind] = row.cells[i].text;
	}
	return follow_arrow(&arrow, columns, ret) ? ROW_GOOD : ROW_DAMAGED;
}

enum packet_row_step packet_cells_read(struct span line, bool whole,
	const struct packet_columns *columns, struct packet_cells *ret)
{
	*ret = (struct packet_cells){ 0 };
	return columns->shape == SHAPE_WORDS ? read_words(line, whole, columns, ret)
					     : read_cells(line, whole, columns, ret);
}
