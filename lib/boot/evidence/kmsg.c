/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log's lines about initcalls, probes and deferral. Their words are
 * those of init/main.c, drivers/base/dd.c and drivers/base/core.c from 6.1 to
 * 7.2, and of the trace events that tp_printk prints.
 */
#include "lib/boot/evidence/kmsg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/boot/evidence/driver-words.h"

/* Longer than any line that is known here; the kernel's own limit is 1024. */
#define LINE_MAX_SIZE 1024

struct line {
	char message[LINE_MAX_SIZE];
	char subsystem[16];		/* SUBSYSTEM= of the continuation lines */
	char device[GW_BOOT_NAME_SIZE]; /* name from DEVICE=+subsystem:name */
};

/* Copies @length bytes, cut to fit. */
static void kmsg_copy(char *ret, size_t size, const char *from, size_t length)
{
	if (length > size - 1)
		length = size - 1;
	memcpy(ret, from, length);
	ret[length] = '\0';
}

#define COPY(kmsg_field, from, length) kmsg_copy(kmsg_field, sizeof(kmsg_field), from, length)

static void kmsg_set(struct gw_boot_event *event, char *ret, size_t size, const char *from, size_t length)
{
	if (length > size - 1)
		event->flags |= GW_BOOT_F_CUT;
	kmsg_copy(ret, size, from, length);
}

#define SET(event, field, from, length) kmsg_set(event, (event)->field, sizeof((event)->field), from, length)

/* ---- the record -------------------------------------------------------------------------- */

/* A decimal number up to one of the bytes in @ends, which is skipped; false if there is none. */
static bool kmsg_take_number(const char **text, const char *end, const char *ends, uint64_t *ret)
{
	const char *s = *text;
	uint64_t value = 0;

	if (s == end || *s < '0' || *s > '9')
		return false;
	for (; s < end && *s >= '0' && *s <= '9'; s++)
		value = value > UINT64_MAX / 20 ? value : value * 10 + (uint64_t)(*s - '0');
	if (s == end || !strchr(ends, *s))
		return false;
	*text = s + 1;
	*ret = value;
	return true;
}

/* FLAGS[,caller=T123]: the thread that printed, 0 if the kernel does not say. */
static uint32_t kmsg_caller(const char *flags, size_t length)
{
	const char *caller = memmem(flags, length, "caller=T", 8);
	uint32_t pid = 0;

	for (const char *s = caller ? caller + 8 : NULL; s && s < flags + length && *s >= '0' && *s <= '9'; s++)
		pid = pid * 10 + (uint32_t)(*s - '0');
	return pid;
}

static void kmsg_take_continuation(struct line *line, const char *text, size_t length)
{
	const char *colon;

	if (length > 11 && memcmp(text, " SUBSYSTEM=", 11) == 0)
		COPY(line->subsystem, text + 11, length - 11);
	if (length <= 9 || memcmp(text, " DEVICE=+", 9) != 0)
		return;
	colon = memchr(text + 9, ':', length - 9);
	if (colon)
		COPY(line->device, colon + 1, (size_t)(text + length - colon - 1));
}

static void kmsg_split_lines(struct line *line, const char *text, const char *end)
{
	const char *newline = memchr(text, '\n', (size_t)(end - text));
	const char *stop = newline ? newline : end;

	line->subsystem[0] = line->device[0] = '\0';
	COPY(line->message, text, (size_t)(stop - text));
	while (stop < end) {
		text = stop + 1;
		newline = memchr(text, '\n', (size_t)(end - text));
		stop = newline ? newline : end;
		kmsg_take_continuation(line, text, (size_t)(stop - text));
	}
}

/* ---- initcalls --------------------------------------------------------------------------- */

/* "FUNCTION+0x0/0x10 [MODULE]", as %pS prints it, up to @end. Returns what follows it, or NULL. */
static const char *kmsg_take_symbol(struct gw_boot_event *event, const char *text)
{
	size_t length = strcspn(text, "+ ");
	const char *rest = text + length + strcspn(text + length, " ");

	if (length == 0)
		return NULL;
	SET(event, subject, text, length);
	if (gw_text_after(rest, " [")) {
		length = strcspn(rest + 2, "] ");
		SET(event, other, rest + 2, length);
		rest += 2 + length;
		rest += strcspn(rest, "]");
		rest += *rest == ']';
	}
	return rest;
}

