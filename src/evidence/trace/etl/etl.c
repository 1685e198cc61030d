/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of Windows event trace logs (.etl): doc/etl.md. It walks over all records in order of time
 * and hands those that a provider wants to it; what the log itself says is missing, and what is
 * damaged, becomes a loss. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "evidence/trace/etl/shared.h"
#include "evidence/trace/etl/sight.h"
#include "evidence/trace/etl/walk.h"
#include "evidence/trace/trace.h"

/* Providers with a GUID are found by its first four bytes; a power of 2 well above their number. */
#define GUID_SLOTS 64u
#define PROVIDERS_MOST 32u

struct known {
	const struct etl_provider *provider;
	void *state;
};

/* What is said before the first record, one after the other. */
enum stage {
	STAGE_CLOCK = 0, /* the log does not say what its stamps mean */
	STAGE_DAMAGE,    /* the walk over the buffers ended early */
	STAGE_DAMAGE_LOSS,
	STAGE_LOST, /* the header counts losses, and no buffer says where */
	STAGE_RECORDS,
};

struct etl {
	struct etl_walk walk;
	struct etl_shared shared;
	struct known known[PROVIDERS_MOST];
	unsigned n_known;
	const struct known *groups[ETL_GROUPS];
	const struct known *guids[GUID_SLOTS];
	enum stage stage;
	bool busy;               /* something is to be told before the next record of the walk */
	struct etl_buffer *held; /* its record waits until a loss has been told */
	bool lossy;              /* `loss` is told next */
	struct record loss;
	uint64_t number, packets;
	struct tally tally;
};

static unsigned guid_slot(const struct etl_guid *guid)
{
	uint32_t front;
	memcpy(&front, guid, sizeof front);
	return (front * 0x9e3779b1u) >> 26;
}

static void add_known(struct etl *e, const struct known *k)
{
	if (k->provider->group) {
		e->groups[k->provider->group % ETL_GROUPS] = k;
		return;
	}
	unsigned i = guid_slot(&k->provider->guid);
	while (e->guids[i])
		i = (i + 1) % GUID_SLOTS;
	e->guids[i] = k;
}

static const struct known *find_guid(const struct etl *e, const struct etl_guid *guid)
{
	for (unsigned i = guid_slot(guid); e->guids[i]; i = (i + 1) % GUID_SLOTS)
		if (memcmp(&e->guids[i]->provider->guid, guid, sizeof *guid) == 0)
			return e->guids[i];
	return NULL;
}

static inline const struct known *find_known(const struct etl *e, const struct etl_record *rec)
{
	if (rec->class == ETL_KERNEL)
		return rec->group < ETL_GROUPS ? e->groups[rec->group] : NULL;
	return rec->class == ETL_OTHER ? NULL : find_guid(e, rec->guid);
}

static void etl_close(void *self)
{
	struct etl *e = self;
	if (!e)
		return;
	for (unsigned i = 0; i < e->n_known; i++)
		if (e->known[i].provider->close)
			e->known[i].provider->close(e->known[i].state);
	etl_shared_done(&e->shared);
	etl_walk_done(&e->walk);
	free(e);
}

static int open_providers(struct etl *e, struct err *err)
{
	for (const struct etl_provider *const *p = etl_providers; *p; p++) {
		struct known *k = &e->known[e->n_known];
		k->provider = *p;
		if ((*p)->open && (*p)->open(&k->state, err) < 0)
			return -1;
		e->n_known++;
		add_known(e, k);
	}
	return 0;
}

static int etl_open(struct input *input, void **ret_self, struct err *err)
{
	struct etl *e = calloc(1, sizeof *e);
	if (!e)
		return err_nomem(err);
	etl_shared_init(&e->shared);
	if (etl_walk_init(&e->walk, input, LIMIT_ETL_WINDOW_BYTES, err) < 0 ||
		open_providers(e, err) < 0) {
		etl_close(e);
		return -1;
	}
	const struct etl_index *ix = &e->walk.index;
	const struct etl_logfile *l = &ix->logfile;
	e->tally.lost = (ix->lost > l->events_lost ? ix->lost : l->events_lost) + l->buffers_lost;
	e->busy = true;
	*ret_self = e;
	return 0;
}

