/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes arbitrary bytes as evidence of a boot; tests/fuzz/run builds and runs
 * it. Bytes that begin with 'K' are records of the kernel log, one per line;
 * 'E', events of BPF as they lie in its ring buffer; anything else the lines
 * of an evidence file. If their number is even they get a table and a state
 * that their names may meet; a log alone has none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot/boot.h"
#include "lib/boot/evidence/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char header[] = "{\"schema\":\"gpuwatch.boot.v1\",\"kernel\":\"6.12\",\"taken_mono_ns\":60000000000}";
static const char table[] =
	"{\"table\":\"[a]\\nConsumer=A\\nConsumerDrivers=a*\\nConsumerInitcalls=a*\\nSupplier=B\\nSupplierDrivers=b*\\n"
	"SupplierModules=b*\\nSupplierInitcalls=b*\\nFeature=f\\nFeaturePath=/dev/f\\nWhy=w\\nSource=s\\n"
	"[b]\\nConsumer=B\\nConsumerDrivers=b*\\nSupplier=A\\nSupplierDrivers=a*\\nWhy=w\\nSource=s\\n\"}";
static const char state[] =
	"{\"state\":{\"cmdline\":\"initcall_debug\",\"devices\":[{\"name\":\"a\",\"bus\":\"p\",\"driver\":\"a\",\"module\":\"a\",\"suppliers\":[{\"node\":\"/b\",\"property\":\"iommus\",\"device\":\"b\"}]},{\"name\":\"b\",\"bus\":\"p\",\"driver\":\"\"}],\"deferred\":[{\"device\":\"b\",\"reason\":\"wait for supplier a\"}],\"paths\":{\"/dev/f\":false},\"links\":[{\"supplier\":\"p:a\",\"consumer\":\"p:b\",\"status\":\"active\"}],\"modules\":[{\"name\":\"b\",\"state\":\"available\"}]}}";

static void load(struct gw_boot_evidence *evidence, const char *line, size_t size)
{
	int r = gw_boot_evidence_load(evidence, line, size);

	if (r != 0 && r != -EBADMSG)
		abort();
}

static void load_lines(struct gw_boot_evidence *evidence, const char *text, size_t size, bool raw)
{
	for (size_t from = 0; from < size;) {
		const char *end = memchr(text + from, '\n', size - from);
		size_t length = end ? (size_t)(end - text) - from : size - from;

		if (raw && gw_boot_evidence_add_kmsg(evidence, text + from, length) < 0)
			abort();
		if (!raw)
			load(evidence, text + from, length);
		from += length + 1;
	}
}

static void load_records(struct gw_boot_evidence *evidence, const uint8_t *data, size_t size)
{
	for (size_t from = 0; from + sizeof(struct gw_boot_record) <= size; from += sizeof(struct gw_boot_record)) {
		struct gw_boot_record record;
		struct gw_boot_event event;

		memcpy(&record, data + from, sizeof(record));
		gw_boot_event_from_record(&event, &record);
		json_decref(gw_boot_event_json(&event));
		if (gw_boot_evidence_add_event(evidence, &event) < 0)
			abort();
	}
}

/* What goes out is JSON, whatever came in. */
static void show(struct gw_boot *boot)
{
	json_t *order = gw_boot_json(boot);
	char *text = order ? json_dumps(order, 0) : NULL;

	if (!text)
		abort();
	free(text);
	json_decref(order);
}

/* Every report has an id of its own. */
static void look(struct gw_boot_evidence *evidence, bool shown)
{
	struct gw_boot *boot;
	const struct gw_report *const *reports;
	size_t count;

	if (gw_boot_analyse(&boot, evidence) < 0)
		abort();
	count = gw_boot_reports(boot, &reports);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(reports[i]->id, reports[k]->id) == 0)
				abort();
	if (shown)
		show(boot);
	gw_boot_free(boot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct gw_boot_evidence *evidence;

	if (gw_boot_evidence_new(&evidence, NULL) < 0)
		abort();
	load(evidence, header, strlen(header));
	if (size % 2 == 0) {
		load(evidence, table, strlen(table));
		load(evidence, state, strlen(state));
	}
	if (size && data[0] == 'K')
		load_lines(evidence, text + 1, size - 1, true);
	else if (size && data[0] == 'E')
		load_records(evidence, data + 1, size - 1);
	else
		load_lines(evidence, text, size, false);
	/* A look must leave the evidence as it was. Looking and showing cost the most, so not every length has all of it. */
	look(evidence, size % 8 < 2);
	if (size % 16 < 2)
		look(evidence, true);
	gw_boot_evidence_free(evidence);
	return 0;
}
