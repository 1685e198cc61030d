/* SPDX-License-Identifier: Apache-2.0 */
/* For a frame that the user asks about: every event that was looked at, and why it lost. */
#ifndef WHOSENT_CORRELATE_DOSSIER_H
#define WHOSENT_CORRELATE_DOSSIER_H

#include <stddef.h>

#include "base/err.h"
#include "correlate/match.h"
#include "model/report.h"

struct dossier {
	struct considered *items;
	size_t n, cap;
};

void dossier_done(struct dossier *d);

/* Collects what bears on the packet at `place`, after its claims were made. */
int dossier_collect(struct dossier *d, const struct match *m, uint32_t place, struct err *err);

#endif
