/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of file formats. A new reader is one line in formats.c. */
#ifndef WHOSENT_EVIDENCE_FORMATS_H
#define WHOSENT_EVIDENCE_FORMATS_H

#include "evidence/input.h"
#include "model/source.h"

/* NULL-terminated, in the order in which they are asked. */
extern const struct source_format *const formats[];

/* Finds the format of an input by its content. ERR_UNSUPPORTED where no reader claims it; the
 * message says what it looks like where that is known. */
int formats_recognise(struct input *in, const struct source_format **ret, struct err *err);

/* Opens the input from the front. `in` is borrowed until source_close. */
int formats_open(
	const struct source_format *format, struct input *in, struct source *ret, struct err *err);

#endif
