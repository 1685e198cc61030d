/* SPDX-License-Identifier: Apache-2.0 */
/* Zip and tar archives: members, names, what is refused, cut and damaged ones. */
#include <locale.h>

#include "packed_case.h"

Test(unpack_archive, members_of_a_zip)
{
	struct bytes b = zipped("first", 5, "second", 6);
	struct unpacking u;
	unpack_bytes(&u, b.p, b.n, &plenty);
	cr_assert_eq(u.list.n, 2);
	expect_item(&u, 0, "a!one", "first", 5);
	expect_item(&u, 1, "a!two", "second", 6);
	cr_assert_eq(u.list.items[0].err.kind, ERR_NONE);
	unpacking_done(&u);
	free(b.p);
}

/* Folders, links, empty files and Finder's shadows are passed over. */
static void write_mixture(struct writer *w)
{
	writer_member(w, "folder/", AE_IFDIR, "", 0);
	writer_member(w, "./folder/capture.pcap", AE_IFREG, "capture", 7);
	writer_member(w, "link", AE_IFLNK, "", 0);
	writer_member(w, "empty", AE_IFREG, "", 0);
	writer_member(w, "__MACOSX/folder/._capture.pcap", AE_IFREG, "shadow", 6);
	writer_member(w, "\xc3\xbcn\xc3\xaf.txt", AE_IFREG, "names", 5);
	writer_member(w, "../../etc/passwd", AE_IFREG, "a name only", 11);
}

Test(unpack_archive, what_is_a_member)
{
	static int (*const formats[])(struct archive *) = { archive_write_set_format_zip,
		archive_write_set_format_ustar, archive_write_set_format_pax,
		archive_write_set_format_gnutar };
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k <= N_PACKERS; k++) {
			struct writer w;
			struct unpacking u;
			writer_begin(&w, k ? &packers[k - 1] : NULL, 1u << 20);
			cr_assert_eq(formats[i](w.a), ARCHIVE_OK);
			writer_open(&w);
			locale_t before = uselocale(newlocale(LC_CTYPE_MASK, "C.UTF-8", 0));
			write_mixture(&w);
			freelocale(uselocale(before));
			struct bytes b = writer_end(&w);
			unpack_bytes(&u, b.p, b.n, &plenty);
			cr_assert_eq(u.list.n, 3, "format %zu", i);
			expect_item(&u, 0, "a!folder/capture.pcap", "capture", 7);
			expect_item(&u, 1, "a!\xc3\xbcn\xc3\xaf.txt", "names", 5);
			expect_item(&u, 2, "a!../../etc/passwd", "a name only", 11);
			for (size_t m = 0; m < u.list.n; m++)
				cr_assert_eq(u.list.items[m].err.kind, ERR_NONE);
			unpacking_done(&u);
			free(b.p);
		}
}

