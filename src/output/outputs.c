/* SPDX-License-Identifier: Apache-2.0 */
/* The list of outputs: see output.h. */
#include "output/output.h"

const struct sink_ops *const outputs[] = {
	&output_terminal,
	&output_json,
	&output_pcapng,
	NULL,
};
