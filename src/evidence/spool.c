/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary files: see spool.h. */
#include "evidence/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct spool {
	int fd;
	uint64_t end;
};

int spool_new(struct spool **ret, struct err *err)
{
	const char *dir = getenv("TMPDIR");
	struct spool *s = calloc(1, sizeof *s);
	if (!s)
		return err_nomem(err);
	s->fd = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0) {
		err_sys(err, errno, "cannot make a temporary file");
		free(s);
		return -1;
	}
	*ret = s;
	return 0;
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	close(s->fd);
	free(s);
}

int spool_append(struct spool *s, struct span bytes, struct err *err)
{
	for (size_t done = 0; done < bytes.n;) {
		ssize_t w = pwrite(s->fd, bytes.p + done, bytes.n - done, (off_t)(s->end + done));
		if (w < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot write to the temporary file");
		if (w > 0)
			done += (size_t)w;
	}
	s->end += bytes.n;
	return 0;
}

uint64_t spool_end(const struct spool *s)
{
	return s->end;
}

int file_read_at(int fd, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err)
{
	size_t done = 0;
	while (done < n) {
		ssize_t k = pread(fd, (char *)buf + done, n - done, (off_t)(off + done));
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

int spool_read_at(
	const struct spool *s, uint64_t off, void *buf, size_t n, size_t *ret_n, struct err *err)
{
	return file_read_at(s->fd, off, buf, n, ret_n, err);
}
