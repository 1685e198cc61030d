/* SPDX-License-Identifier: Apache-2.0 */
/* Does a log's clock agree with the captures before and behind a moment? What rests on the order of
 * an event and a packet that are not of each other rests on that. */
#ifndef WHOSENT_CORRELATE_VOUCH_H
#define WHOSENT_CORRELATE_VOUCH_H

#include "correlate/match.h"

/* Asked for the oldest packet of the hold, which is at `when`. True where `input` is no log of
 * datagrams, for then nothing tells. */
bool vouch_around(const struct match *m, uint32_t input, struct ref_time when);

#endif
