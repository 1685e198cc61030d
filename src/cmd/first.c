/* SPDX-License-Identifier: Apache-2.0 */
/* The first pass: records to claims to groups. See run.h. */
#include <stdlib.h>
#include <string.h>

#include "cmd/run.h"
#include "correlate/stated.h"
#include "decode/decode.h"

static bool is_log(const struct run_input *in)
{
	return in->input && (in->format->yields & YIELDS_EVENTS);
}

/* --frame: the packet, its claims and what was considered outlive the call. */
static int keep_frame(struct run *r, const struct settled *s, uint32_t cell, struct err *err)
{
	struct watched_frame *frames = realloc(r->frames, (r->n_frames + 1) * sizeof *frames);
	if (!frames)
		return err_nomem(err);
	r->frames = frames;
	struct considered *considered = malloc((s->n_considered + 1) * sizeof *considered);
	if (!considered)
		return err_nomem(err);
	if (s->n_considered)
		memcpy(considered, s->considered, s->n_considered * sizeof *considered);
	struct watched_frame *f = &frames[r->n_frames++];
	*f = (struct watched_frame){ .digest = *s->digest,
		.cell = cell,
		.considered = considered,
		.n_considered = s->n_considered };
	memcpy(f->sides, s->claims, sizeof f->sides);
	if (s->outer)
		memcpy(f->outer, s->outer, sizeof f->outer);
	f->is_copy = s->duplicate_of != NULL;
	if (f->is_copy)
		f->original = *s->duplicate_of;
	f->line = (struct packet_line){ .input = s->input,
		.number = s->number,
		.has_time = s->has_time,
		.when = s->when,
		.direction = s->direction };
	return 0;
}

static int settled(void *context, const struct settled *s, struct err *err)
{
	struct run *r = context;
	uint32_t cell = *s->mark;
	if (s->duplicate_of) {
		r->reports[s->input].copies += s->selected;
		r->report.copies += s->selected;
	} else if (groups_add(r->groups, s, &cell, err) < 0) {
		return -1;
	}
	*s->mark = cell;
	if (s->watched && s->selected && keep_frame(r, s, cell, err) < 0)
		return -1;
	if (!r->spill.file)
		return 0;
	struct spilled record;
	memset(&record, 0, sizeof record);
	memcpy(record.claims, s->claims, sizeof record.claims);
	if (s->outer)
		memcpy(record.outer, s->outer, sizeof record.outer);
	record.cell = cell;
	record.is_copy = s->duplicate_of != NULL;
	if (record.is_copy)
		record.original = *s->duplicate_of;
	record.direction = (uint8_t)s->direction;
	record.selected = s->selected;
	return spill_write(&r->spill, &record, err);
}

/* An event that stands for a packet is its own proof. The other end of a local one has, or lacks,
 * an event of its own, which is told by itself. */
static int tell_event(struct run *r, const struct merged *m, struct err *err)
{
	struct digest digest;
	enum side side;
	uint32_t host = r->hosts.of_input[m->record.input];
	if (!run_told(r, m, &digest, &side))
		return 0;
	const struct endpoint *far = side_end(&digest.flow, 1 - side);
	bool local = hosts_of_addr(&r->hosts, &far->addr) != HOST_NONE;
	struct claim claims[SIDES];
	claims[side] = claim_reason(REASON_NONE, DETAIL_NONE);
	claims[1 - side] =
		claim_reason(local ? REASON_NO_EVIDENCE : REASON_OTHER_HOST, DETAIL_NONE);
	struct claim *own = &claims[side];
	own->process = roster_at(r->roster, host, m->record.event.pid, m->ref, err);
	if (own->process == PROCESS_NONE)
		return err->kind == ERR_LIMIT ? 0 : -1;
	own->grade = GRADE_EXACT;
	own->op = (uint8_t)m->record.event.op;
	own->service = m->record.event.tag;
	own->evidence[own->n_evidence++] =
		(struct evidence){ .input = m->record.input, .number = m->record.number };
	struct packet packet = { .digested = true, .digest = digest };
	uint32_t mark = 0;
	struct settled s = { .input = m->record.input,
		.number = m->record.number,
		.mark = &mark,
		.has_time = true,
		.selected = !r->filter || filter_match(r->filter, &packet, &digest),
		.when = m->ref,
		.digest = &digest,
		.claims = claims,
		.direction = local            ? DIRECTION_LOCAL
			: side == SIDE_SENDER ? DIRECTION_OUT
					      : DIRECTION_IN,
		.host = host };
	r->inputs[m->record.input].told++;
	return settled(r, &s, err);
}

