/* SPDX-License-Identifier: Apache-2.0 */
/* One <Event> of a trace in XML, from its text to names and values. Private to the reader. */
#ifndef WHOSENT_EVIDENCE_XML_EVENT_H
#define WHOSENT_EVIDENCE_XML_EVENT_H

#include "base/err.h"
#include "evidence/trace/dump_event.h"

struct xml_event;

/* What an event says, borrowed until the next call. Absent spans are empty. */
struct xml_said {
	struct span time;    /* TimeCreated's SystemTime */
	struct span payload; /* hexadecimal, of an event that the tool could not decode */
	struct dump_event event;
};

int xml_event_new(struct xml_event **ret, struct err *err);
void xml_event_free(struct xml_event *x); /* accepts NULL */

/* `text` is all from "<Event" to "</Event>". -1: ERR_MALFORMED with a message, ERR_NOMEM. */
int xml_event_read(struct xml_event *x, struct span text, struct xml_said *ret, struct err *err);

#endif