/* An archive out of which nothing comes says why. */
Test(unpack_archive, nothing_in_it)
{
	static const struct {
		mode_t first, second;
		const char *message;
	} cases[] = {
		{ 0, 0, "the archive has no files" },
		{ AE_IFDIR, AE_IFLNK, "the archive has folders or links only, and no files" },
		{ AE_IFREG, AE_IFDIR, "all files in the archive are empty" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct writer w;
		struct unpacking u;
		writer_begin(&w, NULL, 1u << 20);
		cr_assert_eq(archive_write_set_format_zip(w.a), ARCHIVE_OK);
		writer_open(&w);
		if (cases[i].first) {
			writer_member(&w, "one", cases[i].first, "", 0);
			writer_member(&w, "two", cases[i].second, "", 0);
		}
		struct bytes b = writer_end(&w);
		unpack_bytes(&u, b.p, b.n, &plenty);
		cr_assert_eq(u.list.n, 1);
		expect_error(&u, 0, "a", ERR_UNSUPPORTED, cases[i].message);
		unpacking_done(&u);
		free(b.p);
	}
}

/* A compressed member keeps its name; an archive in an archive adds one. */
Test(unpack_archive, members_that_are_packed)
{
	struct bytes gz = packed(&packers[0], "capture", 7);
	struct bytes inner = zipped("first", 5, gz.p, gz.n);
	struct bytes outer = zipped(inner.p, inner.n, gz.p, gz.n);
	struct unpacking u;
	unpack_bytes(&u, outer.p, outer.n, &plenty);
	cr_assert_eq(u.list.n, 3);
	expect_item(&u, 0, "a!one!one", "first", 5);
	expect_item(&u, 1, "a!one!two", "capture", 7);
	expect_item(&u, 2, "a!two", "capture", 7);
	unpacking_done(&u);
	free(outer.p);
	free(inner.p);
	free(gz.p);
}

Test(unpack_archive, no_files_in_it)
{
	struct writer w;
	struct unpacking u;
	writer_begin(&w, NULL, 65536);
	archive_write_set_format_zip(w.a);
	writer_open(&w);
	writer_member(&w, "folder/", AE_IFDIR, "", 0);
	struct bytes b = writer_end(&w);
	unpack_bytes(&u, b.p, b.n, &plenty);
	expect_error(&u, 0, "a", ERR_UNSUPPORTED, "no files");
	cr_assert_null(u.list.items[0].input);
	unpacking_done(&u);
	free(b.p);

	writer_begin(&w, NULL, 65536);
	archive_write_set_format_zip(w.a);
	writer_open(&w);
	b = writer_end(&w);
	cr_assert_eq(memcmp(b.p, "PK\5\6", 4), 0);
	unpack_bytes(&u, b.p, b.n, &plenty);
	cr_assert_null(u.list.items[0].input);
	cr_assert_neq(u.list.items[0].err.kind, ERR_NONE);
	unpacking_done(&u);
	free(b.p);
}

Test(unpack_archive, encrypted_members)
{
	static const char *const ways[] = { "zip:encryption=zipcrypt", "zip:encryption=aes256" };
	for (size_t i = 0; i < 2; i++) {
		struct writer w;
		struct unpacking u;
		writer_begin(&w, NULL, 65536);
		archive_write_set_format_zip(w.a);
		cr_assert_eq(archive_write_set_options(w.a, ways[i]), ARCHIVE_OK);
		cr_assert_eq(archive_write_set_passphrase(w.a, "secret"), ARCHIVE_OK);
		writer_open(&w);
		writer_member(&w, "locked", AE_IFREG, "text", 4);
		struct bytes b = writer_end(&w);
		unpack_bytes(&u, b.p, b.n, &plenty);
		cr_assert_eq(u.list.n, 1);
		expect_error(&u, 0, "a!locked", ERR_UNSUPPORTED, "encrypted");
		cr_assert_null(u.list.items[0].input);
		unpacking_done(&u);
		free(b.p);
	}
}

static void put16(uint8_t *p, unsigned x)
{
	p[0] = (uint8_t)x;
	p[1] = (uint8_t)(x >> 8);
}

/* lzma, xz and PPMd in a zip say themselves how much memory they want: they are not tried. Here a
 * stored member only says that it is one of them. */
Test(unpack_archive, methods_that_are_refused)
{
	static const unsigned methods[] = { 1, 9, 14, 95, 98 };
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		struct bytes b = zipped("first", 5, "second", 6);
		struct unpacking u;
		size_t central = 0;
		while (memcmp(b.p + central, "PK\1\2", 4) != 0)
			central++;
		put16(b.p + 8, methods[i]);
		put16(b.p + central + 10, methods[i]);
		unpack_bytes(&u, b.p, b.n, &plenty);
		cr_assert_eq(u.list.n, 2);
		expect_error(&u, 0, "a!one", ERR_UNSUPPORTED, "method");
		expect_item(&u, 1, "a!two", "second", 6);
		unpacking_done(&u);
		free(b.p);
	}
}