int run_join(struct run *r, struct err *err)
{
	struct join_setup setup = { .key = r->key,
		.hosts = &r->hosts,
		.roster = r->roster,
		.coverage = &r->coverage,
		.clocks = r->clocks,
		.watched = r->options->frames,
		.n_watched = r->options->n_frames,
		.settled = settled,
		.context = r };
	for (uint32_t i = 0; i < r->n; i++)
		setup.n_captures +=
			r->inputs[i].input && (r->inputs[i].format->yields & YIELDS_PACKETS) != 0;
	for (uint32_t i = 0; i < r->n; i++) {
		const struct source_format *format = r->inputs[i].format;
		uint32_t host = r->hosts.of_input[i];
		if (!is_log(&r->inputs[i]))
			continue;
		coverage_add(&r->coverage, i, format, host, &r->clocks[i]);
		if (format->windows && host != HOST_NONE &&
			roster_windows(r->roster, host, err) < 0)
			return -1;
	}
	return join_new(&setup, &r->join, err);
}

int run_digest(struct run *r, const struct merged *m, struct digest *ret, bool *ret_packet,
	struct err *err)
{
	const struct record *rec = &m->record;
	decode_packet(&rec->packet, ret);
	fragments_fill(r->fragments, rec, ret);
	*ret_packet = !r->inputs[rec->input].details;
	if (!*ret_packet) {
		struct err full = { 0 };
		if (complete_add(&r->complete, rec->number, rec->input, ret, &full) < 0) {
			if (full.kind != ERR_LIMIT)
				return err_nomem(err);
			run_damage(r, rec->input, &full);
		}
	} else if (rec->packet.digested) {
		complete_fill(&r->complete, rec->number, ret);
	}
	return 0;
}

static void see_time(struct input_report *report, const struct merged *m)
{
	if (!m->record.has_time)
		return;
	struct ref_time t = m->has_ref ? m->ref : (struct ref_time){ m->record.when.ns };
	if (!report->has_time || t.ns < report->first.ns)
		report->first = t;
	if (!report->has_time || t.ns > report->last.ns)
		report->last = t;
	report->has_time = true;
}

static int take_packet(struct run *r, const struct merged *m, struct err *err)
{
	struct digest digest;
	bool packet;
	if (run_digest(r, m, &digest, &packet, err) < 0)
		return -1;
	r->reports[m->record.input].packets++;
	if (m->record.packet.copy && !r->options->all_copies) {
		r->reports[m->record.input].copies++;
		return 0;
	}
	if (!packet)
		return 0;
	stated_trim(&m->record.packet, &digest);
	if (m->record.packet.owner) {
		r->reports[m->record.input].owned++;
		if (r->hosts.of_input[m->record.input] == HOST_NONE)
			r->reports[m->record.input].unused_roster = true;
		r->report.has_events = true;
		r->report.has_roster |= m->record.packet.owner->image.n > 0;
	}
	bool selected = !r->filter || filter_match(r->filter, &m->record.packet, &digest);
	return join_packet(
		r->join, &m->record, &digest, m->has_ref ? &m->ref : NULL, selected, err);
}

/* What comes in a short life is no service's; such ends would use up the eras. */
#define SERVICE_LEAST_NS (60 * STAMP_NS_PER_S)

