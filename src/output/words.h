/* SPDX-License-Identifier: Apache-2.0 */
/* Words for people: counts, durations, endpoints, processes. Each appends to a string; names from
 * inputs are escaped. The marks of layout.h are used: bold for a process, ties before units. */
#ifndef WHOSENT_OUTPUT_WORDS_H
#define WHOSENT_OUTPUT_WORDS_H

#include <stdint.h>

#include "base/str.h"
#include "model/report.h"
#include "model/sink.h"

void words_number(struct str *s, uint64_t n); /* "1,040,592" */
/* "1 frame", "15 frames" */
void words_count(struct str *s, uint64_t n, const char *one, const char *many);

/* The size of a time, its sign left to the caller: "4 h 0.312 s", "7 h 30 min", "0.250 ms". */
void words_duration(struct str *s, int64_t ns);
void words_delta(struct str *s, int64_t ns); /* "+312.440 ms", "-0.001 ms" */

/* "10.1.1.1:36003", "[fe80::1]:53"; no port where the transport has none. */
void words_endpoint(struct str *s, const struct endpoint *e, uint8_t transport);
void words_flow(struct str *s, const struct flow *f, uint8_t transport); /* "a:1 > b:2" */

/* "UDP", "TCP", "ICMP", ..., "IP protocol 99" */
void words_transport(struct str *s, uint8_t transport);

/* "ICMP echo request", "ICMPv6 type 7, code 1" */
void words_icmp(struct str *s, uint8_t transport, uint8_t type, uint8_t code);

const char *words_operation(enum event_op op); /* "send"; "event" where it has no name */

/* "store.exe (2136)" or "PID 2136", in bold; " on HOST" where there are several hosts. */
void words_process(struct str *s, const struct sink_context *c, process_handle handle);

/* "1 frame", "12 frames"; events where there are no packets */
void words_frames(struct str *s, const struct sink_context *c, uint64_t n);
/* "service MSExchangeIS", "services IISADMIN, SMTPSVC" */
void words_services(struct str *s, const char *services);

void words_file(struct str *s, const struct sink_context *c, uint32_t input);
void words_evidence(struct str *s, const struct sink_context *c, const struct evidence *e);

/* Answers are counted for flows, which need ports: of other groups nobody knows. */
bool pattern_counts_answers(const struct pattern *p);

/* The process behind a handle, or NULL. */
const struct process *context_process(const struct sink_context *c, process_handle handle);
/* The name of a process's host where several hosts gave evidence, or NULL. */
const char *context_host(const struct sink_context *c, const struct process *p);

#endif
