/* SPDX-License-Identifier: Apache-2.0 */
/* The one-line title of a finding. */
#ifndef WHOSENT_CMD_TITLE_H
#define WHOSENT_CMD_TITLE_H

#include "model/finding.h"
#include "model/process.h"

/* Fills f->title from its pattern and process (NULL: unnamed); `host` is its computer where there
 * are several, else NULL. `events`: it is made of events, not of packets. Names are put in as they
 * are; outputs escape the title. */
void title_make(struct finding *f, const struct process *process, const char *host, bool events);

#endif