static int kmsg_initcall_begin(struct gw_boot_event *event, const char *text)
{
	unsigned int pid = 0;
	const char *rest = kmsg_take_symbol(event, text);

	if (!rest || sscanf(rest, " @ %u", &pid) != 1)
		return 0;
	event->type = GW_BOOT_INITCALL_BEGIN;
	event->pid = pid;
	return 1;
}

/* A duration in microseconds as at least one, so that it counts as given; what no boot can take is not believed. */
static uint64_t kmsg_duration_ns(long long value)
{
	if (value < 0 || value > 1000000000000LL)
		return 0;
	return (value ? (uint64_t)value : 1) * GW_NSEC_PER_USEC;
}

static int kmsg_initcall_end(struct gw_boot_event *event, const char *text)
{
	const char *rest = kmsg_take_symbol(event, text);
	long long duration;

	if (!rest || sscanf(rest, " returned %d after %lld usecs", &event->result, &duration) != 2)
		return 0;
	event->type = GW_BOOT_INITCALL_END;
	event->duration_ns = kmsg_duration_ns(duration);
	return 1;
}

static int kmsg_traced_initcall_begin(struct gw_boot_event *event, const char *text)
{
	if (!kmsg_take_symbol(event, text))
		return 0;
	event->type = GW_BOOT_INITCALL_BEGIN;
	return 1;
}

static int kmsg_traced_initcall_end(struct gw_boot_event *event, const char *text)
{
	const char *rest = kmsg_take_symbol(event, text);

	if (!rest || sscanf(rest, " ret=%d", &event->result) != 1)
		return 0;
	event->type = GW_BOOT_INITCALL_END;
	return 1;
}

/* ---- probes ------------------------------------------------------------------------------ */

/* really_probe() returns what the driver's probe did as a positive number, its own errors as negative ones. */
static int32_t kmsg_probe_result(int32_t result)
{
	return result > 0 ? -result : result;
}

/* "DEVICE returned R after N usecs", on newer kernels "DEVICE with driver DRIVER returned R after N usecs" */
static int kmsg_probe_returned(struct gw_boot_event *event, const char *text)
{
	const char *returned = strstr(text, " returned "), *driver = strstr(text, " with driver "), *end = returned;
	long long duration;

	if (!returned || sscanf(returned, " returned %d after %lld usecs", &event->result, &duration) != 2)
		return 0;
	if (driver && driver < returned) {
		end = driver;
		driver += strlen(" with driver ");
		SET(event, other, driver, (size_t)(returned - driver));
	}
	SET(event, subject, text, (size_t)(end - text));
	event->result = kmsg_probe_result(event->result);
	event->type = GW_BOOT_PROBE_END;
	event->duration_ns = kmsg_duration_ns(duration);
	return 1;
}

/* "BUS': really_probe: probing driver DRIVER with device [DEVICE]", "... bound device [DEVICE] to driver DRIVER" */
static int kmsg_really_probe(struct gw_boot_event *event, const char *text, const char *device)
{
	size_t bus = strcspn(text, "'");
	const char *driver, *name, *rest = gw_text_after(text + bus, "': really_probe: ");

	if (rest && (driver = gw_text_after(rest, "probing driver ")) && (name = strstr(driver, " with device"))) {
		event->type = GW_BOOT_PROBE_BEGIN;
		SET(event, other, driver, (size_t)(name - driver));
		name += strlen(" with device");
		name += *name == ' ';
		SET(event, subject, *name ? name : device, strlen(*name ? name : device));
	} else if (rest && (name = gw_text_after(rest, "bound device ")) && (driver = strstr(rest, "to driver "))) {
		event->type = GW_BOOT_PROBE_END;
		SET(event, other, driver + 10, strlen(driver + 10));
		if (name < driver)
			SET(event, subject, name, (size_t)(driver - 1 - name));
		else
			SET(event, subject, device, strlen(device));
	} else {
		return 0;
	}
	COPY(event->bus, text, bus);
	return event->subject[0] != '\0';
}

