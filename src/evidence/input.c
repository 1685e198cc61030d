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
#include "evidence/spool.h"

struct input {
	const struct input_ops *ops;
	void *self;
	char *name;
	uint64_t taken;
};

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

/* A part of a temporary file. */
struct part {
	struct spool *spool;
	struct spool *owned; /* the same, where it goes with the input */
	uint64_t base, n;
};

static int part_read_at(
	void *self, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err)
{
	const struct part *part = self;
	uint64_t left = off < part->n ? part->n - off : 0;
	if (spool_read_at(part->spool, part->base + off, buf, n < left ? n : (size_t)left, ret_n,
		    err) == 0)
		return 0;
	if (err && err->off != ERR_NO_OFFSET)
		err->off -= part->base;
	return -1;
}

static int part_size(void *self, uint64_t *ret, struct err *err)
{
	(void)err;
	*ret = ((const struct part *)self)->n;
	return 0;
}

static void part_close(void *self)
{
	struct part *part = self;
	spool_free(part->owned);
	free(part);
}

static const struct input_ops part_ops = { part_read_at, part_close, part_size };

static int open_part(const char *name, const struct part *part, struct input **ret, struct err *err)
{
	struct part *self = malloc(sizeof *self);
	if (!self)
		return err_nomem(err);
	*self = *part;
	if (input_custom(name, &part_ops, self, ret, err) == 0)
		return 0;
	free(self);
	return -1;
}

int input_spooled(
	const char *name, struct spool *spool, uint64_t base, struct input **ret, struct err *err)
{
	struct part part = { .spool = spool, .base = base, .n = spool_end(spool) - base };
	return open_part(name, &part, ret, err);
}

static bool stopped(const volatile sig_atomic_t *stop)
{
	return stop && *stop;
}

/* Copies a pipe to a temporary file, so that it can be read twice. Where the signal comes just
 * before read(2) waits, the next bytes end it. */
static int copy_pipe(int fd, const volatile sig_atomic_t *stop, struct spool *to, struct err *err)
{
	static const size_t chunk = 65536;
	char *buf = malloc(chunk);
	int rc = buf ? 0 : err_nomem(err);
	while (rc == 0 && !stopped(stop)) {
		ssize_t k = read(fd, buf, chunk);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			rc = err_sys(err, errno, "cannot read");
		if (k <= 0)
			break;
		rc = spool_append(to, span_of(buf, (size_t)k), err);
		if (rc == 0 && spool_end(to) > LIMIT_SPOOL_BYTES)
			rc = err_set(err, ERR_LIMIT, "more than %llu GiB are piped in",
				LIMIT_SPOOL_BYTES >> 30);
	}
	free(buf);
	return rc;
}

static int open_pipe(const char *name, int fd, const volatile sig_atomic_t *stop,
	struct input **ret, struct err *err)
{
	struct spool *spool;
	if (spool_new(&spool, err) < 0)
		return -1;
	if (copy_pipe(fd, stop, spool, err) == 0) {
		struct part part = { .spool = spool, .owned = spool, .n = spool_end(spool) };
		if (open_part(name, &part, ret, err) == 0)
			return 0;
	}
	spool_free(spool);
	return -1;
}

struct file {
	int fd;
};

static int read_file(void *self, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err)
{
	return file_read_at(((const struct file *)self)->fd, off, buf, n, ret_n, err);
}

static int file_size(void *self, uint64_t *ret, struct err *err)
{
	struct stat st;
	if (fstat(((const struct file *)self)->fd, &st) < 0)
		return err_sys(err, errno, "cannot stat");
	*ret = (uint64_t)st.st_size;
	return 0;
}

static void file_close(void *self)
{
	struct file *file = self;
	close(file->fd);
	free(file);
}

static const struct input_ops file_ops = { read_file, file_close, file_size };

static int open_file(const char *name, int fd, struct input **ret, struct err *err)
{
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

int input_open(const char *name, struct input **ret, struct err *err)
{
	return input_open_until(name, NULL, ret, err);
}

int input_open_until(
	const char *name, const volatile sig_atomic_t *stop, struct input **ret, struct err *err)
{
	bool standard = strcmp(name, "-") == 0;
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			  : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(err, errno, "cannot open");
	struct stat st;
	int rc;
	if (fstat(fd, &st) < 0)
		rc = err_sys(err, errno, "cannot stat");
	else if (S_ISDIR(st.st_mode))
		rc = err_sys(err, EISDIR, "cannot read");
	else if (S_ISREG(st.st_mode))
		return open_file(name, fd, ret, err);
	else if ((S_ISCHR(st.st_mode) && !isatty(fd)) || S_ISBLK(st.st_mode))
		/* /dev/zero has no end, and a disk is no file. */
		rc = err_set(err, ERR_UNSUPPORTED, "a device, and not a file or a pipe");
	else
		rc = open_pipe(name, fd, stop, ret, err);
	close(fd);
	return rc;
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

static int memory_size(void *self, uint64_t *ret, struct err *err)
{
	(void)err;
	*ret = ((const struct span *)self)->n;
	return 0;
}

static const struct input_ops memory_ops = { memory_read_at, free, memory_size };

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
	int rc = in->ops->read_at(in->self, off, buf, n, ret_n, err);
	in->taken += rc == 0 ? *ret_n : 0;
	return rc;
}

uint64_t input_taken(const struct input *in)
{
	return in->taken;
}

int input_size(struct input *in, uint64_t *ret, struct err *err)
{
	if (!in->ops->size)
		return err_set(err, ERR_UNSUPPORTED, "its size is not known");
	return in->ops->size(in->self, ret, err);
}
