/* SPDX-License-Identifier: Apache-2.0 */
/* Archives: see bundle.h. Only formats that libarchive reads itself are switched on: it starts
 * programs for some others. */
#include "evidence/packed/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* Small: libarchive inflates one block at a time, and where that is damaged it drops all that the
 * block gave. */
#define BLOCK_BYTES 4096u

/* How often an archive is opened anew behind a member that broke it. Above it the rest is lost,
 * or an archive full of damage would be read as often as it has members. */
#define MOST_REOPENED 16u

struct bundle {
	struct archive *archive;
	struct archive_entry *entry; /* ours: libarchive does not look whether it got one */
	struct input *in;
	locale_t utf8;
	uint64_t at, reached;
	uint64_t index_left; /* what may still be read before the first header is there */
	struct err read_err; /* why a block could not be had, kind ERR_NONE else */
	uint32_t headers;    /* that were passed */
	unsigned reopened;
	bool broken; /* libarchive reads no further in this one */
	bool late;   /* the data that came last were the member's end, and do not fit its sums */
	uint8_t block[BLOCK_BYTES];
};

/* Zip: a member, a spanned one, or the end of an empty archive. Tar as of POSIX and GNU: there was
 * no magic before. */
bool bundle_starts(struct span head)
{
	static const struct {
		size_t at, n;
		const char *magic;
	} known[] = {
		{ 0, 4, "PK\x03\x04" },
		{ 0, 4, "PK\x07\x08" },
		{ 0, 4, "PK\x05\x06" },
		{ 257, 5, "ustar" },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (head.n >= known[i].at + known[i].n &&
			memcmp(head.p + known[i].at, known[i].magic, known[i].n) == 0)
			return true;
	return false;
}

static la_ssize_t read_block(struct archive *archive, void *context, const void **ret)
{
	struct bundle *b = context;
	size_t n = 0;
	int rc = 0;
	if (b->index_left == 0)
		rc = err_set(&b->read_err, ERR_LIMIT, "the archive's index is above %u MiB",
			LIMIT_INDEX_BYTES >> 20);
	else
		rc = input_read_at(b->in, b->at, b->block, BLOCK_BYTES, &n, &b->read_err);
	if (rc < 0) {
		archive_set_error(archive, EIO, "%s", b->read_err.msg);
		return -1;
	}
	b->at += n;
	b->reached = b->at > b->reached ? b->at : b->reached;
	b->index_left -= n < b->index_left ? n : b->index_left;
	*ret = b->block;
	return (la_ssize_t)n;
}

static la_int64_t skip(struct archive *archive, void *context, la_int64_t n)
{
	struct bundle *b = context;
	uint64_t size;
	(void)archive;
	if (n < 0 || input_size(b->in, &size, NULL) < 0)
		return 0; /* then it is read and dropped */
	uint64_t left = size > b->at ? size - b->at : 0;
	uint64_t step = (uint64_t)n < left ? (uint64_t)n : left;
	b->at += step;
	return (la_int64_t)step;
}

static la_int64_t seek(struct archive *archive, void *context, la_int64_t off, int whence)
{
	struct bundle *b = context;
	uint64_t size = 0;
	int64_t to;
	(void)archive;
	if (whence == SEEK_END && input_size(b->in, &size, NULL) < 0)
		return ARCHIVE_FATAL;
	uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? b->at : size;
	if (__builtin_add_overflow((int64_t)base, off, &to) || to < 0)
		return ARCHIVE_FATAL;
	b->at = (uint64_t)to;
	return to;
}

/* What libarchive says of the archive, or why it had no bytes. */
static int failed(const struct bundle *b, struct err *err)
{
	const char *why = archive_error_string(b->archive);
	if (b->read_err.kind != ERR_NONE) {
		if (err)
			*err = b->read_err;
		return -1;
	}
	if (archive_errno(b->archive) == ENOMEM)
		return err_nomem(err);
	return err_at(err, ERR_MALFORMED, (uint64_t)archive_filter_bytes(b->archive, -1),
		"the archive is damaged: %s", why ? why : "nobody says how");
}

static int begin(struct bundle *b, struct err *err)
{
	struct archive *a = archive_read_new();
	if (!a)
		return err_nomem(err);
	b->archive = a;
	b->at = 0;
	b->index_left = LIMIT_INDEX_BYTES;
	b->broken = false;
	if (archive_read_support_format_zip(a) == ARCHIVE_OK &&
		archive_read_support_format_tar(a) == ARCHIVE_OK &&
		archive_read_set_seek_callback(a, seek) == ARCHIVE_OK &&
		archive_read_set_read_callback(a, read_block) == ARCHIVE_OK &&
		archive_read_set_skip_callback(a, skip) == ARCHIVE_OK &&
		archive_read_set_callback_data(a, b) == ARCHIVE_OK &&
		archive_read_open1(a) == ARCHIVE_OK)
		return 0;
	return failed(b, err);
}

int bundle_open(struct input *in, locale_t utf8, struct bundle **ret, struct err *err)
{
	struct bundle *b = calloc(1, sizeof *b);
	if (!b)
		return err_nomem(err);
	b->in = in;
	b->utf8 = utf8;
	b->entry = archive_entry_new();
	if (!b->entry || begin(b, err) < 0) {
		if (!b->entry)
			err_nomem(err);
		bundle_close(b);
		return -1;
	}
	*ret = b;
	return 0;
}

void bundle_close(struct bundle *b)
{
	if (b && b->archive)
		archive_read_free(b->archive);
	if (b && b->entry)
		archive_entry_free(b->entry);
	free(b);
}

/* Returns libarchive's code. */
static int next_header(struct bundle *b)
{
	int rc;
	do
		rc = archive_read_next_header2(b->archive, b->entry);
	while (rc == ARCHIVE_RETRY);
	if (rc == ARCHIVE_OK || rc == ARCHIVE_WARN) {
		b->headers++;
		b->index_left = UINT64_MAX;
	}
	return rc;
}

/* Damage inside one member of a zip archive ends it for libarchive, but the members behind can be
 * found again by the archive's index. */
static int reopen(struct bundle *b, struct err *err)
{
	uint32_t passed = b->headers;
	if (b->reopened++ == MOST_REOPENED)
		return err_set(err, ERR_LIMIT, "more than %u members are damaged", MOST_REOPENED);
	archive_read_free(b->archive);
	b->archive = NULL;
	b->headers = 0;
	if (begin(b, err) < 0)
		return -1;
	while (b->headers < passed) {
		uint32_t before = b->headers;
		next_header(b);
		if (b->headers == before)
			return failed(b, err);
	}
	return 0;
}

/* Methods whose memory an archive of a few bytes may raise to 4 GiB (lzma, xz, PPMd) are refused,
 * with those that libarchive does not know. */
static const char *refusal(struct bundle *b)
{
	static const char *const sound[] = { "(uncompressed)", "(deflation)", "(bzip)", "(zstd)" };
	if (archive_entry_is_encrypted(b->entry))
		return "it is encrypted; decrypt it first";
	if (archive_entry_sparse_count(b->entry) > 0)
		return "it is a sparse file; unpack it first";
	const char *format = archive_format_name(b->archive);
	if (archive_format(b->archive) != ARCHIVE_FORMAT_ZIP)
		return NULL;
	for (size_t i = 0; format && i < sizeof sound / sizeof *sound; i++)
		if (strstr(format, sound[i]))
			return NULL;
	return "it is packed by a method that is not read; unpack it first";
}

static int next_file(struct bundle *b, struct member *ret, struct err *err)
{
	for (;;) {
		int rc = next_header(b);
		if (rc == ARCHIVE_EOF)
			return 0;
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return failed(b, err);
		if (archive_entry_filetype(b->entry) != AE_IFREG ||
			archive_entry_hardlink(b->entry))
			continue;
		*ret = (struct member){ .name = archive_entry_pathname(b->entry),
			.refused = refusal(b) };
		return 1;
	}
}

int bundle_next(struct bundle *b, struct member *ret, struct err *err)
{
	locale_t before = b->utf8 ? uselocale(b->utf8) : (locale_t)0;
	int rc = b->broken ? reopen(b, err) : 0;
	b->late = false;
	if (rc == 0)
		rc = next_file(b, ret, err);
	if (before)
		uselocale(before);
	return rc;
}

int bundle_data(struct bundle *b, struct span *ret, struct err *err)
{
	const void *p = NULL;
	size_t n = 0;
	la_int64_t off;
	if (b->late)
		return failed(b, err);
	int rc = archive_read_data_block(b->archive, &p, &n, &off);
	if (rc == ARCHIVE_EOF)
		return 0;
	b->broken = rc == ARCHIVE_FATAL;
	b->late = rc != ARCHIVE_OK && !b->broken && n > 0;
	if (rc != ARCHIVE_OK && !b->late)
		return failed(b, err);
	*ret = span_of(p, n);
	return 1;
}

bool bundle_passed(const struct bundle *b)
{
	return b->headers > 0;
}

uint64_t bundle_reached(const struct bundle *b)
{
	return b->reached;
}
