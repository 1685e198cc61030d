/* SPDX-License-Identifier: Apache-2.0 */
/* One <Event> of a trace in XML: see xml_event.h. Each event is a document of its own for expat, so
 * there is no DTD, no entity but those of XML itself, and damage ends with the event. */
#include "evidence/trace/xml_event.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/text.h"

/* Parts of an event that are read. Names of elements repeat in them with other meanings. */
enum part { PART_NONE, PART_SYSTEM, PART_DATA, PART_RENDERING, PART_TRACING, PART_ERROR };

static const struct {
	const char *name;
	enum part part;
} parts[] = {
	{ "System", PART_SYSTEM },
	{ "EventData", PART_DATA },
	{ "RenderingInfo", PART_RENDERING },
	{ "ExtendedTracingInfo", PART_TRACING },
	{ "ProcessingErrorData", PART_ERROR },
	{ "DebugData", PART_ERROR },
};

/* What is kept beside the event's own data. */
enum said {
	SAID_ID,
	SAID_VERSION,
	SAID_OPCODE,
	SAID_CLASS,
	SAID_GUID,
	SAID_PAYLOAD,
	SAID_PROVIDER,
	SAID_PROVIDER_GUID,
	SAID_TIME,
	SAID_FIELDS
};

static const struct {
	enum part part;
	const char *name;
	enum said said;
} leaves[] = {
	{ PART_SYSTEM, "EventID", SAID_ID },
	{ PART_SYSTEM, "Version", SAID_VERSION },
	{ PART_SYSTEM, "Opcode", SAID_OPCODE },
	{ PART_RENDERING, "EventName", SAID_CLASS },
	{ PART_TRACING, "EventGuid", SAID_GUID },
	{ PART_ERROR, "EventPayload", SAID_PAYLOAD },
	{ PART_ERROR, "BinaryEventData", SAID_PAYLOAD },
};

struct place {
	size_t at, n;
};

struct xml_event {
	XML_Parser parser;
	struct str text; /* all names and values */
	enum part part;
	unsigned depth;      /* of the open element; 1 is Event */
	struct place *into;  /* the value that text goes to, or NULL */
	unsigned into_depth; /* of its element */
	struct place said[SAID_FIELDS];
	size_t n;
	struct place names[FIELDS_MAX], values[FIELDS_MAX];
};

static void keep(struct xml_event *x, const char *text, struct place *ret)
{
	*ret = (struct place){ x->text.n, strlen(text) };
	str_text(&x->text, text);
}

static const char *attribute(const char *const *attributes, const char *name)
{
	for (; attributes[0]; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return "";
}

static void open_value(struct xml_event *x, struct place *value)
{
	*value = (struct place){ x->text.n, 0 };
	x->into = value;
	x->into_depth = x->depth;
}

static void open_in_system(struct xml_event *x, const char *name, const char *const *attributes)
{
	if (strcmp(name, "TimeCreated") == 0)
		keep(x, attribute(attributes, "SystemTime"), &x->said[SAID_TIME]);
	if (strcmp(name, "Provider") != 0)
		return;
	keep(x, attribute(attributes, "Name"), &x->said[SAID_PROVIDER]);
	keep(x, attribute(attributes, "Guid"), &x->said[SAID_PROVIDER_GUID]);
}

/* An element straight below one of the parts. */
static void open_leaf(struct xml_event *x, const char *name, const char *const *attributes)
{
	if (x->part == PART_SYSTEM)
		open_in_system(x, name, attributes);
	if (x->part == PART_DATA && strcmp(name, "Data") == 0 && x->n < FIELDS_MAX) {
		keep(x, attribute(attributes, "Name"), &x->names[x->n]);
		open_value(x, &x->values[x->n++]);
	}
	for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++)
		if (leaves[i].part == x->part && strcmp(leaves[i].name, name) == 0)
			open_value(x, &x->said[leaves[i].said]);
}

static void XMLCALL on_open(void *data, const char *name, const char **attributes)
{
	struct xml_event *x = data;
	x->depth++;
	if (x->depth == 2) {
		x->part = PART_NONE;
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
			if (strcmp(parts[i].name, name) == 0)
				x->part = parts[i].part;
	}
	/* Older tools put BinaryEventData straight below Event. */
	if (x->depth == 2 && strcmp(name, "BinaryEventData") == 0)
		open_value(x, &x->said[SAID_PAYLOAD]);
	if (x->depth == 3)
		open_leaf(x, name, (const char *const *)attributes);
}

static void XMLCALL on_close(void *data, const char *name)
{
	struct xml_event *x = data;
	(void)name;
	if (x->into && x->depth == x->into_depth)
		x->into = NULL;
	x->depth--;
}

