/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of recorded evidence: see input.h. */
#include "evidence/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

struct input {
	const struct input_ops *ops;
	void *self;
	char *name;
};

struct file {
	int fd;
};

static int file_read_at(
	void *self, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err)
{
	const struct file *file = self;
	size_t done = 0;
	while (done < n) {
		ssize_t k = pread(file->fd, (char *)buf + done, n - done, (off_t)(off + done));
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			err_sys(err, errno, "cannot read");
			if (err)
				err->off = off + done;
			return -1;
		}
		if (k == 0)
			break;
		done += (size_t)k;
	}
	*ret_n = done;
	return 0;
}

static void file_close(void *self)
{
	struct file *file = self;
	close(file->fd);
	free(file);
}

static const struct input_ops file_ops = { file_read_at, file_close };

/* Copies a pipe to an unlinked file, so that it can be read twice. Returns its descriptor. */
static int spool(int fd, struct err *err)
{
	const char *dir = getenv("TMPDIR");
	int to = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (to < 0)
		return err_sys(err, errno, "cannot make a temporary file for what is piped in");
	static const size_t chunk = 65536;
	char *buf = malloc(chunk);
	uint64_t total = 0;
	int rc = buf ? 0 : err_nomem(err);
	while (rc == 0) {
		ssize_t k = read(fd, buf, chunk);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			rc = err_sys(err, errno, "cannot read");
		if (k <= 0)
			break;
		total += (uint64_t)k;
		if (total > LIMIT_SPOOL_BYTES)
			rc = err_set(err, ERR_LIMIT, "more than %llu GiB are piped in",
				LIMIT_SPOOL_BYTES >> 30);
		for (ssize_t done = 0; rc == 0 && done < k;) {
			ssize_t w = write(to, buf + done, (size_t)(k - done));
			if (w < 0 && errno != EINTR)
				rc = err_sys(err, errno, "cannot keep what is piped in");
			else if (w > 0)
				done += w;
		}
	}
	free(buf);
	if (rc == 0)
		return to;
	close(to);
	return -1;
}