/* A loss of `count` records that began at this stamp; it ends where the entry begins. */
static void set_loss(struct etl *e, int64_t from, size_t until, uint64_t count)
{
	const struct etl_index *ix = &e->walk.index;
	struct source_time end;
	e->loss = (struct record){ .kind = RECORD_LOSS, .number = e->number };
	e->loss.loss.what = LOSS_EVENTS;
	e->loss.loss.count = count;
	e->lossy = e->busy = true;
	if (from == ETL_NO_STAMP || !etl_logfile_time(&ix->logfile, from, &e->loss.when))
		return;
	e->loss.has_time = true;
	e->loss.loss.lasts_ns = INT64_MAX;
	if (until >= ix->n || !etl_logfile_time(&ix->logfile, ix->entries[until].stamp, &end))
		return;
	int64_t lasts = end.ns - e->loss.when.ns;
	e->loss.loss.lasts_ns = lasts < 0 ? 0 : lasts;
}

static int give_loss(struct etl *e, struct record *ret)
{
	*ret = e->loss;
	e->lossy = false;
	e->tally.records++;
	return SOURCE_ITEM;
}

/* What was in the rest of a damaged buffer lies between its last sound record and the next buffer
 * of its processor. */
static int damaged_buffer(struct etl *e, const struct etl_buffer *b, struct err *err)
{
	/* Reading failed or memory is gone: no damage, but the end. */
	if (!b)
		return -1;
	e->tally.damaged++;
	set_loss(e, b->raw, etl_index_after(&e->walk.index, b->entry), 1);
	if (err)
		err->record = e->number + 1;
	return -1;
}

static int damaged_record(struct etl *e, const struct etl_buffer *b, struct err *err)
{
	e->tally.damaged++;
	set_loss(e, b->rec.raw, 0, 1);
	e->loss.loss.lasts_ns = 0;
	etl_buffer_place(b, err);
	if (err)
		err->record = e->number;
	return -1;
}

static int read_failed(struct etl *e, const struct etl_buffer *b, struct err *err)
{
	if (err && (err->kind == ERR_NOMEM || err->kind == ERR_SYSTEM))
		return -1;
	return damaged_record(e, b, err);
}

/* A buffer's first record comes; a loss may have to be told before it. */
static bool begins_loss(struct etl *e, struct etl_buffer *b)
{
	const struct etl_index *ix = &e->walk.index;
	const struct etl_entry *entry = &ix->entries[b->entry];
	b->fresh = false;
	if (!(entry->place & ETL_TELL))
		return false;
	size_t after = etl_index_after(ix, b->entry);
	if (after < ix->n && ix->entries[after].place & ETL_LOST)
		after = etl_index_after(ix, after);
	set_loss(e, entry->stamp, after, 1);
	e->held = b;
	return true;
}

static int give(struct etl *e, struct record *ret)
{
	e->tally.records++;
	if (ret->kind == RECORD_PACKET) {
		ret->number = ++e->packets;
		e->tally.cut += ret->packet.bytes.n < ret->packet.wire_bytes;
	}
	return SOURCE_ITEM;
}

/* The counts and the clock of the logfile header, and how the walk over the buffers ended. */
static int next_of_header(struct etl *e, struct record *ret, struct err *err)
{
	const struct etl_index *ix = &e->walk.index;
	const struct etl_logfile *l = &ix->logfile;
	switch (e->stage++) {
	case STAGE_CLOCK:
		if (l->clock != ETL_CLOCK_NONE)
			return SOURCE_END;
		e->tally.damaged++;
		return err_at(err, ERR_MALFORMED, ETL_HEAD_BYTES, "%s",
			l->known ? "the logfile header states no clock, so records have no time"
				 : "no logfile header, so records have no time");
	case STAGE_DAMAGE:
		if (ix->damage.kind == ERR_NONE)
			return SOURCE_END;
		e->tally.damaged++;
		if (err)
			*err = ix->damage;
		return -1;
	case STAGE_DAMAGE_LOSS:
		if (ix->damage.kind == ERR_NONE)
			return SOURCE_END;
		set_loss(e, ETL_NO_STAMP, 0, 1);
		return give_loss(e, ret);
	case STAGE_LOST:
		if (e->tally.lost == 0 || ix->lost)
			return SOURCE_END;
		set_loss(e, ETL_NO_STAMP, 0, e->tally.lost);
		return give_loss(e, ret);
	case STAGE_RECORDS:
	default:
		return SOURCE_END;
	}
}

