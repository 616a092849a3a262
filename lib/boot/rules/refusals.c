/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the module loader and KFD report. Whatever was loaded, or taken, after all is none. */
#include "lib/boot/rules/refusals.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "lib/boot/model/cards.h"
#include "lib/boot/model/devices.h"
#include "lib/boot/model/modules.h"
#include "lib/boot/rules/words.h"

/* ---- symbols ------------------------------------------------------------------------------------------------------ */

/* Modules by name that were loaded, and those that a line has been seen about. */
struct refusals {
	const struct gw_boot_model *model;
	struct gw_boot_findings *findings;
	struct gw_boot_map loaded, seen;
};

static int symbols_find_loaded(struct refusals *all)
{
	const struct gw_boot_model *model = all->model;
	int r = 0;

	for (size_t i = 0; i < model->n_inits && r == 0; i++)
		if (model->inits[i].module)
			r = gw_boot_map_set(&all->loaded, model->inits[i].module, 1);
	return r;
}

static bool symbols_loaded_after_all(const struct refusals *all, const struct gw_boot_fact *fact)
{
	uint32_t module = gw_boot_module_find(all->model, gw_boot_text(all->model, fact->subject));

	return gw_boot_map_get(&all->loaded, fact->subject) != GW_BOOT_NOT_FOUND ||
	       (module != GW_BOOT_NOTHING && all->model->modules[module].state == GW_BOOT_MODULE_LOADED);
}

/* Lines of one refusal stand together. */
#define LINES_MAX 64

/* Two lines have it: one with the reason, one with the error. */
static bool symbols_was_listed(const struct gw_boot_model *model, size_t first, size_t fact)
{
	for (size_t i = first; i < fact; i++)
		if (model->facts[i].type == GW_BOOT_SYMBOL_MISSING &&
		    model->facts[i].subject == model->facts[fact].subject &&
		    model->facts[i].other == model->facts[fact].other)
			return true;
	return false;
}

static void symbols_write_list(const struct gw_boot_model *model, struct gw_boot_finding *finding, size_t fact)
{
	size_t shown = 0;

	gw_text_add(&finding->explanation,
		    "The module loader refused %s for its symbols: ", gw_boot_text(model, finding->module));
	for (size_t i = fact; i < model->n_facts && i < fact + LINES_MAX && shown < 5; i++)
		if (model->facts[i].type == GW_BOOT_SYMBOL_MISSING &&
		    model->facts[i].subject == model->facts[fact].subject && !symbols_was_listed(model, fact, i))
			gw_text_add(&finding->explanation, "%s%s", shown++ ? ", " : "",
				    gw_boot_text(model, model->facts[i].other));
	gw_text_add(&finding->explanation, "%s. No record shows that it was loaded later.",
		    shown == 5 ? " and so on" : "");
}

static int symbols_report(const struct gw_boot_model *model, struct gw_boot_findings *findings, size_t index)
{
	const struct gw_boot_fact *fact = &model->facts[index];
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_SYMBOLS_MISSING);
	const char *module = gw_boot_text(model, fact->subject);
	bool version = fact->result == -EINVAL;

	if (!finding)
		return -ENOMEM;
	finding->module = fact->subject;
	finding->formed_ns = finding->known_ns = finding->end_ns = fact->time_ns;
	finding->has_result = true;
	finding->result = fact->result;
	finding->confidence = GW_CONFIDENCE_PROBABLE;
	finding->effect = GW_BOOT_LOST;
	gw_text_add(&finding->summary, "Module %s was not loaded: %s %s", module,
		    version ? "it was built for another version of" : "nothing gives it",
		    gw_boot_text(model, fact->other));
	symbols_write_list(model, finding, index);
	if (version)
		gw_text_add(&finding->advice, "Build or install %s for this very kernel (for DKMS: dkms autoinstall).",
			    module);
	else
		gw_text_add(
			&finding->advice,
			"The module that gives these symbols was not loaded before %s, is of another kernel, or is not there. Load %s with modprobe, which loads what it needs first; after depmod -a, if it was copied by hand; put both into the initramfs.",
			module, module);
	return 0;
}

/* ---- KFD ------------------------------------------------------------------------------------------------------------ */

