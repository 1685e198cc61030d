/* SPDX-License-Identifier: Apache-2.0 */
/* The logfile header and the three clocks of event trace logs. */
#include "etl_file.h"

static struct etl_logfile read_form(const struct log_form *form)
{
	struct bytes f = { 0 };
	struct etl_record rec;
	struct etl_logfile l = { 0 };
	uint32_t step;
	put_logfile(&f, form);
	cr_assert_eq(etl_record_read(span_of(f.b, f.n), 8, &rec, &step, NULL), 1);
	cr_assert(etl_logfile_is(&rec));
	cr_assert(etl_logfile_read(&rec, &l));
	return l;
}

static void expect_time(const struct etl_logfile *l, int64_t raw, int64_t ns)
{
	struct source_time t;
	cr_assert(etl_logfile_time(l, raw, &t));
	cr_assert_eq(t.ns, ns, "%lld, not %lld", (long long)t.ns, (long long)ns);
}

/* Of KernelNetwork.etl, a sample of Microsoft's Tx: its first event with number 42 is at
 * 2012-06-19 20:34:05.0532786 UTC. */
Test(etl_clock, counter)
{
	struct log_form form = usual();
	struct etl_logfile l = read_form(&form);
	struct source_time t;
	cr_assert_eq(l.clock, ETL_CLOCK_QPC);
	cr_assert(etl_logfile_time(&l, 0xce81128bef, &t));
	cr_assert_eq(t.ns / 100 + 116444736000000000, 129846116450532786);
	expect_time(&l, T0, START_NS);
	expect_time(&l, T0 + FREQUENCY, START_NS + 1000000000);
	/* Before the log began, rounded down like all others: a tick is 333.9 ns. */
	expect_time(&l, T0 - 1, START_NS - 334);
	expect_time(&l, T0 + 1, START_NS + 333);
	expect_time(&l, T0 - FREQUENCY, START_NS - 1000000000);
}

/* One by one and by a whole factor is the same. */
Test(etl_clock, whole_factor)
{
	struct log_form form = usual();
	form.frequency = 10000000;
	form.t0 = -5;
	struct etl_logfile l = read_form(&form);
	struct source_time t;
	cr_assert_eq(l.ns_per_tick, 100);
	for (int64_t d = -3000000000000; d < 3000000000000; d += 77777777777) {
		cr_assert(etl_logfile_time_slow(&l, form.t0 + d, &t));
		cr_assert_eq(t.ns, START_NS + d * 100);
		expect_time(&l, form.t0 + d, t.ns);
	}
}

/* A year of a fast counter: 10^7 times that is beyond 64 bits. */
Test(etl_clock, long_logs)
{
	struct log_form form = usual();
	form.frequency = 3000000000u;
	form.t0 = 7;
	struct etl_logfile l = read_form(&form);
	expect_time(
		&l, 7 + 3000000000ll * 86400 * 365 + 3, START_NS + 86400ll * 365 * 1000000000 + 1);
	form.frequency = 1ull << 40;
	l = read_form(&form);
	expect_time(&l, 7 + (3ll << 39), START_NS + 1500000000);
}

Test(etl_clock, cycles)
{
	struct log_form form = usual();
	form.clock = 3;
	form.mhz = 3066;
	struct etl_logfile l = read_form(&form);
	cr_assert_eq(l.clock, ETL_CLOCK_CYCLES);
	expect_time(&l, T0 + 3066000000ll, START_NS + 1000000000);
	expect_time(&l, T0 + 3067, START_NS + 1000);
}

/* Stamps of the system's clock say the time themselves. */
Test(etl_clock, system_time)
{
	struct log_form form = usual();
	form.clock = 2;
	form.t0 = START + 156250;
	struct etl_logfile l = read_form(&form);
	cr_assert_eq(l.clock, ETL_CLOCK_SYSTEM);
	expect_time(&l, START, START_NS);
	expect_time(&l, START + 1, START_NS + 100);
	/* They count from somewhere else, so only differences are good. */
	form.t0 = 1000;
	l = read_form(&form);
	expect_time(&l, 1001, START_NS + 100);
}

