/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of packets, and the objects that packets and findings share. Keys that no input states are
 * absent. */
#include <stdio.h>

#include "base/text.h"
#include "model/owner.h"
#include "output/json.h"
#include "output/words.h"

void json_key_time(struct json *j, const char *key, struct ref_time when)
{
	char text[STAMP_TEXT_BYTES];
	stamp_format_rfc3339(when.ns, text);
	json_key_text(j, key, text);
}

static const char *file_name(const struct sink_context *c, uint32_t input)
{
	return input < c->n_inputs ? c->inputs[input].file : "?";
}

void json_key_frame(struct json *j, const struct sink_context *c, uint32_t input, uint64_t number)
{
	json_key_object(j, "frame");
	json_key_u64(j, "number", number);
	json_key_text(j, "file", file_name(c, input));
	json_end(j);
}

void json_key_evidence(struct json *j, const char *key, const struct sink_context *c,
	const struct evidence *evidence, size_t n)
{
	struct str text;
	str_init(&text, 65536);
	json_key_array(j, key);
	for (size_t i = 0; i < n; i++) {
		str_reset(&text);
		str_text(&text, file_name(c, evidence[i].input));
		str_char(&text, ':');
		str_u64(&text, evidence[i].number);
		json_text(j, str_get(&text));
		j->out->failed |= text.failed;
	}
	json_end(j);
	str_done(&text);
}

void json_key_transport(struct json *j, uint8_t transport)
{
	char number[16];
	const char *name = transport_name(transport);
	if (transport == TRANSPORT_NONE)
		return;
	snprintf(number, sizeof number, "ip-%u", transport);
	json_key_text(j, "transport", name ? name : number);
}

static void add_services(struct json *j, const char *services)
{
	struct span rest = span_text(services);
	json_key_array(j, "services");
	while (rest.p) {
		struct span name = text_trim(text_split(&rest, ','));
		if (name.n)
			json_span(j, name);
	}
	json_end(j);
}

void json_process(
	struct json *j, const struct sink_context *c, process_handle handle, uint32_t service)
{
	const struct process *p = context_process(c, handle);
	json_object(j);
	if (p) {
		const char *host = context_host(c, p);
		json_key_u64(j, "pid", p->pid);
		if (p->image && p->image[0])
			json_key_text(j, "name", p->image);
		const char *services = process_services(p, service);
		if (services && services[0])
			add_services(j, services);
		if (host)
			json_key_text(j, "host", host);
		if (p->has_parent) {
			json_key_object(j, "parent");
			json_key_u64(j, "pid", p->parent);
			json_end(j);
		}
		if (p->has_start)
			json_key_time(j, "start", p->start);
		if (p->has_end)
			json_key_time(j, "end", p->end);
	}
	json_end(j);
}

void json_counts(struct json *j, const uint64_t *grades, const uint64_t *reasons)
{
	json_key_object(j, "grades");
	for (int g = GRADE_COUNT - 1; g > GRADE_NONE; g--)
		if (grades[g])
			json_key_u64(j, grade_name((enum grade)g), grades[g]);
	json_end(j);
	json_key_object(j, "reasons");
	for (int r = REASON_NONE + 1; r < REASON_COUNT; r++)
		if (reasons[r])
			json_key_u64(j, reason_name((enum reason)r), reasons[r]);
	json_end(j);
}

static void add_network(struct json *j, const struct digest *d)
{
	const char *type = digest_has(d, DIGEST_ARP) ? "arp"
		: !digest_has(d, DIGEST_ADDRS)       ? NULL
		: d->ip_version == 6                 ? "ipv6"
						     : "ipv4";
	if (!digest_has(d, DIGEST_DECODED) && !digest_has(d, DIGEST_WIRE))
		return;
	json_key_object(j, "network");
	if (!digest_has(d, DIGEST_ARP) && digest_has(d, DIGEST_DECODED))
		json_key_transport(j, d->transport);
	if (type)
		json_key_text(j, "type", type);
	if (digest_has(d, DIGEST_WIRE))
		json_key_u64(j, "bytes", d->wire_bytes);
	json_end(j);
}

