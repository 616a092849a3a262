/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fw_devlink waits for a node of the firmware where there is no device yet ("wait for supplier /soc/i2c@1/pmic@66/ldo3").
 * Most such nodes never have one: a regulator is a part of its PMIC. Where the device tree is known, the device is the one
 * that has the nearest node above. In a log alone it goes by the names that the kernel gives devices of nodes.
 */
#include "lib/boot/model/awaited.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot/model/devices.h"

#define NODE_SIZE 512

/* More nodes than that are no firmware's: each is compared with each. */
#define NODES_MAX 512

/* Devices with which a circle may be closed: for each, all chains are followed. */
#define CIRCLES_MAX 512

/* ---- the reason ---------------------------------------------------------------------------------------- */

/* A path that was wrapped on its way has blanks in it. */
static void awaited_copy_node(char *ret, size_t size, const char *from)
{
	size_t length = 0;

	for (; *from && *from != '\n' && length < size - 1; from++)
		if (*from != ' ')
			ret[length++] = *from;
	ret[length] = '\0';
}

/* "wait for supplier NODE", "supplier DEVICE not ready", in what the kernel gives as a reason; or "". */
static void awaited_in_reason(const char *reason, char *ret, size_t size)
{
	const char *at = strstr(reason, "wait for supplier"), *end;

	ret[0] = '\0';
	if (at) {
		awaited_copy_node(ret, size, at + strlen("wait for supplier"));
		return;
	}
	at = strstr(reason, "supplier ");
	at = at ? at + strlen("supplier ") : NULL;
	end = at ? strstr(at, " not ready") : NULL;
	if (end && (size_t)(end - at) < size)
		snprintf(ret, size, "%.*s", (int)(end - at), at);
}

/* ---- the device of a node -------------------------------------------------------------------------------- */

/* The device whose node that is, where the state has nodes. */
static uint32_t awaited_device_with_node(const struct gw_boot_model *model, const char *node, size_t length)
{
	for (uint32_t i = 0; i < model->n_devices; i++) {
		const char *its = gw_boot_device_text(&model->devices[i], "of_node");

		if (strlen(its) == length && memcmp(its, node, length) == 0)
			return i;
	}
	return GW_BOOT_NOTHING;
}

/*
 * A component's device by its name: of_device_make_bus_id() makes "76890000.i2c" of i2c@76890000, "soc:gpu" of gpu in soc;
 * of_i2c_register_device() makes "0-0066" of pmic@66.
 */
static bool awaited_has_name(const char *device, const char *component, size_t length)
{
	const char *at = memchr(component, '@', length);
	size_t name = at ? (size_t)(at - component) : length, address = at ? length - name - 1 : 0,
	       size = strlen(device);
	const char *colon = strrchr(device, ':'), *dash = strchr(device, '-');

	if (!at)
		return (size == length && memcmp(device, component, length) == 0) ||
		       (colon && strlen(colon + 1) == length && memcmp(colon + 1, component, length) == 0);
	if (size == address + 1 + name && memcmp(device, at + 1, address) == 0 && device[address] == '.' &&
	    memcmp(device + address + 1, component, name) == 0)
		return true;
	return dash && dash > device && strspn(device, "0123456789") == (size_t)(dash - device) &&
	       strlen(dash + 1) == 4 && address < 4 && strspn(dash + 1, "0") >= 4 - address &&
	       memcmp(dash + 1 + 4 - address, at + 1, address) == 0;
}

/* The only device of that name; those that only wait for something in it, like itself, count as well. */
static uint32_t awaited_device_of_component(const struct gw_boot_model *model, const char *component, size_t length)
{
	uint32_t found = GW_BOOT_NOTHING;

	for (uint32_t i = 0; i < model->n_devices; i++) {
		if (!awaited_has_name(gw_boot_device_name(model, i), component, length))
			continue;
		if (found != GW_BOOT_NOTHING)
			return GW_BOOT_NOTHING;
		found = i;
	}
	return found;
}

