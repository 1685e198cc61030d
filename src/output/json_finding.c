/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of findings. */
#include <stdio.h>

#include "output/json.h"
#include "output/words.h"

static void add_numbers(
	struct json *j, const char *key, const struct number_pattern *n, uint64_t packets)
{
	if (n->kind == NUMBER_UNKNOWN)
		return;
	json_key_object(j, key);
	json_key_text(j, "kind", number_kind_name(n->kind));
	if (n->kind == NUMBER_CONSTANT) {
		json_key_u64(j, "value", n->min);
	} else if (n->kind == NUMBER_SET) {
		json_key_array(j, "values");
		for (uint8_t i = 0; i < n->n_values && i < PATTERN_SET; i++)
			json_u64(j, n->values[i]);
		json_end(j);
	} else {
		json_key_u64(j, "min", n->min);
		json_key_u64(j, "max", n->max);
	}
	if (n->known < packets)
		json_key_u64(j, "known", n->known);
	json_end(j);
}

static void add_payload(struct json *j, const struct pattern *p)
{
	char hex[2 * DIGEST_PREFIX_BYTES + 1] = "";
	if (p->payload == PAYLOAD_UNKNOWN)
		return;
	json_key_object(j, "payload");
	json_key_text(j, "kind", payload_kind_name(p->payload));
	if (p->payload != PAYLOAD_VARIED) {
		for (size_t i = 0; i < p->payload_prefix_n && i < DIGEST_PREFIX_BYTES; i++)
			snprintf(hex + 2 * i, 3, "%02x", p->payload_prefix[i]);
		if (hex[0])
			json_key_text(j, "prefix", hex);
	}
	json_end(j);
}

static void add_interval(struct json *j, const struct pattern *p)
{
	if (p->interval == INTERVAL_UNKNOWN)
		return;
	json_key_object(j, "interval");
	json_key_text(j, "kind", interval_kind_name(p->interval));
	if (p->interval == INTERVAL_PERIODIC)
		json_key_i64(j, "period_ns", p->period_ns);
	json_end(j);
}

static void add_flag(struct json *j, const char *key, bool on)
{
	if (!on)
		return;
	json_key(j, key);
	json_bool(j, true);
}

static void add_pattern(struct json *j, const struct pattern *p)
{
	json_key_object(j, "pattern");
	json_key_transport(j, p->transport);
	if (p->has_icmp) {
		json_key_object(j, "icmp");
		json_key_u64(j, "type", p->icmp_type);
		json_key_u64(j, "code", p->icmp_code);
		json_end(j);
	}
	add_numbers(j, "payload_bytes", &p->payload_bytes, p->packets);
	add_payload(j, p);
	add_numbers(j, "source_port", &p->source_port, p->packets);
	add_numbers(j, "destination_port", &p->destination_port, p->packets);
	add_flag(j, "one_socket_each", p->one_socket_each);
	json_key_u64(j, "peers", p->peers);
	add_flag(j, "peers_estimated", p->peers_estimated);
	add_interval(j, p);
	if (pattern_counts_answers(p))
		json_key_u64(j, "answered", p->answered);
	json_end(j);
}

static void add_rule(struct json *j, const struct explanation *e)
{
	json_key_object(j, "rule");
	json_key_text(j, "id", e->id);
	json_key_text(j, "title", e->title);
	json_key_text(j, "strength", strength_name(e->strength));
	if (e->agreement != AGREEMENT_UNKNOWN)
		json_key_text(j, "agreement", e->agreement == AGREEMENT_YES ? "yes" : "no");
	if (e->expected)
		json_key_text(j, "expected", e->expected);
	add_flag(j, "by_port_only", e->by_port_only);
	json_key_text(j, "why", e->why);
	json_key_text(j, "confirm", e->confirm);
	json_key_text(j, "stop", e->stop);
	json_key_array(j, "references");
	for (size_t i = 0; i < e->n_references; i++)
		json_text(j, e->references[i]);
	json_end(j);
	json_end(j);
}

static void add_candidates(struct json *j, const struct sink_context *c, const struct finding *f)
{
	if (f->n_candidates == 0)
		return;
	json_key_array(j, "candidates");
	for (size_t i = 0; i < f->n_candidates && i < FINDING_CANDIDATES; i++) {
		json_object(j);
		json_key(j, "process");
		json_process(j, c, f->candidates[i].process, 0);
		json_key_text(j, "because", f->candidates[i].because);
		json_end(j);
	}
	json_end(j);
}

static void add_proofs(struct json *j, const struct sink_context *c, const struct finding *f)
{
	if (f->n_proofs == 0)
		return;
	json_key_array(j, "proofs");
	for (size_t i = 0; i < f->n_proofs && i < FINDING_PROOFS; i++) {
		const struct proof *p = &f->proofs[i];
		json_object(j);
		json_key_frame(j, c, p->input, p->number);
		json_key_text(j, "grade", grade_name((enum grade)p->grade));
		if (p->grade >= GRADE_PORTS)
			json_key_evidence(j, "evidence", c,
				(struct evidence[]){ p->evidence, p->router },
				p->translated ? 2 : 1);
		json_end(j);
	}
	json_end(j);
}

static void add_lifetime(struct json *j, const struct lifetime *life)
{
	if (!life->known)
		return;
	json_key_object(j, "lifetime");
	json_key(j, "p_value");
	json_double(j, life->p_value);
	json_key_u64(j, "before", life->before);
	json_key(j, "before_seconds");
	json_double(j, (double)life->before_ns / (double)STAMP_NS_PER_S);
	json_key(j, "after_seconds");
	json_double(j, (double)life->after_ns / (double)STAMP_NS_PER_S);
	json_key_u64(j, "stops", life->stops);
	json_key_time(j, "stopped", life->stopped);
	json_end(j);
}

void json_finding(struct json *j, const struct sink_context *c, const struct finding *f)
{
	const struct pattern *p = &f->pattern;
	const char *direction = direction_name(p->direction);
	json_object(j);
	json_begin_line(j, "finding");
	json_key_object(j, "whosent");
	json_key_u64(j, "finding", f->number);
	json_key_text(j, "title", f->title);
	if (direction)
		json_key_text(j, "direction", direction);
	if (f->process == PROCESS_NONE && f->reason != REASON_NONE)
		json_key_text(j, "reason", reason_name(f->reason));
	json_key_u64(j, "packets", p->packets);
	if (p->has_bytes)
		json_key_u64(j, "bytes", p->bytes);
	if (p->has_time) {
		json_key_time(j, "first", p->first);
		json_key_time(j, "last", p->last);
	}
	add_pattern(j, p);
	json_counts(j, f->grades, f->reasons);
	add_lifetime(j, &f->lifetime);
	add_proofs(j, c, f);
	if (f->has_explanation)
		add_rule(j, &f->explanation);
	add_candidates(j, c, f);
	json_end(j);
	if (f->process != PROCESS_NONE) {
		json_key(j, "process");
		json_process(j, c, f->process, f->service);
	}
	json_end(j);
}