/* Who ends may be started again under another PID: what comes behind is another cell's. Packets up
 * to the clock's error behind the end are still its own. */
static int end_era(struct run *r, const struct merged *m, uint32_t host, struct err *err)
{
	const struct clock *clock = &r->clocks[m->record.input];
	size_t n;
	r->inputs[m->record.input].ends = true;
	if (!m->has_ref)
		return 0;
	process_handle h = roster_at(r->roster, host, m->record.process.pid, m->ref, err);
	if (h == PROCESS_NONE)
		return -1;
	const struct process *p = &roster_all(r->roster, &n)[h];
	if (!p->has_start || m->ref.ns - p->start.ns >= SERVICE_LEAST_NS)
		groups_add_era(r->groups,
			(struct ref_time){ m->ref.ns + clock->error_ns + clock->tick_ns });
	return 0;
}

static int take_process(struct run *r, const struct merged *m, struct err *err)
{
	struct input_report *report = &r->reports[m->record.input];
	uint32_t host = r->hosts.of_input[m->record.input];
	report->processes++;
	if (host == HOST_NONE) {
		report->unused_roster = true;
		return 0;
	}
	r->report.has_roster = r->report.has_roster || m->record.process.image.n;
	struct err full = { 0 };
	const struct process_note *note = &m->record.process;
	int rc = 0;
	if (note->what == NOTE_RUNNING && note->has_start && m->has_ref)
		rc = roster_begun(r->roster, host, note->pid, m->ref,
			clock_to_ref(&r->clocks[m->record.input], note->start), &full);
	if (rc == 0 && note->what == NOTE_END)
		rc = end_era(r, m, host, &full);
	if (rc == 0)
		rc = roster_note(r->roster, host, note, m->has_ref ? &m->ref : NULL, &full);
	if (rc == 0 || full.kind == ERR_LIMIT)
		return 0;
	*err = full;
	return -1;
}

static void lose_packets(struct packet_losses *losses, const struct merged *m)
{
	if (!m->has_ref || losses->n == RUN_LOSSES) {
		losses->somewhere = true;
		return;
	}
	struct lifetime_loss *l = &losses->list[losses->n++];
	l->from = l->to = m->ref;
	if (__builtin_add_overflow(m->ref.ns, m->record.loss.lasts_ns, &l->to.ns))
		l->to.ns = INT64_MAX;
}

static void take_loss(struct run *r, const struct merged *m)
{
	const struct loss *loss = &m->record.loss;
	if (loss->what == LOSS_PACKETS) {
		r->report.lost_packets += loss->count;
		lose_packets(&r->losses, m);
		return;
	}
	r->report.lost_events += loss->count;
	if (is_log(&r->inputs[m->record.input]))
		coverage_lose(
			&r->coverage, m->record.input, m->has_ref ? &m->ref : NULL, loss->lasts_ns);
}

static int take(struct run *r, const struct merged *m, struct err *err)
{
	const struct ref_time *when = m->has_ref ? &m->ref : NULL;
	see_time(&r->reports[m->record.input], m);
	if (when && is_log(&r->inputs[m->record.input]))
		coverage_see(&r->coverage, m->record.input, *when);
	switch (m->record.kind) {
	case RECORD_PACKET:
		return take_packet(r, m, err);
	case RECORD_EVENT:
		coverage_show(&r->coverage, m->record.input, m->record.event.traces);
		r->reports[m->record.input].events++;
		r->report.has_events = true;
		return r->only_events ? tell_event(r, m, err)
				      : join_event(r->join, &m->record, when, err);
	case RECORD_PROCESS:
		return take_process(r, m, err);
	case RECORD_ADDRESS:
		return hosts_see_address(&r->hosts, m->record.input, &m->record.address.addr, err);
	case RECORD_LOSS:
		take_loss(r, m);
		return 0;
	case RECORD_TRANSLATION:
		r->reports[m->record.input].translations++;
		return join_translation(r->join, &m->record, err);
	default:
		return err_set(err, ERR_MALFORMED, "a reader made a record of no kind");
	}
}

