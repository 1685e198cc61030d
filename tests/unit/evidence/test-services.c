/* SPDX-License-Identifier: Apache-2.0 */
/* Names of ports: the list that was made when this was built. */
#include <criterion/criterion.h>

#include <string.h>

#include "base/text.h"
#include "evidence/capture/services.h"
#include "evidence/capture/services_table.h"
#include "model/digest.h"

static unsigned port(const char *name, uint8_t transport)
{
	uint16_t v = 0;
	return services_port(span_text(name), transport, &v) ? v : 0;
}

/* The table is searched by halves, so its order is what it lives by. */
Test(services, sorted_and_terminated)
{
	cr_assert_gt(services_count, 100);
	for (size_t i = 0; i < services_count; i++) {
		const char *name = service_names + services[i].name;
		cr_assert_gt(strlen(name), 0);
		if (i)
			cr_assert_lt(
				strcmp(service_names + services[i - 1].name, name), 0, "%s", name);
		if (services[i].udp)
			cr_assert_eq(port(name, TRANSPORT_UDP), services[i].udp);
		if (services[i].tcp)
			cr_assert_eq(port(name, TRANSPORT_TCP), services[i].tcp);
	}
}

Test(services, names_of_the_article)
{
	if (!port("kwdb-commn", TRANSPORT_UDP))
		cr_skip_test("built without the full IANA list (Debian: libwireshark-data)");
	static const struct {
		const char *name;
		unsigned port;
	} names[] = { { "mxomss", 1141 }, { "edtools", 1142 }, { "fiveacross", 1193 },
		{ "kwdb-commn", 1127 }, { "dicom-tls", 2762 }, { "dkmessenger", 1177 },
		{ "tragic", 2642 }, { "xds", 2130 }, { "foliocorp", 2242 }, { "saphostctrl", 1128 },
		{ "slinkysearch", 1225 }, { "oracle-oms", 1159 }, { "proxy-gateway", 2303 },
		{ "fcmsys", 2344 } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cr_assert_eq(
			port(names[i].name, TRANSPORT_UDP), names[i].port, "%s", names[i].name);
	/* One name for two ports tells neither. */
	cr_assert_eq(port("compressnet", TRANSPORT_UDP), 0);
	cr_assert(services_is_prefix(span_text("dicom")));
	cr_assert(services_is_prefix(span_text("914")));
	cr_assert_not(services_is_prefix(span_text("dicom-tls")));
}

Test(services, unknown_names)
{
	cr_assert_eq(port("", TRANSPORT_UDP), 0);
	cr_assert_eq(port("no-such-service", TRANSPORT_UDP), 0);
	cr_assert_eq(port("\xff\xff", TRANSPORT_TCP), 0);
	cr_assert_eq(port("domain", TRANSPORT_ICMP), 0);
	cr_assert_eq(port("domain", TRANSPORT_TCP), 53);
	cr_assert_not(services_is_prefix(span_text("\xff")));
	cr_assert(services_is_prefix(span_text("")));
	cr_assert(services_is_prefix(span_text("domai")));
}
