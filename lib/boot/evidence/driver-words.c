/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of drivers/base/firmware_loader, drivers/base/component.c, kernel/module, DRM, KFD, PCI and init/do_mounts.c,
 * old and new.
 */
#include "lib/boot/evidence/driver-words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

static int words_set(struct gw_boot_event *event, enum gw_boot_event_type type, const char *other, size_t length)
{
	event->type = type;
	snprintf(event->other, sizeof(event->other), "%.*s", (int)length, other);
	return 1;
}

static void words_subject(struct gw_boot_event *event, const char *text, size_t length)
{
	snprintf(event->subject, sizeof(event->subject), "%.*s", (int)length, text);
}

/* The number at the end of a message, "…: -517", "… (-2)". */
static bool words_last_number(const char *text, int32_t *ret)
{
	const char *at = text + strlen(text);

	while (at > text && at[-1] == ')')
		at--;
	while (at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	if (at > text && at[-1] == '-')
		at--;
	*ret = (int32_t)strtol(at, NULL, 10);
	return *at == '-' || (*at >= '0' && *at <= '9');
}

/* ---- behind "DRIVER DEVICE: " ---------------------------------------------------------------------------- */

/*
 * i915's and xe's "[drm] GT0: GuC firmware FILE: fetch failed -ENOENT", and amdgpu's "gfx9: Failed to load firmware "FILE"", of which
 * the kernel itself need not print anything.
 */
static int words_firmware_fetch(struct gw_boot_event *event, const char *text)
{
	const char *end = strstr(text, ": fetch failed -ENOENT"), *file = strstr(text, " firmware ");
	const char *quoted = strstr(text, ": Failed to load firmware \"");

	if (quoted) {
		quoted = strchr(quoted, '"') + 1;
		event->result = -ENOENT;
		return words_set(event, GW_BOOT_FIRMWARE_MISSING, quoted, strcspn(quoted, "\""));
	}
	if (!end || !file || file > end)
		return 0;
	file += strlen(" firmware ");
	event->result = -ENOENT;
	return words_set(event, GW_BOOT_FIRMWARE_MISSING, file, (size_t)(end - file));
}

/* "Direct firmware load for FILE failed with error R"; Debian's kernels: "firmware: failed to load FILE (R)". */
static int words_firmware(struct gw_boot_event *event, const char *text)
{
	const char *file = gw_text_after(text, "Direct firmware load for "), *end;

	if (file)
		end = strstr(file, " failed with error ");
	else if ((file = gw_text_after(text, "firmware: failed to load ")))
		end = strrchr(file, '(');
	else
		return words_firmware_fetch(event, text);
	if (!end || !words_last_number(end, &event->result))
		return 0;
	return words_set(event, GW_BOOT_FIRMWARE_MISSING, file, (size_t)(end - file) - (*end == '('));
}

/*
 * "[drm:FUNCTION [MODULE]] *ERROR* failed to load FILE", "… Unable to load FILE": the device comes up, but not all of it. And
 * "[drm…] loaded FILE from new location", when a later try got it.
 */
static int words_firmware_of_part(struct gw_boot_event *event, const char *text)
{
	const char *message = gw_text_after(text, "[drm") ? strstr(text, "] ") : NULL, *loaded, *file, *slash;
	size_t length;

	if (!message)
		return 0;
	message += 2;
	loaded = gw_text_after(message, "loaded ");
	file = loaded ?: gw_text_after(message, "*ERROR* failed to load ") ?: gw_text_after(message, "*ERROR* Unable to load ");
	length = file ? strcspn(file, " ") : 0;
	if (!file || !memchr(file, '.', length))
		return 0;
	if (!loaded)
		return words_set(event, GW_BOOT_FIRMWARE_ERROR, file, length);
	slash = memrchr(file, '/', length);
	length -= slash ? (size_t)(slash + 1 - file) : 0;
	return words_set(event, GW_BOOT_FIRMWARE_LOADED, slash ? slash + 1 : file, length);
}

/* "bound PART (ops NAME)", "failed to bind PART (ops NAME): R" */
static int words_component(struct gw_boot_event *event, const char *text)
{
	const char *part = gw_text_after(text, "bound "), *end;

	if (!part && !(part = gw_text_after(text, "failed to bind ")))
		return 0;
	end = strstr(part, " (ops ");
	if (!end)
		return 0;
	event->result = 0;
	if (text[0] == 'f' && !words_last_number(end, &event->result))
		return 0;
	return words_set(event, GW_BOOT_COMPONENT_BIND, part, (size_t)(end - part));
}

static int words_aggregate(struct gw_boot_event *event, const char *driver, size_t length, const char *text)
{
	if ((!gw_text_after(text, "master bind failed: ") && !gw_text_after(text, "adev bind failed: ")) ||
	    !words_last_number(text, &event->result))
		return 0;
	return words_set(event, GW_BOOT_AGGREGATE_BIND, driver, length);
}

/* "can't request region for resource [mem …]", "BAR 0: can't reserve [mem …]", "BAR 0 [mem …]: can't claim; address conflict with …" */
static int words_resource(struct gw_boot_event *event, const char *message, const char *text)
{
	bool bar =
		gw_text_after(text, "BAR ") && (strstr(text, "can't reserve") || strstr(text, "address conflict with"));

	if (!bar && !gw_text_after(text, "can't request region for resource "))
		return 0;
	event->result = -EBUSY;
	if (gw_text_after(message, "vfio-pci "))
		event->flags |= GW_BOOT_F_GUEST;
	return words_set(event, GW_BOOT_RESOURCE_BUSY, text, strlen(text));
}

static bool words_end_with(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);

	return length >= size && strcmp(text + length - size, end) == 0;
}