/* 6.1: "DRIVER: probe of DEVICE failed with error R", "DRIVER: probe of DEVICE rejects match R" */
static int kmsg_probe_failed_old(struct gw_boot_event *event, const char *message)
{
	const char *device = strstr(message, ": probe of "), *rest;

	if (!device)
		return 0;
	rest = strstr(device + 11, " failed with error ");
	rest = rest ? rest : strstr(device + 11, " rejects match ");
	if (!rest || (sscanf(rest, " failed with error %d", &event->result) != 1 &&
		      sscanf(rest, " rejects match %d", &event->result) != 1))
		return 0;
	event->type = GW_BOOT_PROBE_END;
	event->result = kmsg_probe_result(event->result);
	SET(event, other, message, (size_t)(device - message));
	SET(event, subject, device + 11, (size_t)(rest - device - 11));
	return 1;
}

/* 6.8 and later: "DRIVER failed with error R", "DRIVER rejects match R" */
static int kmsg_probe_failed(struct gw_boot_event *event, const char *text)
{
	const char *rest = strstr(text, " failed with error ");

	rest = rest ? rest : strstr(text, " rejects match ");
	if (!rest || (sscanf(rest, " failed with error %d", &event->result) != 1 &&
		      sscanf(rest, " rejects match %d", &event->result) != 1))
		return 0;
	event->type = GW_BOOT_PROBE_END;
	event->result = kmsg_probe_result(event->result);
	SET(event, other, text, (size_t)(rest - text));
	return 1;
}

/* ---- deferral and suppliers -------------------------------------------------------------- */

static int kmsg_simple(struct gw_boot_event *event, enum gw_boot_event_type type, const char *other, int32_t result)
{
	event->type = type;
	event->result = result;
	SET(event, other, other, strlen(other));
	return 1;
}

static int kmsg_link_add(struct gw_boot_event *event, const char *supplier, uint64_t flags)
{
	event->flags |= flags;
	return kmsg_simple(event, GW_BOOT_LINK_ADD, supplier, 0);
}

/* What dev_err_probe() prints for -EPROBE_DEFER; also its text alone. */
static int kmsg_reason(struct gw_boot_event *event, const char *text)
{
	const char *supplier = gw_text_after(text, "wait for supplier"), *end;

	if (supplier)
		return kmsg_simple(event, GW_BOOT_SUPPLIER_WAIT, supplier + strspn(supplier, " "), 0);
	supplier = gw_text_after(text, "supplier ");
	end = supplier ? strstr(supplier, " not ready") : NULL;
	if (!end)
		return kmsg_simple(event, GW_BOOT_DEFER_REASON, text, 0);
	event->type = GW_BOOT_SUPPLIER_WAIT;
	SET(event, other, supplier, (size_t)(end - supplier));
	return 1;
}

/* A message about a device, behind its prefix. */
static int kmsg_about_device(struct gw_boot_event *event, const char *text)
{
	const char *rest;

	if ((rest = gw_text_after(text, "bus: '")))
		return kmsg_really_probe(event, rest, event->subject);
	if ((rest = gw_text_after(text, "probe with driver ")))
		return kmsg_probe_failed(event, rest);
	if ((rest = gw_text_after(text, "error -EPROBE_DEFER: ")))
		return kmsg_reason(event, rest);
	if ((rest = gw_text_after(text, "Linked as a consumer to ")))
		return kmsg_link_add(event, rest, 0);
	if ((rest = gw_text_after(text, "Linked as a sync state only consumer to ")))
		return kmsg_link_add(event, rest, DL_FLAG_SYNC_STATE_ONLY);
	if ((rest = gw_text_after(text, "deferred probe pending: ")))
		return kmsg_simple(event, GW_BOOT_DEFER_TIMEOUT, rest, 0);
	if (strcmp(text, "deferred probe pending") == 0)
		return kmsg_simple(event, GW_BOOT_DEFER_TIMEOUT, "", 0);
	if (strcmp(text, "deferred probe timeout, ignoring dependency") == 0)
		return kmsg_simple(event, GW_BOOT_DEFER_TIMEOUT, "", -ETIMEDOUT);
	if (strcmp(text, "ignoring dependency for device, assuming no driver") == 0)
		return kmsg_simple(event, GW_BOOT_DEFER_TIMEOUT, "", -ENODEV);
	if (strcmp(text, "Retrying from deferred list") == 0)
		return kmsg_simple(event, GW_BOOT_DEFER_RETRY, "", 0);
	if (strcmp(text, "Added to deferred list") == 0)
		return kmsg_simple(event, GW_BOOT_DEFER, "", 0);
	if (strcmp(text, "Removed from deferred list") == 0)
		return kmsg_simple(event, GW_BOOT_UNDEFER, "", 0);
	return 0;
}

