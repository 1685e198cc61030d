/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of file formats: see formats.h. */
#include "evidence/formats.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/capture/capture.h"
#include "evidence/table/table.h"
#include "evidence/trace/trace.h"

const struct source_format *const formats[] = {
	&format_pcap,
	&format_pcapng,
	&format_packet_detail,
	&format_packet_list,
	&format_tracerpt_csv,
	&format_tasklist,
	NULL,
};

#define HEAD_BYTES 65536u

/* Formats that are known by sight but not read: naming them beats "unknown". */
static const struct {
	size_t n;
	const char *magic, *what;
} strangers[] = {
	{ 2, "\x1f\x8b", "gzip; unpack it first" },
	{ 3, "BZh", "bzip2; unpack it first" },
	{ 6,
		"\xfd"
		"7zXZ\0",
		"xz; unpack it first" },
	{ 4, "\x28\xb5\x2f\xfd", "Zstandard; unpack it first" },
	{ 4, "PK\x03\x04", "a zip archive; unpack it first" },
	{ 8, "ElfFile\0", "a Windows event log (EVTX)" },
	{ 4, "GMBU", "a Network Monitor 2 capture; convert it with: editcap -F pcapng IN OUT" },
	{ 8, "snoop\0\0\0", "a snoop capture; convert it with: editcap -F pcapng IN OUT" },
};

static int unrecognised(struct span head, struct err *err)
{
	if (head.n == 0)
		return err_at(err, ERR_UNSUPPORTED, 0, "the file is empty");
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
		if (head.n >= strangers[i].n &&
			memcmp(head.p, strangers[i].magic, strangers[i].n) == 0)
			return err_at(err, ERR_UNSUPPORTED, 0, "this is %s", strangers[i].what);
	return err_at(err, ERR_UNSUPPORTED, 0,
		"none of the kinds that are read (see whosent-formats(5))");
}

int formats_recognise(struct input *in, const struct source_format **ret, struct err *err)
{
	uint8_t *buf = malloc(HEAD_BYTES + 1);
	size_t n = 0;
	if (!buf)
		return err_nomem(err);
	int rc = input_read_at(in, 0, buf, HEAD_BYTES + 1, &n, err);
	if (rc == 0) {
		bool whole = n <= HEAD_BYTES;
		struct span head = span_of(buf, whole ? n : HEAD_BYTES);
		const struct source_format *const *f = formats;
		while (*f && !(*f)->recognise(head, whole))
			f++;
		if (*f)
			*ret = *f;
		else
			rc = unrecognised(head, err);
	}
	free(buf);
	return rc;
}

int formats_open(
	const struct source_format *format, struct input *in, struct source *ret, struct err *err)
{
	void *self;
	if (format->open(in, &self, err) < 0)
		return -1;
	*ret = (struct source){ .format = format, .self = self };
	return 0;
}