/* "1002:67df" as the only PCI device of the state with these numbers; or GW_BOOT_NOTHING. */
static uint32_t kfd_device(const struct gw_boot_model *model, const char *id)
{
	uint32_t found = GW_BOOT_NOTHING;
	unsigned int vendor, device;
	char pattern[64];

	if (sscanf(id, "%x:%x", &vendor, &device) != 2)
		return GW_BOOT_NOTHING;
	snprintf(pattern, sizeof(pattern), "pci:v%08Xd%08Xsv*", vendor, device);
	for (uint32_t i = 0; i < model->n_devices; i++) {
		if (fnmatch(pattern, gw_boot_device_text(&model->devices[i], "modalias"), 0) != 0)
			continue;
		if (found != GW_BOOT_NOTHING)
			return GW_BOOT_NOTHING;
		found = i;
	}
	return found;
}

static int kfd_report(const struct gw_boot_model *model, struct gw_boot_findings *findings,
		      const struct gw_boot_fact *fact)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_KFD_REFUSED);
	const char *why = gw_boot_text(model, fact->other), *id = gw_boot_text(model, fact->subject);
	uint32_t device = kfd_device(model, id);

	if (!finding)
		return -ENOMEM;
	if (device != GW_BOOT_NOTHING)
		gw_boot_finding_consumer(model, finding, device);
	else
		finding->device = fact->subject;
	finding->feature = "KFD";
	finding->formed_ns = finding->known_ns = fact->time_ns;
	finding->effect = GW_BOOT_LOST;
	gw_text_add(&finding->summary, "KFD does not use GPU %s: %s", id, why);
	gw_text_add(&finding->explanation, "At ");
	gw_boot_write_time(&finding->explanation, fact->time_ns);
	gw_text_add(
		&finding->explanation,
		" KFD reported that it skips the GPU. That is no matter of order: the GPU may draw as ever, and nothing can compute on it through /dev/kfd.");
	if (strstr(why, "atomics"))
		gw_text_add(
			&finding->advice,
			"The way from the processor to the GPU does not pass PCIe atomic operations on. Put the GPU into a slot of the processor itself, not behind a bridge or an adapter without them, or use one that does not need them.");
	else
		gw_text_add(
			&finding->advice,
			"Search the kernel log for lines of amdgpu and kfd before it. Newer firmware, or a newer kernel, may support the GPU.");
	return 0;
}

/* ---- devices that another driver has ----------------------------------------------------------------------------------- */

/* A display of NVIDIA's that is bound to another driver than its own and those that keep it for a guest; or GW_BOOT_NOTHING. */
static uint32_t nvidia_device(const struct gw_boot_model *model)
{
	for (uint32_t i = 0; i < model->n_devices; i++) {
		const char *driver = gw_boot_text(model, model->devices[i].driver);

		if (model->devices[i].bound && fnmatch("nvidia*", driver, 0) != 0 && !gw_boot_keeps_devices(driver) &&
		    fnmatch("pci:v000010DE*bc03sc*", gw_boot_device_text(&model->devices[i], "modalias"), 0) == 0)
			return i;
	}
	return GW_BOOT_NOTHING;
}

/* Its probe was called, and failed. */
static int nvidia_report_failure(struct gw_boot_findings *findings, const struct gw_boot_fact *fact)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_PROBE_FAILED);

	if (!finding)
		return -ENOMEM;
	finding->driver = fact->subject;
	finding->formed_ns = finding->known_ns = finding->end_ns = fact->time_ns;
	finding->confidence = GW_CONFIDENCE_PROBABLE;
	finding->effect = GW_BOOT_LOST;
	gw_text_add(&finding->summary, "The NVIDIA driver failed on %d of its GPUs", -fact->result);
	gw_text_add(&finding->explanation, "At ");
	gw_boot_write_time(&finding->explanation, fact->time_ns);
	gw_text_add(&finding->explanation, " the driver reported that its probe failed for them.");
	gw_text_add(&finding->advice,
		    "Search the kernel log for lines that begin with NVRM: before that: they show what it lacked.");
	return 0;
}