/* What the driver core itself gives as a reason. */
static bool kmsg_is_core_reason(const char *text)
{
	return gw_text_after(text, "wait for supplier ") ||
	       (gw_text_after(text, "supplier ") && strstr(text, " not ready"));
}

/* "fd4a0000.gpu", "0000:03:00.0", "vdd-gpu": not any word. */
static bool kmsg_is_device_name(const char *name, size_t length)
{
	return strcspn(name, ".:-@") < length;
}

/*
 * A line of debugfs' devices_deferred, as it is pasted: "DEVICE", blanks, "DRIVER: REASON". What tells it from a message of the
 * log is that it has no time; from other tables and from any bytes, that the reason is the driver core's, or, in a text without
 * any times, that there is more than one blank behind what can only be the name of a device.
 */
static int kmsg_deferred_list(struct gw_boot_event *event, const char *message)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:@+#/";
	size_t name = strspn(message, characters), blanks = strspn(message + name, " "), driver;
	const char *reason = message + name + blanks;

	driver = strcspn(reason, ": ");
	if (!(gw_boot_is_position(event->time_ns) || event->flags & GW_BOOT_F_UNTIMED) || name == 0 ||
	    message[name - 1] == ':' || blanks == 0 ||
	    !((*reason >= 'a' && *reason <= 'z') || (*reason >= 'A' && *reason <= 'Z')) ||
	    strspn(reason, characters) < driver || strncmp(reason + driver, ": ", 2) != 0)
		return 0;
	if (!kmsg_is_core_reason(reason + driver + 2) &&
	    (event->flags & GW_BOOT_F_UNTIMED || blanks == 1 || !kmsg_is_device_name(message, name)))
		return 0;
	SET(event, subject, message, name);
	event->bus[0] = '\0';
	return kmsg_simple(event, GW_BOOT_DEFER_TIMEOUT, reason, 0);
}

/* What stands in front of a device that has no driver. */
static bool kmsg_is_bus(const char *name, size_t length)
{
	static const char *const buses[] = { "platform", "amba", "i2c", "spi", "pci", "auxiliary", "mipi-dsi" };

	for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++)
		if (strlen(buses[i]) == length && memcmp(buses[i], name, length) == 0)
			return true;
	return false;
}

/* "DEVICE: deferred probe pending: …", as people shorten the driver core's own words. */
static int kmsg_shortened(struct gw_boot_event *event, const struct line *line, const char *colon)
{
	const char *text = colon + 1 + strspn(colon + 1, " ");

	if (colon == line->message || !gw_text_after(text, "deferred probe "))
		return 0;
	SET(event, subject, line->message, (size_t)(colon - line->message));
	event->bus[0] = '\0';
	return kmsg_about_device(event, text);
}

/*
 * dev_printk() puts "DRIVER-OR-BUS DEVICE: " before the message. The device's name may have colons in it, but no colon
 * followed by a blank.
 */
static int kmsg_with_device(struct gw_boot_event *event, const struct line *line)
{
	const char *colon = strstr(line->message, ": ");
	const char *device = colon ? memrchr(line->message, ' ', (size_t)(colon - line->message)) : NULL;

	if (!device)
		return colon ? kmsg_shortened(event, line, colon) : 0;
	if (line->device[0])
		SET(event, subject, line->device, strlen(line->device));
	else
		SET(event, subject, device + 1, (size_t)(colon - device - 1));
	COPY(event->bus, line->subsystem, strlen(line->subsystem));
	if (!kmsg_about_device(event, colon + 2))
		return 0;
	/* Printed in the middle of a probe: the driver's name is in front. */
	if (event->type == GW_BOOT_DEFER_TIMEOUT && event->result < 0 &&
	    !kmsg_is_bus(line->message, (size_t)(device - line->message)))
		SET(event, other, line->message, (size_t)(device - line->message));
	return 1;
}

