/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frees all that a model owns. */
#include "lib/boot/model/model.h"

#include <stdlib.h>

void gw_boot_model_free(struct gw_boot_model *model)
{
	if (!model)
		return;
	for (size_t i = 0; i < model->n_pairs; i++) {
		free(model->pairs[i].consumers);
		free(model->pairs[i].suppliers);
	}
	gw_boot_map_deinit(&model->device_of);
	gw_boot_map_deinit(&model->first_of);
	gw_boot_map_deinit(&model->module_of);
	free(model->facts);
	free(model->fact_device);
	free(model->fact_ready);
	free(model->devices);
	free(model->attempts);
	free(model->inits);
	free(model->needs);
	free(model->modules);
	free(model->pairs);
	free(model);
}
