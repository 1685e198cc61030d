/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings of text inputs. UTF-16 is made UTF-8 before a reader sees it; all else stays bytes:
 * UTF-8 and the code pages of Windows are the same for all that readers look for, and a name in a
 * code page keeps its bytes, for nothing in the file says which page it is. */
#ifndef WHOSENT_EVIDENCE_RECODE_H
#define WHOSENT_EVIDENCE_RECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cursor.h"

enum encoding {
	ENCODING_BYTES = 0,
	ENCODING_UTF16LE,
	ENCODING_UTF16BE,
};

/* By the byte order mark, or by 32 bytes of which each second is zero and each other a character of
 * ASCII. */
enum encoding recode_detect(struct span head);

/* Two bytes of UTF-16 become at most three. */
#define RECODE_GROWS 2u

/* Recodes the whole characters at the front of *in into `out`, which has room for RECODE_GROWS
 * times as many bytes and two more, and takes them off *in. A lone surrogate becomes U+FFFD, as
 * does half a character where `last` says that nothing follows. Returns the bytes written. */
size_t recode_utf16(enum encoding from, struct span *in, bool last, uint8_t *out);

#endif