static int open_seekable(const char *name, struct err *err)
{
	bool standard = strcmp(name, "-") == 0;
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			  : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(err, errno, "cannot open");
	struct stat st;
	int rc = 0;
	if (fstat(fd, &st) < 0)
		rc = err_sys(err, errno, "cannot stat");
	else if (S_ISDIR(st.st_mode))
		rc = err_sys(err, EISDIR, "cannot read");
	else if (!S_ISREG(st.st_mode)) {
		int spooled = spool(fd, err);
		close(fd);
		return spooled;
	}
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

int input_custom(const char *name, const struct input_ops *ops, void *self, struct input **ret,
	struct err *err)
{
	struct input *in = calloc(1, sizeof *in);
	char *copy = strdup(name);
	if (!in || !copy) {
		free(in);
		free(copy);
		return err_nomem(err);
	}
	*in = (struct input){ .ops = ops, .self = self, .name = copy };
	*ret = in;
	return 0;
}

int input_open(const char *name, struct input **ret, struct err *err)
{
	int fd = open_seekable(name, err);
	if (fd < 0)
		return -1;
	struct file *file = malloc(sizeof *file);
	if (!file) {
		close(fd);
		return err_nomem(err);
	}
	file->fd = fd;
	if (input_custom(name, &file_ops, file, ret, err) == 0)
		return 0;
	file_close(file);
	return -1;
}

static int memory_read_at(
	void *self, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err)
{
	(void)err;
	const struct span *all = self;
	size_t left = off < all->n ? all->n - (size_t)off : 0;
	size_t k = n < left ? n : left;
	if (k)
		memcpy(buf, all->p + off, k);
	*ret_n = k;
	return 0;
}

static const struct input_ops memory_ops = { memory_read_at, free };

int input_memory(const char *name, struct span bytes, struct input **ret, struct err *err)
{
	struct span *self = malloc(sizeof *self);
	if (!self)
		return err_nomem(err);
	*self = bytes;
	if (input_custom(name, &memory_ops, self, ret, err) == 0)
		return 0;
	free(self);
	return -1;
}

void input_close(struct input *in)
{
	if (!in)
		return;
	if (in->ops->close)
		in->ops->close(in->self);
	free(in->name);
	free(in);
}

const char *input_name(const struct input *in)
{
	return in->name;
}

int input_read_at(
	struct input *in, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err)
{
	return in->ops->read_at(in->self, off, buf, n, ret_n, err);
}

/* 256 KiB: what read(2) moves at full speed while it stays in the second-level cache. */
#define READER_BYTES 262144u

int reader_init(struct reader *r, struct input *in, struct err *err)
{
	*r = (struct reader){ .in = in, .cap = READER_BYTES };
	r->buf = malloc(r->cap);
	return r->buf ? 0 : err_nomem(err);
}

void reader_done(struct reader *r)
{
	if (!r)
		return;
	free(r->buf);
	*r = (struct reader){ 0 };
}

static int fill(struct reader *r, size_t n, struct err *err)
{
	if (n > r->cap) {
		uint8_t *buf = realloc(r->buf, n);
		if (!buf)
			return err_nomem(err);
		r->buf = buf;
		r->cap = n;
	}
	size_t left = r->have - r->at;
	if (left)
		memmove(r->buf, r->buf + r->at, left);
	size_t got;
	r->at = 0;
	r->have = left;
	if (input_read_at(r->in, r->off + left, r->buf + left, r->cap - left, &got, err) < 0)
		return -1;
	r->have += got;
	return 0;
}

int reader_peek(struct reader *r, size_t n, struct span *ret, struct err *err)
{
	if (r->have - r->at < n && fill(r, n, err) < 0)
		return -1;
	size_t left = r->have - r->at;
	*ret = span_of(r->buf + r->at, left < n ? left : n);
	return left >= n;
}

void reader_take(struct reader *r, size_t n)
{
	r->at += n;
	r->off += n;
}

void reader_skip(struct reader *r, uint64_t n)
{
	size_t left = r->have - r->at;
	if (n <= left) {
		reader_take(r, (size_t)n);
		return;
	}
	r->off = n > UINT64_MAX - r->off ? UINT64_MAX : r->off + n;
	r->at = r->have = 0;
}

int lines_init(struct lines *l, struct input *in, struct err *err)
{
	l->number = 0;
	return reader_init(&l->reader, in, err);
}

void lines_done(struct lines *l)
{
	if (l)
		reader_done(&l->reader);
}

static int too_long(const struct lines *l, struct err *err)
{
	return err_line(err, ERR_LIMIT, l->number, "longer than %u bytes", LIMIT_LINE_BYTES - 1);
}

/* Passes the rest of a line that was too long. */
static int skip_line(struct lines *l, struct err *err)
{
	struct span s;
	for (;;) {
		int rc = reader_peek(&l->reader, LIMIT_LINE_BYTES, &s, err);
		if (rc < 0)
			return -1;
		const uint8_t *lf = s.n ? memchr(s.p, '\n', s.n) : NULL;
		reader_take(&l->reader, lf ? (size_t)(lf - s.p) + 1 : s.n);
		if (lf || rc == 0)
			return too_long(l, err);
	}
}

int lines_next(struct lines *l, struct span *ret, bool *ret_whole, struct err *err)
{
	struct reader *r = &l->reader;
	size_t n = r->have - r->at;
	const uint8_t *lf = n ? memchr(r->buf + r->at, '\n', n) : NULL;
	struct span s = span_of(r->buf + r->at, n);
	if (!lf) {
		if (reader_peek(r, LIMIT_LINE_BYTES, &s, err) < 0)
			return -1;
		lf = s.n ? memchr(s.p, '\n', s.n) : NULL;
	}
	if (s.n == 0)
		return 0;
	l->number++;
	if (!lf && s.n == LIMIT_LINE_BYTES)
		return skip_line(l, err);
	bool front = r->off == 0;
	size_t line = lf ? (size_t)(lf - s.p) : s.n;
	reader_take(r, line + (lf ? 1 : 0));
	/* The same limit, wherever the buffer happens to end. */
	if (line >= LIMIT_LINE_BYTES)
		return too_long(l, err);
	*ret = span_of(s.p, line && s.p[line - 1] == '\r' ? line - 1 : line);
	static const uint8_t bom[3] = { 0xef, 0xbb, 0xbf };
	if (front && ret->n >= sizeof bom && memcmp(ret->p, bom, sizeof bom) == 0)
		*ret = span_of(ret->p + 3, ret->n - 3);
	*ret_whole = lf != NULL;
	return 1;
}