/* The field is not always set. A counter that happens to stand near a FILETIME of today would be
 * taken for the system's clock: no counter has run for 400 years, and its times would still be
 * near the start. */
Test(etl_clock, not_stated)
{
	static const uint32_t fields[] = { 0, 4, 0xffffffff };
	for (int i = 0; i < 3; i++) {
		struct log_form form = usual();
		form.clock = fields[i];
		cr_assert_eq(read_form(&form).clock, ETL_CLOCK_QPC);
		form.t0 = START + 863999999999;
		cr_assert_eq(read_form(&form).clock, ETL_CLOCK_SYSTEM);
		form.t0 = START - 863999999999;
		cr_assert_eq(read_form(&form).clock, ETL_CLOCK_SYSTEM);
		form.t0 = START + 864000000001;
		cr_assert_eq(read_form(&form).clock, ETL_CLOCK_QPC);
		form.t0 = INT64_MIN;
		cr_assert_eq(read_form(&form).clock, ETL_CLOCK_QPC);
	}
}

Test(etl_clock, pointers_of_32_bits)
{
	struct log_form form = usual();
	form.pointer = 4;
	form.buffers_lost = 3;
	form.events_lost = 9;
	struct etl_logfile l = read_form(&form);
	cr_assert_eq(l.pointer, 4);
	cr_assert_eq(l.buffers_lost, 3);
	cr_assert_eq(l.events_lost, 9);
	expect_time(&l, T0, START_NS);
}

/* No time is better than a wrong one. */
Test(etl_clock, unusable)
{
	struct source_time t = { 1 };
	struct log_form form = usual();
	form.frequency = 0;
	struct etl_logfile l = read_form(&form);
	cr_assert_eq(l.clock, ETL_CLOCK_NONE);
	cr_assert_not(etl_logfile_time(&l, T0, &t));
	form.frequency = UINT64_MAX;
	cr_assert_eq(read_form(&form).clock, ETL_CLOCK_NONE);
	form = usual();
	form.clock = 3;
	cr_assert_eq(read_form(&form).clock, ETL_CLOCK_NONE);
	static const int64_t starts[] = { 0, -1, 1, 116444735999999999, INT64_MAX, INT64_MIN };
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		form = usual();
		form.start = starts[i];
		cr_assert_eq(read_form(&form).clock, ETL_CLOCK_NONE);
	}
	l = (struct etl_logfile){ 0 };
	cr_assert_not(etl_logfile_time(&l, 0, &t));
}

Test(etl_clock, stamps_that_overflow)
{
	static const int64_t raws[] = { INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1 };
	static const int64_t t0s[] = { 0, -1, 1, INT64_MIN, INT64_MAX, T0 };
	static const uint64_t frequencies[] = { 1, 1000, 10000000, FREQUENCY, INT64_MAX };
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 6; k++)
			for (size_t m = 0; m < 5; m++) {
				struct log_form form = usual();
				struct source_time t;
				form.t0 = t0s[k];
				form.frequency = frequencies[m];
				struct etl_logfile l = read_form(&form);
				etl_logfile_time(&l, raws[i], &t);
				etl_logfile_time_slow(&l, raws[i], &t);
			}
}

/* Cut at every byte, and with a version that no system has. */
Test(etl_clock, damaged_header)
{
	struct bytes f = { 0 };
	struct log_form form = usual();
	put_logfile(&f, &form);
	for (size_t n = 0x20; n < ETL_LOGFILE_BYTES; n++) {
		struct etl_record rec;
		struct etl_logfile l;
		uint32_t step;
		struct bytes copy = f;
		set16(&copy, 4, (unsigned)n);
		cr_assert_eq(etl_record_read(span_of(copy.b, n), 8, &rec, &step, NULL), 1);
		cr_assert_not(etl_logfile_read(&rec, &l));
	}
	struct etl_record rec;
	struct etl_logfile l;
	uint32_t step;
	f.b[0x24] = 4;
	cr_assert_eq(etl_record_read(span_of(f.b, f.n), 8, &rec, &step, NULL), 1);
	cr_assert_not(etl_logfile_read(&rec, &l));
}
