/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of events, events from records of BPF, and events as JSON. */
#include "lib/boot/evidence/event.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"

static const char *const type_names[GW_BOOT_EVENT_TYPES] = {
	[GW_BOOT_NONE] = "none",
	[GW_BOOT_INITCALL_BEGIN] = "initcall-begin",
	[GW_BOOT_INITCALL_END] = "initcall-end",
	[GW_BOOT_PROBE_BEGIN] = "probe-begin",
	[GW_BOOT_PROBE_END] = "probe-end",
	[GW_BOOT_DEFER] = "defer",
	[GW_BOOT_DEFER_REASON] = "defer-reason",
	[GW_BOOT_UNDEFER] = "undefer",
	[GW_BOOT_DEFER_RETRY] = "defer-retry",
	[GW_BOOT_DEFER_TRIGGER] = "defer-trigger",
	[GW_BOOT_DEFER_EXTEND] = "defer-extend",
	[GW_BOOT_DEFER_TIMEOUT] = "defer-timeout",
	[GW_BOOT_SUPPLIER_WAIT] = "supplier-wait",
	[GW_BOOT_LINK_ADD] = "link-add",
	[GW_BOOT_UNBIND] = "unbind",
	[GW_BOOT_MODULE_BEGIN] = "module-begin",
	[GW_BOOT_MODULE_END] = "module-end",
	[GW_BOOT_MODULE_FREE] = "module-free",
	[GW_BOOT_MODULE_REQUEST] = "module-request",
	[GW_BOOT_SYMBOL_REQUEST] = "symbol-request",
	[GW_BOOT_IOMMU_PROBE] = "iommu-probe",
	[GW_BOOT_IOMMU_GROUP] = "iommu-group",
	[GW_BOOT_OF_XLATE] = "of-xlate",
	[GW_BOOT_FIRMWARE_MISSING] = "firmware-missing",
	[GW_BOOT_COMPONENT_BIND] = "component-bind",
	[GW_BOOT_AGGREGATE_BIND] = "aggregate-bind",
	[GW_BOOT_RESOURCE_BUSY] = "resource-busy",
	[GW_BOOT_DRM_MINOR] = "drm-minor",
	[GW_BOOT_KFD_SKIPPED] = "kfd-skipped",
	[GW_BOOT_SYMBOL_MISSING] = "symbol-missing",
	[GW_BOOT_ROOT_WAIT] = "root-wait",
	[GW_BOOT_ROOT_MOUNTED] = "root-mounted",
	[GW_BOOT_GIVEN_UP] = "given-up",
	[GW_BOOT_NOT_PROBED] = "not-probed",
	[GW_BOOT_FIRMWARE_ERROR] = "firmware-error",
	[GW_BOOT_FIRMWARE_LOADED] = "firmware-loaded",
};

static const char *const source_names[GW_BOOT_SOURCES] = {
	[GW_BOOT_FROM_BPF] = "bpf",
	[GW_BOOT_FROM_KMSG] = "kmsg",
	[GW_BOOT_FROM_TRACE] = "trace",
};

const char *gw_boot_source_name(enum gw_boot_source source)
{
	return source_names[source];
}

/* Names in a record may lack their terminator if it was damaged. */
static void event_copy_name(char *ret, size_t ret_size, const char *name, size_t size)
{
	size_t length = strnlen(name, size < ret_size ? size : ret_size - 1);

	memcpy(ret, name, length);
	memset(ret + length, 0, ret_size - length);
}

/* A reason is a line of the kernel log, with what ends it. */
static void event_trim_end(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && (unsigned char)text[length - 1] <= ' ')
		text[--length] = '\0';
}

void gw_boot_event_from_record(struct gw_boot_event *ret, const struct gw_boot_record *record)
{
	*ret = (struct gw_boot_event){
		.time_ns = record->time_ns,
		.sequence = record->sequence,
		.object = record->object,
		.flags = record->flags,
		.type = record->type < GW_BOOT_EVENT_TYPES ? (enum gw_boot_event_type)record->type : GW_BOOT_NONE,
		.source = GW_BOOT_FROM_BPF,
		.pid = record->pid,
		.result = record->result,
	};
	event_copy_name(ret->comm, sizeof(ret->comm), record->comm, sizeof(record->comm));
	event_copy_name(ret->subject, sizeof(ret->subject), record->subject, sizeof(record->subject));
	event_copy_name(ret->other, sizeof(ret->other), record->other, sizeof(record->other));
	event_copy_name(ret->bus, sizeof(ret->bus), record->bus, sizeof(record->bus));
	event_trim_end(ret->other);
}

