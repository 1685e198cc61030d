/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs. Every one escapes what comes from inputs. */
#ifndef WHOSENT_OUTPUT_OUTPUT_H
#define WHOSENT_OUTPUT_OUTPUT_H

#include "model/sink.h"

/* NULL-terminated; the first is what one gets without asking. */
extern const struct sink_ops *const outputs[];

/* For people, 100 columns: DESIGN section 9, whosent-explain(1). */
extern const struct sink_ops output_terminal;
/* One JSON object per line, names of the Elastic Common Schema. */
extern const struct sink_ops output_json;
/* An annotated capture: whosent-convert(1). */
extern const struct sink_ops output_pcapng;

#endif