/* Who was first: known from the state, from the driver's words, or not. */
static void nvidia_write_owner(const struct gw_boot_model *model, struct gw_boot_finding *finding, uint32_t device,
			       const struct gw_boot_fact *bound)
{
	static const char before[] = " is already bound to ";
	const char *words = bound ? strstr(gw_boot_text(model, bound->other), before) : NULL;
	const char *owner = device != GW_BOOT_NOTHING ? gw_boot_text(model, finding->driver)
			    : words		      ? words + sizeof(before) - 1
						      : NULL;

	if (!owner) {
		gw_text_add(
			&finding->explanation,
			" the driver reported that its probe was not called for them: nouveau, a frame buffer driver or vfio-pci was bound first.");
		gw_text_add(
			&finding->advice,
			"lspci -k shows who has them. If it is nouveau, blacklist it in /etc/modprobe.d, rebuild the initramfs and reboot.");
		return;
	}
	gw_text_add(&finding->explanation,
		    " the driver reported that its probe was not called for them: %s was bound first.", owner);
	if (gw_boot_keeps_devices(owner))
		gw_text_add(
			&finding->advice,
			"%s keeps it for a guest. To use it here, take its numbers out of vfio-pci.ids= on the kernel command line and of \"options vfio-pci ids=\" in /etc/modprobe.d, rebuild the initramfs and reboot.",
			owner);
	else
		gw_text_add(&finding->advice, "Blacklist %s in /etc/modprobe.d, rebuild the initramfs and reboot.",
			    owner);
}

/* @bound: the driver's words on who has one of them, or NULL. */
static int nvidia_report(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			 const struct gw_boot_fact *fact, const struct gw_boot_fact *bound)
{
	uint32_t device = nvidia_device(model);
	struct gw_boot_finding *finding;

	if (model->evidence->state && device == GW_BOOT_NOTHING)
		return 0;
	finding = gw_boot_finding_add(findings, GW_CLASS_TAKEN_BY_OTHER);
	if (!finding)
		return -ENOMEM;
	if (device != GW_BOOT_NOTHING)
		gw_boot_finding_consumer(model, finding, device);
	else
		finding->driver = fact->subject;
	finding->formed_ns = finding->known_ns = finding->end_ns = fact->time_ns;
	finding->confidence = GW_CONFIDENCE_PROBABLE;
	finding->effect = GW_BOOT_LOST;
	gw_text_add(&finding->summary, "The NVIDIA driver did not get %d of its GPUs: %s", fact->result,
		    device != GW_BOOT_NOTHING ? gw_boot_device_name(model, device)
		    : bound		      ? gw_boot_text(model, bound->other)
					      : "another driver has it");
	if (device != GW_BOOT_NOTHING)
		gw_text_add(&finding->summary, " is bound to %s", gw_boot_text(model, finding->driver));
	gw_text_add(&finding->explanation, "At ");
	gw_boot_write_time(&finding->explanation, fact->time_ns);
	nvidia_write_owner(model, finding, device, bound);
	return 0;
}

/* The driver's last word counts, unless a card of it came after that. */
static int nvidia_judge(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	const struct gw_boot_fact *last = NULL, *bound = NULL;

	for (size_t i = 0; i < model->n_facts; i++) {
		const struct gw_boot_fact *fact = &model->facts[i];

		if (fact->type == GW_BOOT_NOT_PROBED && strstr(gw_boot_text(model, fact->other), " is already bound "))
			bound = fact;
		if (fact->type == GW_BOOT_NOT_PROBED)
			last = fact;
		else if (fact->type == GW_BOOT_DRM_MINOR &&
			 fnmatch("nvidia*", gw_boot_text(model, fact->other), 0) == 0)
			last = bound = NULL;
	}
	if (last && last->result < 0)
		return nvidia_report_failure(findings, last);
	return last ? nvidia_report(model, findings, last, bound) : 0;
}

/* ---- all of them ----------------------------------------------------------------------------------------------------------- */

/* The first line about a module stands for all. */
static int symbols_judge(struct refusals *all, size_t index)
{
	const struct gw_boot_fact *fact = &all->model->facts[index];

	if (gw_boot_map_get(&all->seen, fact->subject) != GW_BOOT_NOT_FOUND || symbols_loaded_after_all(all, fact))
		return 0;
	if (gw_boot_map_set(&all->seen, fact->subject, 1) < 0)
		return -ENOMEM;
	return symbols_report(all->model, all->findings, index);
}

int gw_boot_rule_refusals(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	struct refusals all = { .model = model, .findings = findings };
	int r = symbols_find_loaded(&all);

	for (size_t i = 0; i < model->n_facts && r == 0; i++) {
		if (model->facts[i].type == GW_BOOT_KFD_SKIPPED)
			r = kfd_report(model, findings, &model->facts[i]);
		else if (model->facts[i].type == GW_BOOT_SYMBOL_MISSING)
			r = symbols_judge(&all, i);
	}
	r = r ?: nvidia_judge(model, findings);
	gw_boot_map_deinit(&all.loaded);
	gw_boot_map_deinit(&all.seen);
	return r;
}
