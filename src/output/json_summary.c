/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of the summary: inputs, clocks and counts. */
#include "output/json.h"

static void add_input(struct json *j, const struct input_report *in)
{
	json_object(j);
	json_key_text(j, "file", in->file);
	if (in->format)
		json_key_text(j, "kind", in->format->name);
	json_key_u64(j, "records", in->tally.records);
	json_key_u64(j, "damaged", in->tally.damaged);
	json_key_u64(j, "lost", in->tally.lost);
	json_key_u64(j, "skipped", in->tally.skipped);
	if (in->format)
		json_key_text(j, "zone", in->format->zone_stated ? "utc" : "unknown");
	if (in->unused_roster) {
		json_key(j, "unused");
		json_bool(j, true);
	}
	json_end(j);
}

static void add_clock(struct json *j, const struct input_report *in)
{
	const struct clock_report *clock = &in->clock;
	json_object(j);
	json_key_text(j, "file", in->file);
	json_key_text(j, "state", clock_state_name(clock->state));
	json_key_u64(j, "pairs", clock->pairs);
	/* A clock that could not be aligned has no offset: 0 would be one. */
	if (clock->state != CLOCK_NONE) {
		json_key_i64(j, "offset_ns", clock->offset_ns);
		json_key_i64(j, "error_ns", clock->error_ns);
		json_key_i64(j, "zone_minutes", clock->zone_minutes);
		json_key(j, "drift_ppm");
		json_double(j, clock->drift_ppm);
		json_key_u64(j, "steps", clock->steps);
	}
	json_end(j);
}

static void add_inputs(struct json *j, const struct report *r)
{
	json_key_array(j, "inputs");
	for (size_t i = 0; i < r->n_inputs; i++)
		add_input(j, &r->inputs[i]);
	json_end(j);
	json_key_array(j, "clocks");
	for (size_t i = 0; i < r->n_inputs; i++)
		if (r->inputs[i].has_clock)
			add_clock(j, &r->inputs[i]);
	json_end(j);
}

static void add_mappings(struct json *j, const struct report *r)
{
	char buf[ADDR_TEXT_BYTES];
	if (r->n_mappings == 0)
		return;
	json_key_array(j, "mappings");
	for (size_t i = 0; i < r->n_mappings; i++) {
		const struct mapping *m = &r->mappings[i];
		json_object(j);
		json_key_text(j, "trace", addr_format(&m->trace, buf));
		json_key_text(j, "capture", addr_format(&m->captured, buf));
		json_key_text(j, "file", r->inputs[m->capture].file);
		json_key_u64(j, "packets", m->packets);
		json_end(j);
	}
	json_end(j);
}

void json_summary(struct json *j, const struct report *r)
{
	json_object(j);
	json_begin_line(j, "summary");
	json_key_object(j, "whosent");
	add_inputs(j, r);
	/* Where no input has packets, events stand for them. */
	if (r->only_events)
		json_key_text(j, "unit", "event");
	json_key_u64(j, "packets", r->packets);
	if (r->copies)
		json_key_u64(j, "copies", r->copies);
	json_counts(j, r->grades, r->reasons);
	json_key_object(j, "lost");
	json_key_u64(j, "events", r->lost_events);
	json_key_u64(j, "packets", r->lost_packets);
	json_end(j);
	json_key_u64(j, "evicted", r->evicted);
	add_mappings(j, r);
	if (r->filter)
		json_key_text(j, "filter", r->filter);
	if (r->interrupted) {
		json_key(j, "interrupted");
		json_bool(j, true);
	}
	json_end(j);
	json_end(j);
}