/* ---- JSON ------------------------------------------------------------------------------ */

/* Fields that are nothing are left out: a boot has tens of thousands of events. */
static int event_put_number(json_t *object, const char *key, uint64_t value)
{
	return value ? json_object_set_new(object, key, gw_json_number(value)) : 0;
}

static int event_put_text(json_t *object, const char *key, const char *value)
{
	return *value ? json_object_set_new(object, key, gw_json_text(value)) : 0;
}

static int event_put_all(json_t *object, const struct gw_boot_event *event)
{
	int failed = json_object_set_new(object, "type", json_string(type_names[event->type]));

	failed |= json_object_set_new(object, "source", json_string(source_names[event->source]));
	failed |= json_object_set_new(object, "time_ns", gw_json_number(event->time_ns));
	failed |= event_put_number(object, "sequence", event->sequence);
	if (event->object)
		failed |= json_object_set_new(object, "object", gw_json_address(event->object));
	failed |= event_put_number(object, "duration_ns", event->duration_ns);
	failed |= event_put_number(object, "flags", event->flags);
	failed |= event_put_number(object, "pid", event->pid);
	if (event->result)
		failed |= json_object_set_new(object, "result", json_integer(event->result));
	failed |= event_put_text(object, "comm", event->comm);
	failed |= event_put_text(object, "subject", event->subject);
	failed |= event_put_text(object, "other", event->other);
	failed |= event_put_text(object, "bus", event->bus);
	return failed;
}

json_t *gw_boot_event_json(const struct gw_boot_event *event)
{
	json_t *object = json_object();

	if (object && event_put_all(object, event) == 0)
		return object;
	json_decref(object);
	return NULL;
}

/* The index of the field's value in a list of names, or -1. */
static int event_find_name(const json_t *object, const char *key, const char *const *names, int count)
{
	const char *value = json_string_value(json_object_get(object, key));

	for (int i = 0; value && i < count; i++)
		if (strcmp(names[i], value) == 0)
			return i;
	return -1;
}

static uint64_t event_get_number(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (uint64_t)value : 0;
}

static void event_get_text(const json_t *object, const char *key, char *ret, size_t size)
{
	const char *value = gw_json_string(object, key);

	event_copy_name(ret, size, value, strlen(value));
}

int gw_boot_event_from_json(struct gw_boot_event *ret, const json_t *json)
{
	int type = event_find_name(json, "type", type_names, GW_BOOT_EVENT_TYPES);
	int source = event_find_name(json, "source", source_names, GW_BOOT_SOURCES);
	const char *object = json_string_value(json_object_get(json, "object"));
	json_int_t result = json_integer_value(json_object_get(json, "result"));

	if (type < 0 || source < 0 || !json_is_integer(json_object_get(json, "time_ns")))
		return -EBADMSG;
	*ret = (struct gw_boot_event){
		.type = (enum gw_boot_event_type)type,
		.source = (enum gw_boot_source)source,
		.time_ns = event_get_number(json, "time_ns"),
		.sequence = event_get_number(json, "sequence"),
		.object = object ? strtoull(object, NULL, 16) : 0,
		.duration_ns = event_get_number(json, "duration_ns"),
		.flags = event_get_number(json, "flags"),
		.pid = (uint32_t)event_get_number(json, "pid"),
		.result = result >= INT32_MIN && result <= INT32_MAX ? (int32_t)result : 0,
	};
	event_get_text(json, "comm", ret->comm, sizeof(ret->comm));
	event_get_text(json, "subject", ret->subject, sizeof(ret->subject));
	event_get_text(json, "other", ret->other, sizeof(ret->other));
	event_get_text(json, "bus", ret->bus, sizeof(ret->bus));
	return 0;
}
