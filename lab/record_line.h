/* SPDX-License-Identifier: Apache-2.0 */
/* Records as lines of text, so that what the lab wrote and what a reader found can be compared. */
#ifndef WHOSENT_LAB_RECORD_LINE_H
#define WHOSENT_LAB_RECORD_LINE_H

#include "base/str.h"
#include "model/record.h"

/* One line, tab-separated: time, kind, and all that the record says but its number. Bytes of a
 * packet are a sum of them. */
void record_line(struct str *out, const struct record *r);

#endif
