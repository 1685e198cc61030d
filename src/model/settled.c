/* SPDX-License-Identifier: Apache-2.0 */
/* Settled packets: see settled.h. */
#include "model/settled.h"

enum side settled_best_side(const struct settled *s)
{
	return s->claims[SIDE_RECEIVER].grade > s->claims[SIDE_SENDER].grade ? SIDE_RECEIVER
									     : SIDE_SENDER;
}
