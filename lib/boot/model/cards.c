/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last line about a minor counts. Names show what a device is where nothing else does. */
#include "lib/boot/model/cards.h"

#include <fnmatch.h>
#include <string.h>

#include <jansson.h>

#include "lib/boot/model/devices.h"

void gw_boot_cards_find(const struct gw_boot_model *model, const struct gw_boot_fact *cards[GW_BOOT_CARDS_MAX])
{
	memset(cards, 0, GW_BOOT_CARDS_MAX * sizeof(*cards));
	for (size_t i = 0; i < model->n_facts; i++) {
		const struct gw_boot_fact *fact = &model->facts[i];

		if (fact->type == GW_BOOT_DRM_MINOR && fact->result >= 0 && fact->result < GW_BOOT_CARDS_MAX)
			cards[fact->result] = fact;
	}
}

/* ---- what a device is -------------------------------------------------------------------------------- */

static bool cards_is_listed(const char *const *patterns, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return false;
}

/* PCI's base classes: display controllers, and processing accelerators that are no display (pci_ids.h). */
static bool cards_is_gpu(const struct gw_boot_device *device)
{
	const char *modalias = gw_boot_device_text(device, "modalias");

	return strncmp(modalias, "pci:", 4) == 0 &&
	       (fnmatch("pci:*bc03sc*", modalias, 0) == 0 || fnmatch("pci:*bc12sc*", modalias, 0) == 0);
}

bool gw_boot_drives_gpu(const struct gw_boot_model *model, uint32_t module)
{
	uint32_t index = module ? gw_boot_map_get(&model->module_of, module) : GW_BOOT_NOT_FOUND;
	json_t *depends = index == GW_BOOT_NOT_FOUND ? NULL : json_object_get(model->modules[index].json, "depends");
	const json_t *item;
	size_t i;

	json_array_foreach(depends, i, item)
		if (json_is_string(item) && strcmp(json_string_value(item), "drm") == 0)
			return true;
	return false;
}

static bool cards_is_iommu(const struct gw_boot_model *model, const struct gw_boot_device *device)
{
	json_t *units = json_object_get(json_object_get(model->evidence->state, "iommu"), "units"), *unit;
	size_t i;

	json_array_foreach(units, i, unit)
		if (json_is_string(unit) && strstr(json_string_value(unit), gw_boot_text(model, device->name)))
			return true;
	return false;
}

/* Drivers of GPUs, displays and IOMMUs. */
static bool cards_driver_is_known(const char *driver)
{
	static const char *const patterns[] = {
		"amdgpu",     "radeon",	     "nouveau",	      "nvidia",	   "nvidia-drm",   "i915",	    "xe",
		"ast",	      "mgag200",     "vmwgfx",	      "qxl",	   "bochs*",	   "virtio[-_]gpu", "panfrost",
		"panthor",    "lima",	     "mali*",	      "etnaviv*",  "v3d",	   "vc4*",	    "msm",
		"msm_mdp*",   "msm[-_]mdss", "msm_dpu",	      "adreno",	   "*[-_]drm",	   "*[-_]vop*",	    "*[-_]dsi",
		"*[-_]hdmi",  "*[-_]iommu",  "*[-_]iommu-v1", "*[-_]smmu", "*[-_]smmu-v3", "*sysmmu",	    "ipmmu*",
		"apple-dart", "*[-_]mmu",
	};

	return cards_is_listed(patterns, sizeof(patterns) / sizeof(patterns[0]), driver);
}

/* "ff930300.iommu", "soc:gpu", "display-subsystem": what nodes of device trees are called after their addresses. */
static bool cards_node_is_known(const char *device)
{
	static const char *const nodes[] = {
		"gpu", "npu", "vop", "dsi", "hdmi", "display-subsystem", "display-controller", "iommu", "smmu"
	};
	const char *dot = strrchr(device, '.'), *colon = strrchr(device, ':');
	const char *name = dot ? dot + 1 : colon ? colon + 1 : device;

	return cards_is_listed(nodes, sizeof(nodes) / sizeof(nodes[0]), name);
}

bool gw_boot_is_graphics(const struct gw_boot_model *model, uint32_t index)
{
	const struct gw_boot_device *device = &model->devices[index];

	if (cards_is_gpu(device) || cards_is_iommu(model, device) || gw_boot_drives_gpu(model, device->module))
		return true;
	return !model->evidence->state && (cards_driver_is_known(gw_boot_text(model, device->driver)) ||
					   cards_node_is_known(gw_boot_device_name(model, index)));
}

bool gw_boot_is_framebuffer(const char *driver)
{
	static const char *const names[] = { "simple-framebuffer", "simpledrm", "efi-framebuffer", "efifb", "efidrm",
					     "vesa-framebuffer",   "vesafb",	"vesadrm",	   "ofdrm" };

	return cards_is_listed(names, sizeof(names) / sizeof(names[0]), driver);
}

bool gw_boot_keeps_devices(const char *driver)
{
	static const char *const names[] = { "vfio-pci", "pci-stub", "pciback" };

	return cards_is_listed(names, sizeof(names) / sizeof(names[0]), driver);
}
