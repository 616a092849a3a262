/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features that the table names, as the state shows them. */
#include "lib/boot/model/features.h"

static const json_t *feature_path(const struct gw_boot_model *model, const struct gw_dependency *entry)
{
	const char *path = entry->feature.path;

	return path ? json_object_get(json_object_get(model->evidence->state, "paths"), path) : NULL;
}

bool gw_boot_feature_path_exists(const struct gw_boot_model *model, const struct gw_dependency *entry)
{
	return json_is_true(feature_path(model, entry));
}

/* Known not to have an IOMMU group, although IOMMUs make groups on this machine; vfio makes some without any. */
static bool feature_group_missing(const struct gw_boot_model *model, uint32_t device)
{
	const json_t *group = json_object_get(model->devices[device].state, "iommu_group");
	const json_t *iommu = json_object_get(model->evidence->state, "iommu");

	return json_is_integer(group) && json_integer_value(group) < 0 &&
	       json_array_size(json_object_get(iommu, "units")) > 0 &&
	       json_integer_value(json_object_get(iommu, "groups")) > 0;
}

bool gw_boot_feature_missing(const struct gw_boot_model *model, const struct gw_dependency *entry, uint32_t device)
{
	if (!entry || !entry->feature.name)
		return false;
	if (json_is_false(feature_path(model, entry)))
		return true;
	return entry->feature.iommu_group && device != GW_BOOT_NOTHING && model->devices[device].bound &&
	       feature_group_missing(model, device);
}