/* The nearest that is not bound: what is bound has made the devices that it makes, and none of them is this one. */
static uint32_t awaited_device_of_node(const struct gw_boot_model *model, const char *node)
{
	bool nodes = json_is_array(json_object_get(model->evidence->state, "devices"));
	size_t length = strlen(node);

	while (length > 1) {
		const char *slash = memrchr(node, '/', length), *component = slash + 1;
		uint32_t device =
			nodes ? awaited_device_with_node(model, node, length)
			      : awaited_device_of_component(model, component, length - (size_t)(component - node));

		if (device != GW_BOOT_NOTHING)
			return model->devices[device].bound ? GW_BOOT_NOTHING : device;
		length = (size_t)(slash - node);
	}
	return GW_BOOT_NOTHING;
}

/* ---- devices that are only named by those that wait for them ------------------------------------------------ */

/* Of the devices' names that others wait for by name, the only one that a node of that path, or above it, has. */
static uint32_t awaited_name_of_node(const struct gw_boot_model *model, const char *node)
{
	size_t length = strlen(node);

	while (length > 1) {
		const char *slash = memrchr(node, '/', length), *component = slash + 1;
		uint32_t found = GW_BOOT_NO_NAME;

		for (uint32_t i = 0; i < model->n_devices; i++) {
			const struct gw_boot_device *device = &model->devices[i];
			const char *name = gw_boot_text(model, device->awaited);

			if (device->awaited_node || !device->awaited || device->awaited == found ||
			    !awaited_has_name(name, component, length - (size_t)(component - node)))
				continue;
			if (found != GW_BOOT_NO_NAME)
				return GW_BOOT_NO_NAME;
			found = device->awaited;
		}
		if (found != GW_BOOT_NO_NAME)
			return found;
		length = (size_t)(slash - node);
	}
	return GW_BOOT_NO_NAME;
}

/* "supplier 3d90000.clock-controller not ready" and "wait for supplier /soc/clock-controller@3d90000" are about one device. */
static void awaited_unite_names(struct gw_boot_model *model)
{
	for (size_t i = 0, nodes = 0; i < model->n_devices && nodes < NODES_MAX; i++) {
		struct gw_boot_device *device = &model->devices[i];
		uint32_t name;

		if (!device->awaited_node || device->awaited_device != GW_BOOT_NOTHING)
			continue;
		nodes++;
		name = awaited_name_of_node(model, gw_boot_text(model, device->awaited_node));
		if (name != GW_BOOT_NO_NAME)
			device->awaited = name;
	}
}

/* ---- nodes of one device that is not known ------------------------------------------------------------------ */

