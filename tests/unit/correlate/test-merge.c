/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "correlate/complete.h"
#include "correlate/merge.h"

/* A source of given times; -1 is a record without a time, -2 is damage. */
struct fake {
	const int64_t *times;
	size_t n, at;
};

static int fake_next(void *self, struct record *ret, struct err *err)
{
	struct fake *f = self;
	if (f->at == f->n)
		return SOURCE_END;
	int64_t t = f->times[f->at++];
	if (t == -2)
		return err_at(err, ERR_MALFORMED, f->at, "damage");
	*ret = (struct record){
		.kind = RECORD_LOSS, .number = f->at, .has_time = t >= 0, .when = { t }
	};
	return SOURCE_ITEM;
}

static const struct source_format fake_format = { .name = "fake", .next = fake_next };

static void check(struct merge_input *inputs, size_t n, const char *want)
{
	struct merge *m;
	struct err err = { 0 };
	char got[512] = "";
	cr_assert_eq(merge_new(inputs, n, &m, &err), 0);
	const struct merged *item;
	uint32_t input;
	int rc;
	while ((rc = merge_next(m, &item, &input, &err)) != SOURCE_END) {
		char one[64];
		if (rc < 0)
			snprintf(one, sizeof one, "!%u ", input);
		else if (item->has_ref)
			snprintf(one, sizeof one, "%u@%ld ", item->record.input, item->ref.ns);
		else
			snprintf(one, sizeof one, "%u@- ", item->record.input);
		strncat(got, one, sizeof got - strlen(got) - 1);
	}
	cr_assert_str_eq(got, want);
	merge_free(m);
}

Test(merge, by_reference_time_then_by_input)
{
	struct clock reference = clock_reference(), behind = clock_given(100, 1);
	struct fake a = { (const int64_t[]){ 100, 200, 300 }, 3, 0 };
	struct fake b = { (const int64_t[]){ -1, 50, 100, 150 }, 4, 0 };
	struct merge_input in[] = { { .source = { &fake_format, &a }, .clock = &reference },
		{ .source = { &fake_format, &b }, .clock = &behind } };
	check(in, 2, "1@- 0@100 1@150 0@200 1@200 1@250 0@300 ");
}

Test(merge, damage_is_reported_and_passed)
{
	struct clock reference = clock_reference();
	struct fake a = { (const int64_t[]){ 1, -2, -2, 3 }, 4, 0 };
	struct fake b = { (const int64_t[]){ -2 }, 1, 0 };
	struct fake c = { (const int64_t[]){ 2, 4 }, 2, 0 };
	struct merge_input in[] = { { .source = { &fake_format, &a }, .clock = &reference },
		{ .source = { &fake_format, &b }, .clock = &reference },
		{ .source = { &fake_format, &c }, .clock = &reference } };
	check(in, 3, "!1 0@1 !0 !0 2@2 0@3 2@4 ");
}

Test(merge, without_a_clock_first)
{
	struct clock reference = clock_reference(), none = { .state = CLOCK_NONE };
	struct fake a = { (const int64_t[]){ 1, 2 }, 2, 0 };
	struct fake b = { (const int64_t[]){ 900, 901 }, 2, 0 };
	struct fake c = { (const int64_t[]){ 7 }, 1, 0 };
	struct merge_input in[] = { { .source = { &fake_format, &a }, .clock = &reference },
		{ .source = { &fake_format, &b }, .clock = &none },
		{ .source = { &fake_format, &c }, .clock = &reference, .timeless = true },
		{ .source = { NULL, NULL }, .clock = &reference } };
	check(in, 4, "1@- 1@- 2@- 0@1 0@2 ");
}

Test(complete, details_fill_what_a_list_lacks)
{
	struct complete c;
	struct err err = { 0 };
	complete_init(&c, (struct hash_key){ 1, 2 });
	struct digest detail = { .known = DIGEST_DECODED | DIGEST_PORTS | DIGEST_PAYLOAD,
		.transport = 17,
		.payload_bytes = 8,
		.flow.src.port = 1,
		.flow.dst.port = 2 };
	cr_assert_eq(complete_add(&c, 105540, 1, &detail, &err), 0);
	cr_assert_eq(complete_add(&c, 7, 1, &detail, &err), 0);
	struct digest frame = { .known = DIGEST_DECODED | DIGEST_PORTS,
		.transport = 17,
		.flow.src.port = 1,
		.flow.dst.port = 3 };
	cr_assert_not(complete_fill(&c, 105540, &frame), "another packet of that number");
	cr_assert_not(complete_fill(&c, 105541, &frame));
	frame.flow.dst.port = 2;
	cr_assert(complete_fill(&c, 105540, &frame));
	cr_assert(digest_has(&frame, DIGEST_PAYLOAD));
	cr_assert_eq(frame.payload_bytes, 8);
	const struct detail_frame **rest;
	size_t n;
	cr_assert_eq(complete_rest(&c, &rest, &n, &err), 0);
	cr_assert_eq(n, 1);
	cr_assert_eq(rest[0]->number, 7);
	free(rest);
	complete_done(&c);
}

static void told(void *context, uint32_t input, const struct record *record)
{
	struct clock *clock = context;
	(void)input;
	clock->offset_ns -= clock->error_ns;
	clock->pairs = record->number;
}

/* A leap is told before the record's time is used: whoever is told may set the clock. Pauses as
 * they were before are none, nor is what comes before pauses are known. */
Test(merge, leaps_of_a_clock_are_told)
{
	const int64_t s = STAMP_NS_PER_S;
	int64_t times[60];
	for (int i = 0; i < 60; i++)
		times[i] = i * 2 * s + (i > 3 ? 100 * s : 0) + (i >= 50 ? 3600 * s : 0);
	struct fake f = { times, 60, 0 };
	struct clock clock = { .state = CLOCK_SURE, .error_ns = 3600 * s };
	struct merge_input in = {
		.source = { &fake_format, &f }, .clock = &clock, .leapt = told, .context = &clock
	};
	struct merge *m;
	struct err err = { 0 };
	const struct merged *item;
	uint32_t input;
	cr_assert_eq(merge_new(&in, 1, &m, &err), 0);
	for (int i = 0; i < 60; i++) {
		cr_assert_eq(merge_next(m, &item, &input, &err), SOURCE_ITEM);
		cr_assert_eq(item->ref.ns, i * 2 * s + (i > 3 ? 100 * s : 0), "%d", i);
	}
	cr_assert_eq(clock.pairs, 51, "one leap");
	merge_free(m);
}