/* Details that no list mentioned are packets of their own, without a time that could be used. */
static int take_rest(struct run *r, struct err *err)
{
	const struct detail_frame **rest;
	size_t n;
	if (complete_rest(&r->complete, &rest, &n, err) < 0)
		return -1;
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct record rec = {
			.kind = RECORD_PACKET, .input = rest[i]->input, .number = rest[i]->number
		};
		rec.packet = (struct packet){ .digested = true, .digest = rest[i]->digest };
		bool selected =
			!r->filter || filter_match(r->filter, &rec.packet, &rest[i]->digest);
		rc = join_packet(r->join, &rec, &rest[i]->digest, NULL, selected, err);
	}
	free(rest);
	return rc;
}

/* Which logs have no more records? Asked only when an input has ended. */
static void mark_ended(struct run *r, const struct merge *m)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (is_log(&r->inputs[i]) && merge_ended(m, i))
			coverage_end(&r->coverage, i);
}

/* A clock that its own pairs throw doubt on is compared anew before the next record. */
static int take_merged(struct run *r, const struct merged *item, struct err *err)
{
	uint32_t input = item->record.input;
	if (take(r, item, err) < 0)
		return -1;
	const struct clock *clock = &r->clocks[input];
	return clock->suspect ? run_look(r, input, clock->last.event + 1, err) : 0;
}

static int merge_all(struct run *r, struct merge *m, struct err *err)
{
	const struct merged *item;
	uint32_t input;
	int rc = SOURCE_ITEM;
	size_t ended = 0;
	struct err damage;
	while (rc != SOURCE_END && !*r->interrupted) {
		err_clear(&damage);
		rc = merge_next(m, &item, &input, &damage);
		if (rc < 0 && damage.kind == ERR_NOMEM)
			return err_nomem(err);
		if (rc < 0)
			run_damage(r, input, &damage);
		if (merge_n_ended(m) != ended) {
			ended = merge_n_ended(m);
			mark_ended(r, m);
		}
		if (rc == SOURCE_ITEM && take_merged(r, item, err) < 0)
			return -1;
		progress_step(&r->progress);
	}
	return 0;
}

/* Where memory ends here, the run will soon find out by itself. */
static void leapt(void *context, uint32_t input, const struct record *record)
{
	struct run *r = context;
	struct err ignored = { 0 };
	if (run_look(r, input, record->number, &ignored) < 0)
		r->clocks[input].doubt = true;
}

static bool all(const struct run_input *in)
{
	(void)in;
	return true;
}

int run_first(struct run *r, struct err *err)
{
	struct merge_input *sources;
	struct merge *m = NULL;
	if (run_sources(r, all, &sources, err) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (is_log(&r->inputs[i]) && r->clocks[i].state == CLOCK_SURE) {
			sources[i].leapt = leapt;
			sources[i].context = r;
		}
	int rc = merge_new(sources, r->n, &m, err);
	progress_begin(&r->progress, "reading", r->inputs, r->n);
	if (rc == 0)
		rc = merge_all(r, m, err);
	progress_end(&r->progress);
	if (rc == 0)
		rc = take_rest(r, err);
	if (rc == 0)
		rc = join_finish(r->join, err);
	for (size_t i = 0; i < r->n; i++) {
		const struct source *s = &sources[i].source;
		if (s->self)
			r->reports[i].tally = *s->format->tally(s->self);
	}
	merge_free(m);
	run_close_sources(r, sources);
	r->report.interrupted = r->cut_short || *r->interrupted;
	r->report.evicted = join_evicted(r->join);
	if (rc == 0)
		rc = join_mappings(r->join, &r->mappings, &r->report.n_mappings, err);
	r->report.mappings = r->mappings;
	return rc;
}