static void XMLCALL on_text(void *data, const char *text, int n)
{
	struct xml_event *x = data;
	if (!x->into || n <= 0 || x->depth != x->into_depth)
		return;
	str_add(&x->text, span_of(text, (size_t)n));
	x->into->n += (size_t)n;
}

void xml_event_free(struct xml_event *x)
{
	if (!x)
		return;
	if (x->parser)
		XML_ParserFree(x->parser);
	str_done(&x->text);
	free(x);
}

int xml_event_new(struct xml_event **ret, struct err *err)
{
	struct xml_event *x = calloc(1, sizeof *x);
	if (!x)
		return err_nomem(err);
	/* Names and values are no more than the event's own text. */
	str_init(&x->text, LIMIT_XML_EVENT_BYTES);
	x->parser = XML_ParserCreate("UTF-8");
	if (!x->parser) {
		xml_event_free(x);
		return err_nomem(err);
	}
	*ret = x;
	return 0;
}

/* Trimmed, also of line feeds, which text_trim leaves. */
static struct span span_at(const struct xml_event *x, struct place p)
{
	struct span s = text_trim(span_of(str_get(&x->text) + p.at, p.n));
	while (s.n && (s.p[0] == '\n' || s.p[s.n - 1] == '\n'))
		s = text_trim(span_of(s.p + (s.p[0] == '\n'), s.n - 1));
	return s;
}

static bool number(const struct xml_event *x, enum said said, unsigned *ret)
{
	uint32_t v = 0;
	struct span s = span_at(x, x->said[said]);
	if (s.n && !text_u32(s, UINT16_MAX, &v))
		return false;
	*ret = v;
	return true;
}

/* The provider of all kernel classes, MSNT_SystemTrace. */
#define KERNEL "{9e814aad-3204-11d2-9a82-006008a86939}"

/* Events of the kernel bear the class's GUID and no id, those of a manifest the provider's. */
static enum dump_class class_of(const struct xml_event *x, bool manifest)
{
	struct span provider = span_at(x, x->said[SAID_PROVIDER_GUID]);
	struct span guid = manifest ? provider : span_at(x, x->said[SAID_GUID]);
	enum dump_class class = dump_class_of_guid(guid);
	/* A name alone counts where no GUID is stated: anyone may call an event "Process". */
	if (guid.n == 0 && (manifest || provider.n == 0 || text_equal_nocase(provider, KERNEL)))
		class = dump_class_of_name(
			span_at(x, x->said[manifest ? SAID_PROVIDER : SAID_CLASS]));
	return (class >= DUMP_KERNEL_NETWORK) == manifest ? class : DUMP_OTHER;
}

static int take(const struct xml_event *x, struct xml_said *ret, struct err *err)
{
	unsigned id, opcode;
	struct dump_event *e = &ret->event;
	if (!number(x, SAID_ID, &id) || !number(x, SAID_VERSION, &e->version) ||
		!number(x, SAID_OPCODE, &opcode))
		return err_set(
			err, ERR_MALFORMED, "EventID, Version or Opcode is no number of 16 bits");
	e->class = class_of(x, id != 0);
	e->what = id ? id : opcode;
	e->fields.n = 0;
	for (size_t i = 0; i < x->n; i++)
		fields_add(&e->fields, span_at(x, x->names[i]), span_at(x, x->values[i]), false);
	ret->time = span_at(x, x->said[SAID_TIME]);
	ret->payload = span_at(x, x->said[SAID_PAYLOAD]);
	return 0;
}

static void begin(struct xml_event *x)
{
	str_reset(&x->text);
	x->part = PART_NONE;
	x->depth = 0;
	x->into = NULL;
	x->n = 0;
	memset(x->said, 0, sizeof x->said);
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_open, on_close);
	XML_SetCharacterDataHandler(x->parser, on_text);
}

int xml_event_read(struct xml_event *x, struct span text, struct xml_said *ret, struct err *err)
{
	if (!XML_ParserReset(x->parser, "UTF-8"))
		return err_nomem(err);
	begin(x);
	if (XML_Parse(x->parser, (const char *)text.p, (int)text.n, 1) != XML_STATUS_OK) {
		enum XML_Error why = XML_GetErrorCode(x->parser);
		if (why == XML_ERROR_NO_MEMORY)
			return err_nomem(err);
		return err_set(err, ERR_MALFORMED, "the event is no XML: %s", XML_ErrorString(why));
	}
	return x->text.failed ? err_nomem(err) : take(x, ret, err);
}