/*
 * "[amdgpu: ]Fatal error during GPU init", xe's "… Failed to initialize uC (-ENOENT)": what the driver core reports of the probe comes later, if at all. i915, radeon and
 * nouveau keep a device as a display whose engines they cannot start.
 */
static int words_given_up(struct gw_boot_event *event, const char *driver, size_t length, const char *text)
{
	const char *channel = strstr(text, "failed to create kernel channel, ");
	bool engines = words_end_with(text, "Failed to initialize GPU, declaring it wedged!") ||
		       strcmp(text, "disabling GPU acceleration") == 0 ||
		       (channel && words_last_number(channel, &event->result));

	if (!engines && !words_end_with(text, "Fatal error during GPU init") &&
	    !strstr(text, ": Failed to initialize uC (") &&
	    !(strstr(text, "Xe has declared device ") && strstr(text, " as wedged")))
		return 0;
	if (engines)
		event->flags |= GW_BOOT_F_ENGINES;
	return words_set(event, GW_BOOT_GIVEN_UP, driver, length);
}

static int words_of_device(struct gw_boot_event *event, const char *message)
{
	const char *colon = strstr(message, ": "),
		   *device = colon ? memrchr(message, ' ', (size_t)(colon - message)) : NULL;

	if (!device)
		return 0;
	words_subject(event, device + 1, (size_t)(colon - device - 1));
	return words_firmware(event, colon + 2) || words_firmware_of_part(event, colon + 2) ||
	       words_component(event, colon + 2) ||
	       words_aggregate(event, message, (size_t)(device - message), colon + 2) ||
	       words_resource(event, message, colon + 2) ||
	       words_given_up(event, message, (size_t)(device - message), colon + 2);
}

/* ---- others ------------------------------------------------------------------------------------------------ */

/* "[drm] Initialized DRIVER VERSION … for DEVICE on minor N" */
static int words_drm_minor(struct gw_boot_event *event, const char *message)
{
	const char *driver = gw_text_after(message, "[drm] Initialized "), *device, *minor;

	device = driver ? strstr(driver, " for ") : NULL;
	minor = device ? strstr(device, " on minor ") : NULL;
	if (!minor || !words_last_number(minor, &event->result))
		return 0;
	words_subject(event, device + 5, (size_t)(minor - device - 5));
	return words_set(event, GW_BOOT_DRM_MINOR, driver, strcspn(driver, " "));
}

