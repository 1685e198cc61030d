/* SPDX-License-Identifier: Apache-2.0 */
/* Processes and connections as Hone writes them: hone-pcapng.txt of HoneProject/Linux-Sensor. */
#ifndef WHOSENT_EVIDENCE_PCAPNG_HONE_H
#define WHOSENT_EVIDENCE_PCAPNG_HONE_H

#include "evidence/capture/pcapng_process.h"

void hone_init(struct hone *h, struct hash_key key);
void hone_done(struct hone *h);

/* A process event block. Returns 1 with a process note in *ret, 0 where it speaks of a thread. */
int hone_process_read(struct hone *h, const struct section *s, struct cursor body,
	struct record *ret, struct err *err);
/* A connection event block; it yields nothing. */
int hone_connection_read(
	struct hone *h, const struct section *s, struct cursor body, struct err *err);

/* Whose packet is it by Hone's options? False: they do not say. */
bool hone_owner(struct hone *h, const struct packet_options *o, const struct source_time *when,
	struct owner *ret);

#endif