/* What has to be said between two records of the walk: SOURCE_END where that is nothing. */
static int next_between(struct etl *e, struct record *ret, struct err *err)
{
	while (e->stage < STAGE_RECORDS) {
		int rc = next_of_header(e, ret, err);
		if (rc != SOURCE_END)
			return rc;
	}
	if (e->lossy)
		return give_loss(e, ret);
	struct record *more = etl_shared_also(&e->shared);
	if (!more) {
		e->tally.skipped += e->shared.dropped;
		e->shared.dropped = 0;
		e->busy = e->held;
		return SOURCE_END;
	}
	*ret = *more;
	return give(e, ret);
}

/* Returns SOURCE_ITEM, SOURCE_END where the record says nothing that is used, or -1 for damage. */
static inline int read_known(struct etl *e, const struct known *k, const struct etl_buffer *b,
	struct record *ret, struct err *err)
{
	const struct etl_record *rec = &b->rec;
	e->number++;
	if (!k) {
		e->tally.skipped++;
		return SOURCE_END;
	}
	ret->has_time = etl_logfile_time(&e->walk.index.logfile, rec->raw, &ret->when);
	ret->number = e->number;
	etl_shared_begin(&e->shared, rec->raw);
	int rc = k->provider->read(k->state, &e->shared, rec, ret, err);
	if (rc < 0)
		return read_failed(e, b, err);
	e->busy |= e->shared.n_also;
	e->tally.skipped += rc == ETL_NOTHING;
	return rc == ETL_NOTHING ? SOURCE_END : give(e, ret);
}

static int read_any(struct etl *e, const struct etl_buffer *b, struct record *ret, struct err *err)
{
	if (!b->rec.bad)
		return read_known(e, find_known(e, &b->rec), b, ret, err);
	e->number++;
	err_at(err, ERR_MALFORMED, 0,
		"what stands between a record's header and its payload does not fit");
	return damaged_record(e, b, err);
}

/* A step in all its parts. */
static int next_any(struct etl *e, struct record *ret, struct err *err)
{
	struct etl_buffer *b;
	int rc = e->busy ? next_between(e, ret, err) : SOURCE_END;
	while (rc == SOURCE_END) {
		b = e->held;
		e->held = NULL;
		rc = b ? 1 : etl_walk_next(&e->walk, &b, err);
		if (rc == 0)
			return SOURCE_END;
		if (rc < 0)
			return damaged_buffer(e, b, err);
		e->busy = false;
		if (b->fresh && begins_loss(e, b))
			return give_loss(e, ret);
		rc = read_any(e, b, ret, err);
	}
	return rc;
}

static int etl_next(void *self, struct record *ret, struct err *err)
{
	struct etl *e = self;
	struct etl_buffer *b;
	int rc = SOURCE_END;
	while (rc == SOURCE_END && !e->busy && (b = etl_walk_fast(&e->walk)))
		rc = read_known(
			e, b->rec.group < ETL_GROUPS ? e->groups[b->rec.group] : NULL, b, ret, err);
	return rc == SOURCE_END ? next_any(e, ret, err) : rc;
}

static const struct tally *etl_tally(const void *self)
{
	const struct etl *e = self;
	return &e->tally;
}

const struct source_format format_etl = {
	.name = "etl",
	.title = "Windows event trace (.etl)",
	.yields = YIELDS_PACKETS | YIELDS_EVENTS | YIELDS_PROCESSES,
	.traces = TRACES_TCP | TRACES_UDP,
	.traces_shown = true,
	.zone_stated = true,
	.windows = true,
	/* The coarsest clock: system time, which moves 64 times a second. */
	.tick_ns = 15625000,
	.recognise = etl_recognise,
	.open = etl_open,
	.next = etl_next,
	.tally = etl_tally,
	.close = etl_close,
};