/* "kfd kfd: [amdgpu: ]skipped device 1002:67e3, PCI rejects atomics 730<0" */
static int words_kfd(struct gw_boot_event *event, const char *message)
{
	const char *text = gw_text_after(message, "kfd kfd: "), *id, *why;

	if (!text)
		return 0;
	text = gw_text_after(text, "amdgpu: ") ?: text;
	id = gw_text_after(text, "skipped device ");
	why = id ? strstr(id, ", ") : NULL;
	if (why) {
		words_subject(event, id, (size_t)(why - id));
		return words_set(event, GW_BOOT_KFD_SKIPPED, why + 2, strlen(why + 2));
	}
	id = gw_text_after(text, "device ");
	why = id ? strstr(id, " NOT added") : NULL;
	if (!why)
		return 0;
	words_subject(event, id, (size_t)(why - id));
	return words_set(event, GW_BOOT_KFD_SKIPPED, why + 1, strlen(why + 1));
}

/*
 * "NVRM: The NVIDIA probe routine was not called for N device(s).": another driver has them, perhaps the one of "NVRM: GPU 0000:01:00.0 is
 * already bound to vfio-pci." "… probe routine failed for N device(s).": a negative result. "NVRM: GPU 0000:01:00.0: RmInitAdapter failed!
 * (0x62:0x40:2393)": the GPU is there, and its driver cannot start it.
 */
static int words_nvidia(struct gw_boot_event *event, const char *message)
{
	const char *count = gw_text_after(message, "NVRM: The NVIDIA probe routine was not called for ");
	const char *failed = gw_text_after(message, "NVRM: The NVIDIA probe routine failed for ");
	const char *gpu = gw_text_after(message, "NVRM: GPU ");
	bool bound = gpu && strstr(gpu, " is already bound to ");

	if (gpu && strstr(gpu, ": RmInitAdapter failed!")) {
		words_subject(event, gpu, strcspn(gpu, " ") - 1);
		return words_set(event, GW_BOOT_GIVEN_UP, "nvidia", 6);
	}
	if (!count && !failed && !bound)
		return 0;
	words_subject(event, "nvidia", 6);
	event->result = 1;
	if (bound)
		return words_set(event, GW_BOOT_NOT_PROBED, gpu, strlen(gpu) - (gpu[strlen(gpu) - 1] == '.'));
	count = count ?: failed;
	event->result = (failed ? -1 : 1) * (int32_t)strtol(count, NULL, 10);
	return words_set(event, GW_BOOT_NOT_PROBED, count, strcspn(count, "."));
}

/*
 * "MODULE: Unknown symbol SYMBOL (err R)", "MODULE: disagrees about version of symbol SYMBOL", "MODULE: no symbol version for SYMBOL":
 * -EINVAL is a symbol that is there, and of another kernel than the module.
 */
static int words_symbol(struct gw_boot_event *event, const char *message)
{
	size_t length = strcspn(message, ": ");
	const char *rest = message + length, *symbol;

	symbol = gw_text_after(rest, ": Unknown symbol ")
			 ?: gw_text_after(rest, ": disagrees about version of symbol ")
			 ?: gw_text_after(rest, ": no symbol version for ");
	if (length == 0 || !symbol)
		return 0;
	words_subject(event, message, length);
	event->result = strncmp(rest, ": Unknown", 9) == 0 && !strstr(symbol, "(err -22)") ? -ENOENT : -EINVAL;
	return words_set(event, GW_BOOT_SYMBOL_MISSING, symbol, strcspn(symbol, " "));
}

static int words_root(struct gw_boot_event *event, const char *message)
{
	const char *device = gw_text_after(message, "Waiting for root device ");

	event->subject[0] = '\0';
	if (device)
		return words_set(event, GW_BOOT_ROOT_WAIT, device,
				 strcspn(device, " ") - (strstr(device, "...") != NULL) * 3);
	device = gw_text_after(message, "VFS: Cannot open root device \"");
	if (device)
		return words_set(event, GW_BOOT_ROOT_WAIT, device, strcspn(device, "\""));
	if (gw_text_after(message, "VFS: Mounted root ") || strstr(message, ": mounted filesystem "))
		return words_set(event, GW_BOOT_ROOT_MOUNTED, message, strlen(message));
	return 0;
}

int gw_boot_driver_words(struct gw_boot_event *event, const char *message)
{
	event->result = 0;
	event->other[0] = event->bus[0] = '\0';
	return words_drm_minor(event, message) || words_kfd(event, message) || words_nvidia(event, message) ||
	       words_of_device(event, message) || words_symbol(event, message) || words_root(event, message);
}