static void add_end(struct json *j, const struct sink_context *c, const struct packet_line *line,
	enum side side)
{
	const struct digest *d = line->digest;
	const struct endpoint *e = side_end(&d->flow, side);
	const struct claim *claim = &line->sides[side];
	char text[ADDR_TEXT_BYTES];
	json_key_object(j, side == SIDE_SENDER ? "source" : "destination");
	if (digest_has(d, DIGEST_ADDRS))
		json_key_text(j, "ip", addr_format(&e->addr, text));
	if (digest_has(d, DIGEST_PORTS))
		json_key_u64(j, "port", e->port);
	if (claim->grade != GRADE_NONE && claim->n_candidates == 0) {
		json_key(j, "process");
		json_process(j, c, claim->process, claim->service);
	}
	json_end(j);
}

static void add_icmp(struct json *j, const struct digest *d)
{
	if (!digest_has(d, DIGEST_ICMP))
		return;
	json_key_object(j, "icmp");
	json_key_u64(j, "type", d->icmp_type);
	json_key_u64(j, "code", d->icmp_code);
	if (digest_has(d, DIGEST_ECHO)) {
		json_key_u64(j, "id", d->icmp_id);
		json_key_u64(j, "seq", d->icmp_seq);
	}
	json_end(j);
}

static void add_candidate(
	struct json *j, const struct sink_context *c, process_handle process, const char *because)
{
	json_object(j);
	json_key(j, "process");
	json_process(j, c, process, 0);
	json_key_text(j, "because", because);
	json_end(j);
}

/* Rivals of the claim, and for a sender what the knowledge base expects. */
static void add_candidates(struct json *j, const struct sink_context *c,
	const struct packet_line *line, enum side side)
{
	const struct claim *claim = &line->sides[side];
	size_t expected = side == SIDE_SENDER ? line->n_expected : 0;
	if (claim->n_candidates == 0 && expected == 0)
		return;
	json_key_array(j, "candidates");
	for (uint8_t i = 0; i < claim->n_candidates && i < CLAIM_CANDIDATES; i++)
		add_candidate(
			j, c, claim->candidates[i], because_text((enum because)claim->because));
	for (size_t i = 0; i < expected && claim->n_candidates == 0; i++)
		add_candidate(j, c, line->expected[i].process, line->expected[i].because);
	json_end(j);
	if (claim->more_candidates) {
		json_key(j, "more_candidates");
		json_bool(j, true);
	}
}

/* A group's packet has several receivers. */
static void add_receivers(struct json *j, const struct sink_context *c, const struct claim *claim)
{
	if (claim->n_candidates == 0)
		return;
	json_key_array(j, "processes");
	json_process(j, c, claim->process, claim->service);
	for (uint8_t i = 0; i < claim->n_candidates && i < CLAIM_CANDIDATES; i++)
		json_process(j, c, claim->candidates[i], 0);
	json_end(j);
	if (claim->more_candidates) {
		json_key(j, "more_processes");
		json_bool(j, true);
	}
}

static void add_about(
	struct json *j, const struct sink_context *c, const char *key, process_handle process)
{
	if (process == PROCESS_NONE)
		return;
	json_key_object(j, key);
	json_key(j, "process");
	json_process(j, c, process, 0);
	json_end(j);
}

static void add_side(struct json *j, const struct sink_context *c, const struct packet_line *line,
	enum side side)
{
	const struct claim *claim = &line->sides[side];
	size_t n = claim->n_evidence < CLAIM_EVIDENCE ? claim->n_evidence : CLAIM_EVIDENCE;
	json_object(j);
	if (claim->grade != GRADE_NONE) {
		json_key_text(j, "grade", grade_name((enum grade)claim->grade));
		add_receivers(j, c, claim);
		if (n)
			json_key_evidence(j, "evidence", c, claim->evidence, n);
		if (claim->has_delta)
			json_key_i64(j, "clock_delta_ns", claim->clock_delta_ns);
		add_about(j, c, "on_behalf_of", claim->about);
	} else {
		const char *detail = detail_text((enum detail)claim->detail);
		json_key_text(j, "reason", reason_name((enum reason)claim->reason));
		if (detail)
			json_key_text(j, "detail", detail);
		add_about(j, c, "about", claim->about);
		add_candidates(j, c, line, side);
	}
	json_end(j);
}