/* ---- trace events of our patches ----------------------------------------------------------- */

/* "KEY=VALUE", where VALUE ends at " NEXT=" or, if @next is NULL, at the end. */
static bool kmsg_field(const char *text, const char *key, const char *next, const char **ret, size_t *length)
{
	const char *value = strstr(text, key), *end;

	if (!value)
		return false;
	value += strlen(key);
	end = next ? strstr(value, next) : value + strlen(value);
	if (!end)
		return false;
	*ret = value;
	*length = (size_t)(end - value);
	return true;
}

static bool kmsg_name_field(struct gw_boot_event *event, char *ret, size_t size, const char *text, const char *key,
			    const char *next)
{
	const char *value;
	size_t length;

	if (!kmsg_field(text, key, next, &value, &length))
		return false;
	kmsg_set(event, ret, size, value, length);
	return true;
}

#define NAME_FIELD(event, field, text, key, next)                                                                      \
	kmsg_name_field(event, (event)->field, sizeof((event)->field), text, key, next)

static int32_t kmsg_number_field(const char *text, const char *key)
{
	const char *value = strstr(text, key);

	return value ? (int32_t)strtol(value + strlen(key), NULL, 10) : 0;
}

static int kmsg_traced_probe_begin(struct gw_boot_event *event, const char *text)
{
	const char *bus;
	size_t length;

	if (!NAME_FIELD(event, subject, text, "dev=", " drv=") || !NAME_FIELD(event, other, text, " drv=", " bus=") ||
	    !kmsg_field(text, " bus=", NULL, &bus, &length))
		return 0;
	COPY(event->bus, bus, length);
	event->type = GW_BOOT_PROBE_BEGIN;
	return 1;
}

static int kmsg_traced_probe_end(struct gw_boot_event *event, const char *text)
{
	if (!NAME_FIELD(event, subject, text, "dev=", " drv=") || !NAME_FIELD(event, other, text, " drv=", " result="))
		return 0;
	event->type = GW_BOOT_PROBE_END;
	event->result = kmsg_number_field(text, " result=");
	return 1;
}

static int kmsg_traced_deferral(struct gw_boot_event *event, const char *text, enum gw_boot_event_type type)
{
	event->type = type;
	return NAME_FIELD(event, subject, text, "dev=", NULL);
}

static int kmsg_traced_reason(struct gw_boot_event *event, const char *text)
{
	const char *why;
	size_t length;

	if (!NAME_FIELD(event, subject, text, "dev=", " reason=") || !kmsg_field(text, " reason=", NULL, &why, &length))
		return 0;
	return kmsg_reason(event, why);
}

static int kmsg_traced_wait(struct gw_boot_event *event, const char *text)
{
	event->type = GW_BOOT_SUPPLIER_WAIT;
	return NAME_FIELD(event, subject, text, "consumer=", " supplier=") &&
	       (NAME_FIELD(event, other, text, " supplier=", " flags=") ||
		NAME_FIELD(event, other, text, " supplier=", NULL));
}

