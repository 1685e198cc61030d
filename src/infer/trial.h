/* SPDX-License-Identifier: Apache-2.0 */
/* One group against one process: did it live and die with it, and how often would chance alone
 * look so? The statistics of the grade `lifetime`.
 *
 * Two things could be chance, and each must be refuted; the p-value is the greater one (an
 * intersection-union test: R. L. Berger, "Multiparameter hypothesis testing and acceptance
 * sampling", Technometrics 24, 1982).
 *
 * The silence: the group goes on as ever, and no packet happens to fall into the time without the
 * process. If n packets come evenly over the time A with it and the time B without, all of them
 * fall into A with probability (A / (A + B))^n: the exact conditional test of two Poisson rates
 * (J. Przyborowski and H. Wilenski, "Homogeneity of results in testing samples from Poisson
 * series", Biometrika 31, 1940). Packets that come in bursts are fewer than they look, so n is the
 * effective number of intervals, (sum of gaps)^2 / sum of squared gaps (L. Kish, "Survey Sampling",
 * 1965): of even gaps it is their number, of bursts that of the bursts, and where one gap outweighs
 * all it is near 1.
 *
 * The moment: the group ended for another cause, and that happened to be just before the stop. Of a
 * moment that may lie anywhere in a window W, the chance to be within d of the stop is d / W. A
 * later start at which the group comes back is a second such coincidence. Of k independent ones the
 * product x has the chance x * sum of (-ln x)^j / j! for j < k (R. A. Fisher, "Statistical Methods
 * for Research Workers", 4th edition, 1932, 21.1).
 *
 * Wrong where another cause has the same times, and no record shows it: a script that stops two
 * services, a schedule that both follow, or a rate that changes over the day together with the
 * habits of whoever stops services. The first is looked for among all that is known to have ended
 * (see lifetime.c), the last is why the silence must be longer than any before. */
#ifndef WHOSENT_INFER_TRIAL_H
#define WHOSENT_INFER_TRIAL_H

#include "infer/infer.h"

/* All packets of a group. */
struct trial_group {
	uint32_t host;
	struct series when;
	struct trail_peer peers[TRAIL_PEERS];
	uint32_t n_peers;
};

struct trial_result {
	double p_value; /* of this trial alone */
	int64_t longest_ns;
	struct lifetime lifetime; /* but for its p-value */
	/* Stops behind which the silence counts, as places of the candidate's spans. */
	uint8_t stops[LIFETIME_SPANS];
};

/* The span of the candidate in which all from `first` to `last` lies, or -1. */
int trial_span(const struct lifetime_candidate *c, struct ref_time first, struct ref_time last);

/* The last packet that lies in this span; false where there is none. */
bool trial_last(const struct lifetime_candidate *c, int span, const struct series *when,
	struct ref_time *ret);

/* False where something refutes it: a packet without the process, a silence too short, a capture or
 * a peer that did not go on. */
bool trial_run(const struct lifetime_ask *ask, const struct trial_group *group,
	const struct lifetime_candidate *c, struct trial_result *ret);

#endif
