/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of file formats: see formats.h. */
#include "evidence/formats.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/capture/capture.h"
#include "evidence/strangers.h"
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
			rc = head.n ? strangers_name(head, input_name(in), err)
				    : err_at(err, ERR_UNSUPPORTED, 0, "the file is empty");
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