/* What begins with the name of a trace event. */
static int kmsg_traced(struct gw_boot_event *event, const char *text)
{
	const char *rest;

	if ((rest = gw_text_after(text, "initcall_start: func=")))
		return kmsg_traced_initcall_begin(event, rest);
	if ((rest = gw_text_after(text, "initcall_finish: func=")))
		return kmsg_traced_initcall_end(event, rest);
	if ((rest = gw_text_after(text, "driver_probe_begin: ")))
		return kmsg_traced_probe_begin(event, rest);
	if ((rest = gw_text_after(text, "driver_probe_end: ")))
		return kmsg_traced_probe_end(event, rest);
	if ((rest = gw_text_after(text, "driver_deferred_probe_add: ")))
		return kmsg_traced_deferral(event, rest, GW_BOOT_DEFER);
	if ((rest = gw_text_after(text, "driver_deferred_probe_del: ")))
		return kmsg_traced_deferral(event, rest, GW_BOOT_UNDEFER);
	if ((rest = gw_text_after(text, "driver_deferred_probe_retry: ")))
		return kmsg_traced_deferral(event, rest, GW_BOOT_DEFER_RETRY);
	if ((rest = gw_text_after(text, "driver_deferred_probe_pending: ")))
		return kmsg_traced_deferral(event, rest, GW_BOOT_DEFER_TIMEOUT);
	if ((rest = gw_text_after(text, "driver_deferred_probe_reason: ")))
		return kmsg_traced_reason(event, rest);
	if (gw_text_after(text, "driver_deferred_probe_trigger: "))
		return kmsg_simple(event, GW_BOOT_DEFER_TRIGGER, "", 0);
	if (gw_text_after(text, "driver_deferred_probe_timeout: "))
		return kmsg_simple(event, GW_BOOT_DEFER_TIMEOUT, "", 0);
	if ((rest = gw_text_after(text, "driver_deferred_probe_timeout_extend: ")))
		return kmsg_simple(event, GW_BOOT_DEFER_EXTEND, "", kmsg_number_field(rest, "timeout="));
	if ((rest = gw_text_after(text, "device_link_supplier_wait: ")) ||
	    (rest = gw_text_after(text, "device_link_fwnode_wait: ")))
		return kmsg_traced_wait(event, rest);
	return 0;
}

/* ---- a record ------------------------------------------------------------------------------ */

static int kmsg_parse_message(struct gw_boot_event *event, const struct line *line)
{
	const char *message = line->message, *rest;

	if ((rest = gw_text_after(message, "calling  ")))
		return kmsg_initcall_begin(event, rest);
	if ((rest = gw_text_after(message, "initcall ")))
		return kmsg_initcall_end(event, rest);
	if ((rest = gw_text_after(message, "probe of ")))
		return kmsg_probe_returned(event, rest);
	if ((rest = gw_text_after(message, "Extended deferred probe timeout by ")))
		return kmsg_simple(event, GW_BOOT_DEFER_EXTEND, "", (int32_t)strtol(rest, NULL, 10));
	if ((rest = gw_text_after(message, "bus: '")))
		return kmsg_really_probe(event, rest, line->device);
	return kmsg_traced(event, message) || kmsg_probe_failed_old(event, message) || kmsg_with_device(event, line) ||
	       kmsg_deferred_list(event, message) || gw_boot_driver_words(event, message);
}

int gw_boot_event_from_message(struct gw_boot_event *ret, const char *message)
{
	struct line line;

	kmsg_split_lines(&line, message, message + strlen(message));
	return kmsg_parse_message(ret, &line);
}

int gw_boot_event_from_kmsg(struct gw_boot_event *ret, uint64_t *sequence, const char *text, size_t size)
{
	const char *end = text + size, *message;
	uint64_t priority, number, time;
	struct line line;

	if (!kmsg_take_number(&text, end, ",", &priority) || !kmsg_take_number(&text, end, ",", &number))
		return -EBADMSG;
	*sequence = number;
	if (!kmsg_take_number(&text, end, ",", &time) || time > UINT64_MAX / GW_NSEC_PER_MSEC ||
	    !(message = memchr(text, ';', (size_t)(end - text))))
		return -EBADMSG;
	*ret = (struct gw_boot_event){
		.source = GW_BOOT_FROM_KMSG,
		.sequence = number,
		.time_ns = time * GW_NSEC_PER_USEC,
		.pid = kmsg_caller(text, (size_t)(message - text)),
	};
	kmsg_split_lines(&line, message + 1, end);
	/* What user space writes into /dev/kmsg never has the kernel's facility (devkmsg_write()): it may say anything.
	 */
	if (priority < GW_BOOT_KERNEL_PRIORITIES && kmsg_parse_message(ret, &line) == 1)
		return 1;
	*ret = (struct gw_boot_event){ .source = GW_BOOT_FROM_KMSG,
				       .sequence = number,
				       .time_ns = time * GW_NSEC_PER_USEC };
	return 0;
}