/* Generic names of the Devicetree Specification for devices that may have no address, and have nodes of others in them. */
static bool awaited_is_controller(const char *component)
{
	static const char *const names[] = { "pinctrl", "clock-controller", "power-controller", "reset-controller" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(component, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* The length of a path up to its last component with an address: such a node has, or is, a device. */
static size_t awaited_addressed(const char *node)
{
	const char *at = strrchr(node, '@');

	for (const char *slash = strchr(node, '/'); slash && !at; slash = strchr(slash + 1, '/'))
		at = awaited_is_controller(slash + 1) ? slash + 1 : NULL;
	return at ? (size_t)(at - node) + strcspn(at, "/") : strlen(node);
}

/* How much two paths have in common, whole components only. */
static size_t awaited_common(const char *a, const char *b, size_t length)
{
	size_t same = 0, whole = 0;

	while (same < length && a[same] && a[same] == b[same]) {
		same++;
		if ((a[same] == '/' || !a[same]) && (b[same] == '/' || !b[same]))
			whole = same;
	}
	return whole;
}

/* The node that all of those have in common that lie in the same addressed one. */
static size_t awaited_shared(const struct gw_boot_model *model, const char *node)
{
	size_t key = awaited_addressed(node), shared = strlen(node);

	for (size_t i = 0; i < model->n_devices; i++) {
		const struct gw_boot_device *device = &model->devices[i];
		const char *other = gw_boot_text(model, device->awaited_node);

		if (device->awaited_device == GW_BOOT_NOTHING && awaited_addressed(other) == key &&
		    memcmp(node, other, key) == 0)
			shared = awaited_common(node, other, shared);
	}
	return shared;
}

static int awaited_unite_nodes(struct gw_boot_model *model)
{
	for (size_t i = 0, nodes = 0; i < model->n_devices && nodes < NODES_MAX; i++) {
		struct gw_boot_device *device = &model->devices[i];
		const char *node = gw_boot_text(model, device->awaited_node);
		char shared[NODE_SIZE];

		nodes += *node != '\0';
		if (!*node || device->awaited_device != GW_BOOT_NOTHING)
			continue;
		snprintf(shared, sizeof(shared), "%.*s", (int)awaited_shared(model, node), node);
		device->awaited = gw_boot_names_add(&model->evidence->names, shared);
		if (device->awaited == GW_BOOT_NOT_FOUND)
			return -ENOMEM;
	}
	return 0;
}

/* ---- a circle that the log does not close ---------------------------------------------------------------------- */

/*
 * Whether a driver's reason names a part of the path that its consumer waits for: it cannot make what it waits for, as that
 * waits itself.
 */
static bool awaited_reason_names_part(const char *reason, const char *node)
{
	const char *part = node[0] == '/' ? strchr(node + 1, '/') : NULL;

	while (part) {
		size_t length = strcspn(part + 1, "/@");

		if (length >= 4 && memmem(reason, strlen(reason), part + 1, length))
			return true;
		part = strchr(part + 1, '/');
	}
	return false;
}

/* While circles are closed. */
struct circles {
	struct gw_boot_model *model;
	uint32_t *waiting; /* by device: how many wait for it */
	uint32_t *path;
	unsigned char *leads; /* by device, of the circle that is looked for: enum leads */
	size_t judged;
};

enum leads {
	LEADS_UNKNOWN = 0,
	LEADS_FOLLOWED, /* right now, or in a circle without the device */
	LEADS_ELSEWHERE,
	LEADS_THERE,
};

/* Whether the chain from a device leads to another one; each device is followed once for that one. */
static bool awaited_leads_to(struct circles *circles, uint32_t from, uint32_t to)
{
	uint32_t length = 0, at = from;
	unsigned char leads = LEADS_ELSEWHERE;

	while (at != GW_BOOT_NOTHING && at != to && circles->leads[at] == LEADS_UNKNOWN) {
		circles->leads[at] = LEADS_FOLLOWED;
		circles->path[length++] = at;
		at = circles->model->devices[at].awaited_device;
	}
	if (at != GW_BOOT_NOTHING && (at == to || circles->leads[at] == LEADS_THERE))
		leads = LEADS_THERE;
	while (length > 0)
		circles->leads[circles->path[--length]] = leads;
	return leads == LEADS_THERE;
}

/* Where the one chain that leads to the device begins; GW_BOOT_NOTHING: none does, or several. */
static uint32_t awaited_only_beginning(struct circles *circles, uint32_t device)
{
	const struct gw_boot_model *model = circles->model;
	uint32_t found = GW_BOOT_NOTHING;

	memset(circles->leads, LEADS_UNKNOWN, model->n_devices);
	for (uint32_t i = 0; i < model->n_devices; i++) {
		if (i == device || !model->devices[i].deferred || circles->waiting[i] ||
		    !awaited_leads_to(circles, i, device))
			continue;
		if (found != GW_BOOT_NOTHING)
			return GW_BOOT_NOTHING;
		found = i;
	}
	return found;
}

/* The devices that the log names are all there is to wait for. */
static void awaited_close_circle(struct circles *circles, uint32_t index)
{
	struct gw_boot_model *model = circles->model;
	struct gw_boot_device *device = &model->devices[index];
	bool names_part = false;
	uint32_t beginning;

	if (!device->deferred || device->awaited || !device->reason || !circles->waiting[index] ||
	    circles->judged++ >= CIRCLES_MAX)
		return;
	for (size_t i = 0; i < model->n_devices; i++)
		names_part |= model->devices[i].awaited_device == index && model->devices[i].awaited_node &&
			      awaited_reason_names_part(gw_boot_text(model, device->reason),
							gw_boot_text(model, model->devices[i].awaited_node));
	beginning = names_part ? awaited_only_beginning(circles, index) : GW_BOOT_NOTHING;
	if (beginning == GW_BOOT_NOTHING)
		return;
	device->awaited = model->devices[beginning].name;
	device->awaited_device = beginning;
	device->awaited_guessed = true;
	circles->waiting[beginning]++;
}

static int awaited_close_circles(struct gw_boot_model *model)
{
	struct circles circles = {
		.model = model,
		.waiting = calloc(model->n_devices + 1, sizeof(*circles.waiting)),
		.path = calloc(model->n_devices + 1, sizeof(*circles.path)),
		.leads = calloc(model->n_devices + 1, sizeof(*circles.leads)),
	};
	bool enough = circles.waiting && circles.path && circles.leads;

	for (uint32_t i = 0; enough && i < model->n_devices; i++)
		if (model->devices[i].awaited_device != GW_BOOT_NOTHING)
			circles.waiting[model->devices[i].awaited_device]++;
	for (uint32_t i = 0; enough && i < model->n_devices; i++)
		awaited_close_circle(&circles, i);
	free(circles.waiting);
	free(circles.path);
	free(circles.leads);
	return enough ? 0 : -ENOMEM;
}

/* ---- all of them ------------------------------------------------------------------------------------------- */

/* Names of events are cut, and so are those of devices. */
static uint32_t awaited_device_of_name(const struct gw_boot_model *model, const char *text)
{
	char name[GW_BOOT_NAME_SIZE];
	uint32_t number;

	snprintf(name, sizeof(name), "%.*s", GW_BOOT_NAME_SIZE - 1, text);
	number = gw_boot_names_find(&model->evidence->names, name);
	return number == GW_BOOT_NOT_FOUND ? GW_BOOT_NOTHING : gw_boot_device_find(model, number, 0);
}

static int awaited_find_one(struct gw_boot_model *model, struct gw_boot_device *device, size_t *nodes)
{
	char name[NODE_SIZE];

	awaited_in_reason(gw_boot_text(model, device->reason), name, sizeof(name));
	if (*name)
		device->awaited = gw_boot_names_add(&model->evidence->names, name);
	if (device->awaited == GW_BOOT_NOT_FOUND)
		return -ENOMEM;
	if (!device->awaited)
		return 0;
	snprintf(name, sizeof(name), "%s", gw_boot_text(model, device->awaited));
	if (*name != '/') {
		device->awaited_device = awaited_device_of_name(model, name);
		return 0;
	}
	device->awaited_node = device->awaited;
	if (++*nodes > NODES_MAX)
		return 0;
	device->awaited_device = awaited_device_of_node(model, name);
	if (device->awaited_device != GW_BOOT_NOTHING)
		device->awaited = model->devices[device->awaited_device].name;
	return 0;
}

int gw_boot_awaited_find(struct gw_boot_model *model)
{
	size_t nodes = 0;

	for (size_t i = 0; i < model->n_devices; i++)
		if (awaited_find_one(model, &model->devices[i], &nodes) < 0)
			return -ENOMEM;
	if (awaited_unite_nodes(model) < 0)
		return -ENOMEM;
	if (model->evidence->state)
		return 0;
	awaited_unite_names(model);
	return awaited_close_circles(model);
}