/* Every cut: each member that comes out is the front of the right one, and something is said. */
Test(unpack_archive, every_cut)
{
	struct bytes one = some_bytes(500), two = some_bytes(700);
	struct bytes b = zipped(one.p, one.n, two.p, two.n);
	bool first = false, second = false;
	for (size_t cut = 4; cut < b.n; cut++) {
		struct unpacking u;
		bool said = false;
		uint8_t *exact = malloc(cut);
		memcpy(exact, b.p, cut);
		unpack_bytes(&u, exact, cut, &plenty);
		for (size_t i = 0; i < u.list.n; i++) {
			struct unpacked *item = &u.list.items[i];
			said = said || item->err.kind != ERR_NONE;
			if (!item->input)
				continue;
			bool is_one = strcmp(item->name, "a!one") == 0;
			cr_assert(is_one || strcmp(item->name, "a!two") == 0, "%s", item->name);
			struct bytes got = contents(&u, i), *want = is_one ? &one : &two;
			cr_assert_leq(got.n, want->n);
			cr_assert_eq(memcmp(got.p, want->p, got.n), 0);
			first = first || (is_one && got.n == one.n && cut < b.n / 2);
			second = second || (!is_one && got.n == two.n);
			free(got.p);
		}
		/* An archive that ends where its index would begin has all members. */
		cr_assert(said || second, "cut at %zu", cut);
		unpacking_done(&u);
		free(exact);
	}
	cr_assert(first && second);
	free(b.p);
	free(one.p);
	free(two.p);
}

Test(unpack_archive, every_byte_bent)
{
	struct unpack_limits few = plenty;
	few.bytes = 100000;
	for (int tar = 0; tar < 2; tar++) {
		struct writer w;
		writer_begin(&w, NULL, 65536);
		if (tar)
			archive_write_set_format_pax(w.a);
		else
			archive_write_set_format_zip(w.a);
		writer_open(&w);
		writer_member(&w, "one", AE_IFREG, "first", 5);
		writer_member(&w, "two", AE_IFREG, "second", 6);
		struct bytes b = writer_end(&w);
		for (size_t k = 0; k < b.n * 3; k++) {
			static const uint8_t bends[] = { 0x01, 0x80, 0xff };
			struct unpacking u;
			b.p[k / 3] ^= bends[k % 3];
			unpack_bytes(&u, b.p, b.n, &few);
			unpacking_done(&u);
			b.p[k / 3] ^= bends[k % 3];
		}
		free(b.p);
	}
}

/* Damage in one member does not cost those behind it, and what is there of it is kept. */
Test(unpack_archive, one_damaged_member)
{
	struct bytes plain = some_bytes(200000), two = some_bytes(900);
	struct bytes b = zipped(plain.p, plain.n, two.p, two.n), got;
	struct unpacking u;
	memset(b.p + 60000, 0xff, 200);
	unpack_bytes(&u, b.p, b.n, &plenty);
	cr_assert_eq(u.list.n, 2);
	expect_error(&u, 0, "a!one", ERR_MALFORMED, "damaged");
	expect_item(&u, 1, "a!two", two.p, two.n);
	cr_assert_eq(u.list.items[1].err.kind, ERR_NONE);
	got = contents(&u, 0);
	cr_assert_gt(got.n, 60000);
	cr_assert_eq(memcmp(got.p, plain.p, 60000), 0);
	free(got.p);
	unpacking_done(&u);
	free(b.p);
	free(plain.p);
	free(two.p);
}

/* A wrong sum: the member is whole, with an error. */
Test(unpack_archive, wrong_checksum)
{
	struct bytes b = zipped("first", 5, "second", 6);
	struct unpacking u;
	size_t at = 0;
	while (memcmp(b.p + at, "PK\1\2", 4) != 0)
		at++;
	b.p[at + 16] ^= 1;
	unpack_bytes(&u, b.p, b.n, &plenty);
	expect_item(&u, 0, "a!one", "first", 5);
	expect_error(&u, 0, "a!one", ERR_MALFORMED, "CRC");
	expect_item(&u, 1, "a!two", "second", 6);
	cr_assert_eq(u.list.items[1].err.kind, ERR_NONE);
	unpacking_done(&u);
	free(b.p);
}

static struct bytes many(size_t n, size_t size)
{
	struct writer w;
	uint8_t *zeros = calloc(1, size);
	writer_begin(&w, NULL, 1u << 20);
	archive_write_set_format_zip(w.a);
	writer_open(&w);
	for (size_t i = 0; i < n; i++) {
		char name[32];
		snprintf(name, sizeof name, "member-%zu", i);
		writer_member(&w, name, AE_IFREG, zeros, size);
	}
	free(zeros);
	return writer_end(&w);
}