static void add_outer_end(struct json *j, const struct sink_context *c,
	const struct packet_line *line, enum side side)
{
	const struct digest *d = line->digest;
	const struct endpoint *e = side_end(&d->outer, side);
	const struct outer_claim *claim = &line->outer[side];
	char text[ADDR_TEXT_BYTES];
	json_key_object(j, side == SIDE_SENDER ? "source" : "destination");
	json_key_text(j, "ip", addr_format(&e->addr, text));
	if (e->port)
		json_key_u64(j, "port", e->port);
	if (claim->grade != GRADE_NONE) {
		json_key_text(j, "grade", grade_name((enum grade)claim->grade));
		json_key(j, "process");
		json_process(j, c, claim->process, 0);
		json_key_evidence(j, "evidence", c, &claim->evidence, 1);
	} else {
		json_key_text(j, "reason", reason_name(REASON_KERNEL_TUNNEL));
	}
	json_end(j);
}

/* The packet around this one: all keys beside it are those of the packet inside. */
static void add_tunnel(struct json *j, const struct sink_context *c, const struct packet_line *line)
{
	const struct digest *d = line->digest;
	if (!digest_has(d, DIGEST_TUNNEL))
		return;
	json_key_object(j, "tunnel");
	json_key_text(j, "type", tunnel_name((enum tunnel)d->tunnel));
	if (digest_has(d, DIGEST_OUTER) && line->outer) {
		json_key_transport(j, d->outer_transport);
		add_outer_end(j, c, line, SIDE_SENDER);
		add_outer_end(j, c, line, SIDE_RECEIVER);
	}
	json_end(j);
}

void json_packet(struct json *j, const struct sink_context *c, const struct packet_line *line)
{
	const struct digest *d = line->digest;
	json_key_frame(j, c, line->input, line->number);
	add_network(j, d);
	if (digest_has(d, DIGEST_ADDRS)) {
		add_end(j, c, line, SIDE_SENDER);
		add_end(j, c, line, SIDE_RECEIVER);
	}
	add_icmp(j, d);
	json_key_object(j, "whosent");
	if (digest_has(d, DIGEST_PAYLOAD))
		json_key_u64(j, "payload_bytes", d->payload_bytes);
	if (line->finding)
		json_key_u64(j, "finding", line->finding);
	if (line->duplicate_of) {
		json_key_object(j, "duplicate_of");
		json_key_text(j, "file", file_name(c, line->duplicate_of->input));
		json_key_u64(j, "number", line->duplicate_of->number);
		json_end(j);
	}
	if (line->packet && line->packet->remark.n) {
		json_key(j, "remark");
		json_span(j, line->packet->remark);
	}
	add_tunnel(j, c, line);
	json_key(j, "sender");
	add_side(j, c, line, SIDE_SENDER);
	json_key(j, "receiver");
	add_side(j, c, line, SIDE_RECEIVER);
}

static void add_endpoint(struct json *j, const char *key, const struct endpoint *e)
{
	char text[ADDR_TEXT_BYTES];
	json_key_object(j, key);
	json_key_text(j, "ip", addr_format(&e->addr, text));
	json_key_u64(j, "port", e->port);
	json_end(j);
}

/* A record of a log states ends and bytes; what the capture states of its own packet is the process
 * alone. */
static void add_event(struct json *j, const struct considered *e)
{
	json_key_text(j, "operation", words_operation(e->op));
	json_key_transport(j, e->transport);
	add_endpoint(j, "local", &e->local);
	add_endpoint(j, "remote", &e->remote);
	json_key_u64(j, "bytes", e->bytes);
}

void json_considered(
	struct json *j, const struct sink_context *c, const struct considered *considered, size_t n)
{
	json_key_array(j, "considered");
	for (size_t i = 0; i < n; i++) {
		const struct considered *e = &considered[i];
		json_object(j);
		json_key_text(j, "verdict", verdict_text(e->verdict));
		json_key_text(j, "side", e->side == SIDE_SENDER ? "sender" : "receiver");
		json_key_evidence(j, "evidence", c, &e->evidence, 1);
		if (e->origin)
			json_key_text(j, "stated_by", origin_text((enum owner_origin)e->origin));
		else
			add_event(j, e);
		json_key(j, "process");
		json_process(j, c, e->process, 0);
		if (!e->origin)
			json_key_i64(j, "clock_delta_ns", e->delta_ns);
		json_end(j);
	}
	json_end(j);
}
