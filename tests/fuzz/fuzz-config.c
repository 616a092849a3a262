/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes arbitrary bytes as gpuwatchd.conf and as a table of dependencies; tests/fuzz/run builds and runs it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "lib/boot/table/dependencies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is wrong is one line. */
static void on_bad_config(enum gw_config_severity severity, const char *message, void *userdata)
{
	if (strchr(message, '\n'))
		abort();
}

static void on_bad_table(const char *message, void *userdata)
{
	if (strchr(message, '\n'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gw_config config = GW_CONFIG_DEFAULT;
	const struct gw_dependency *entries;
	struct gw_depends *depends;
	size_t count;

	gw_config_parse(&config, "fuzz.conf", (const char *)data, size, on_bad_config, NULL);
	if (config.min_wait_ns <= 0 || !memchr(config.pin_directory, '\0', sizeof(config.pin_directory)))
		abort();
	if (gw_depends_new(&depends) < 0)
		abort();
	if (gw_depends_parse(depends, "fuzz.conf", (const char *)data, size, on_bad_table, NULL) < 0)
		abort();
	count = gw_depends_list(depends, &entries);
	for (size_t i = 0; i < count; i++)
		if (!entries[i].id ||
		    (!entries[i].consumer.drivers && gw_party_has(entries[i].consumer.drivers, "amdgpu")))
			abort();
	gw_depends_free(depends);
	return 0;
}
