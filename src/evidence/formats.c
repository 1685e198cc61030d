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
	&format_etl,
	&format_tracerpt_csv,
	&format_tracerpt_xml,
	&format_xperf_dumper,
	&format_tasklist,
	&format_conntrack,
	NULL,
};

#define HEAD_BYTES 65536u

int formats_recognise(struct input *in, const struct source_format **ret, struct err *err)
{
	struct reader reader;
	struct span head;
	if (reader_init_text(&reader, in, err) < 0)
		return -1;
	int rc = reader_peek(&reader, HEAD_BYTES + 1, &head, err);
	if (rc >= 0) {
		bool whole = rc == 0;
		head.n = whole ? head.n : HEAD_BYTES;
		const struct source_format *const *f = formats;
		while (*f && !(*f)->recognise(head, whole))
			f++;
		rc = 0;
		if (*f)
			*ret = *f;
		else
			rc = head.n ? strangers_name(head, input_name(in), err)
				    : err_at(err, ERR_UNSUPPORTED, 0, "the file is empty");
	}
	reader_done(&reader);
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