Test(unpack_archive, more_members_than_inputs)
{
	struct bytes b = many(10, 1);
	for (size_t inputs = 1; inputs <= 11; inputs++) {
		struct unpack_limits l = plenty;
		struct unpacking u;
		l.inputs = inputs;
		unpack_bytes(&u, b.p, b.n, &l);
		cr_assert_eq(u.list.n, inputs < 10 ? inputs : 10);
		if (inputs < 10)
			expect_error(&u, inputs - 1, "a", ERR_LIMIT, "more files");
		for (size_t i = 0; i + 1 < u.list.n; i++)
			cr_assert_not_null(u.list.items[i].input);
		unpacking_done(&u);
	}
	free(b.p);
}

/* Many members that are small each are a bomb together; what fits is kept. */
Test(unpack_archive, bomb_of_many_members)
{
	struct bytes b = many(20, 100000);
	struct unpack_limits l = plenty;
	struct unpacking u;
	l.free_bytes = 350000;
	l.ratio = 10;
	unpack_bytes(&u, b.p, b.n, &l);
	cr_assert_eq(u.list.n, 5);
	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(u.list.items[i].err.kind, ERR_NONE);
	expect_error(&u, 3, "a!member-3", ERR_LIMIT, "10 times");
	expect_error(&u, 4, "a", ERR_LIMIT, "behind");
	unpacking_done(&u);
	free(b.p);
}

/* An index that would cost memory without end is not read to its end. */
Test(unpack_archive, endless_index)
{
	static const size_t most = 20u << 20;
	uint8_t *all = calloc(1, most);
	struct unpacking u;
	size_t at = 4;
	memcpy(all, "PK\3\4", 4);
	for (; at + 100 < most; at += 46) {
		memcpy(all + at, "PK\1\2", 4);
		all[at + 42] = 0;
	}
	memcpy(all + at, "PK\5\6", 4);
	all[at + 8] = all[at + 10] = 0xff;
	uint32_t size = (uint32_t)at - 4;
	for (int i = 0; i < 4; i++) {
		all[at + 12 + i] = (uint8_t)(size >> 8 * i);
		all[at + 16 + i] = (uint8_t)(4u >> 8 * i);
	}
	unpack_bytes(&u, all, at + 22, &plenty);
	expect_error(&u, u.list.n - 1, "a", ERR_LIMIT, "index");
	unpacking_done(&u);
	free(all);
}

Test(unpack_archive, long_names)
{
	struct writer w;
	struct unpacking u;
	char name[5000];
	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = '\0';
	writer_begin(&w, NULL, 1u << 20);
	archive_write_set_format_pax(w.a);
	writer_open(&w);
	writer_member(&w, name, AE_IFREG, "text", 4);
	name[3000] = '\0';
	writer_member(&w, name, AE_IFREG, "text", 4);
	struct bytes b = writer_end(&w);
	unpack_bytes(&u, b.p, b.n, &plenty);
	cr_assert_eq(u.list.n, 2);
	expect_error(&u, 0, "a", ERR_LIMIT, "name");
	cr_assert_eq(strlen(u.list.items[1].name), 3002);
	unpacking_done(&u);
	free(b.p);
}

/* Damage outside is the cause of what is wrong inside. */
Test(unpack_archive, cut_tar_gz)
{
	struct bytes plain = some_bytes(300000);
	struct writer w;
	struct unpacking u;
	writer_begin(&w, &packers[0], 1u << 20);
	archive_write_set_format_ustar(w.a);
	writer_open(&w);
	writer_member(&w, "one", AE_IFREG, "first", 5);
	writer_member(&w, "two", AE_IFREG, plain.p, plain.n);
	struct bytes b = writer_end(&w);
	unpack_bytes(&u, b.p, b.n / 2, &plenty);
	expect_item(&u, 0, "a!one", "first", 5);
	cr_assert_eq(u.list.items[0].err.kind, ERR_NONE);
	struct bytes got = contents(&u, 1);
	cr_assert_gt(got.n, 50000);
	cr_assert_eq(memcmp(got.p, plain.p, got.n), 0);
	free(got.p);
	expect_error(&u, 2, "a", ERR_TRUNCATED, "gzip");
	cr_assert_eq(u.list.n, 3);
	unpacking_done(&u);
	free(b.p);
	free(plain.p);
}
