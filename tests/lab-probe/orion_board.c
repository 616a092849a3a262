// SPDX-License-Identifier: GPL-2.0
/*
 * The board: creates and removes devices, and states who needs whom, by commands written to debugfs orion/board. The
 * firmware of other machines does so by device tree or ACPI; here it is software nodes.
 */
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/fwnode.h>
#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/stringhash.h>
#include <linux/uaccess.h>

#include "orion.h"

enum link_kind { LINK_NONE, LINK_MANAGED, LINK_STATELESS, LINK_FIRMWARE };

/* A device, or the place of one that is not there. */
struct place {
	struct list_head node;
	struct hlist_node by_name;
	char name[24]; /* NAME.ID */
	struct software_node software;
	struct software_node_ref_args reference;
	struct property_entry properties[2];
	struct platform_device *pdev; /* NULL = not there */
	struct place *needs;
	enum link_kind link;
	bool bare; /* has no software node */
};

struct command {
	char verb[8];
	char name[16];
	int id;
	unsigned int count;
	char needs[24];
	enum link_kind link;
	bool bare;
};

static LIST_HEAD(places);
static DEFINE_HASHTABLE(places_by_name, 12);
static DEFINE_MUTEX(board_lock);

/* ---- what firmware states ---- */

/*
 * The driver core keeps what firmware says in lists of struct fwnode_link, and exports the lists, but not the function
 * that adds to them: that is called by the parsers of device tree and ACPI. A node that is no device yet is in nobody's
 * hands, so that its list can be filled without the core's lock.
 */
static int add_fwnode_link(struct fwnode_handle *consumer, struct fwnode_handle *supplier)
{
	struct fwnode_link *link = kzalloc(sizeof(*link), GFP_KERNEL);

	if (!link)
		return -ENOMEM;
	INIT_LIST_HEAD(&link->s_hook);
	INIT_LIST_HEAD(&link->c_hook);
	link->supplier = supplier;
	link->consumer = consumer;
	list_add(&link->s_hook, &supplier->consumers);
	list_add(&link->c_hook, &consumer->suppliers);
	return 0;
}

/* The core has freed those that have become device links. */
static void drop_fwnode_links(struct fwnode_handle *consumer)
{
	struct fwnode_link *link, *next;

	list_for_each_entry_safe(link, next, &consumer->suppliers, c_hook)
	{
		list_del(&link->s_hook);
		list_del(&link->c_hook);
		kfree(link);
	}
}

/* ---- places ---- */

static struct fwnode_handle *place_fwnode(struct place *place)
{
	return place->bare ? NULL : software_node_fwnode(&place->software);
}

static u32 name_hash(const char *name)
{
	return full_name_hash(NULL, name, strlen(name));
}

static struct place *find_place(const char *name)
{
	struct place *place;

	hash_for_each_possible(places_by_name, place, by_name,
			       name_hash(name)) if (!strcmp(place->name, name)) return place;
	return NULL;
}

static void free_place(struct place *place)
{
	list_del(&place->node);
	hash_del(&place->by_name);
	if (!place->bare)
		software_node_unregister(&place->software);
	kfree(place);
}

static struct place *new_place(const char *name, struct place *needs, bool bare)
{
	struct place *place = kzalloc(sizeof(*place), GFP_KERNEL);
	int r = 0;

	if (!place)
		return ERR_PTR(-ENOMEM);
	strscpy(place->name, name, sizeof(place->name));
	place->needs = needs;
	place->bare = bare;
	place->software.name = place->name;
	if (needs) {
		place->reference = SOFTWARE_NODE_REFERENCE(&needs->software);
		place->properties[0] =
			(struct property_entry)PROPERTY_ENTRY_REF_ARRAY_LEN(ORION_MMUS, &place->reference, 1);
		place->software.properties = place->properties;
	}
	if (!bare)
		r = software_node_register(&place->software);
	if (r) {
		kfree(place);
		return ERR_PTR(r);
	}
	list_add_tail(&place->node, &places);
	hash_add(places_by_name, &place->by_name, name_hash(place->name));
	return place;
}

static int occupy(struct place *place, const char *name, int id, enum link_kind link)
{
	struct platform_device_info info = { .name = name, .id = id, .fwnode = place_fwnode(place) };
	struct platform_device *pdev;
	int r;

	if (place->pdev)
		return -EEXIST;
	place->link = link;
	if (link == LINK_FIRMWARE) {
		if (!place->needs)
			return -EINVAL;
		r = add_fwnode_link(place_fwnode(place), place_fwnode(place->needs));
		if (r)
			return r;
	}
	orion_log("add", place->name, "", 0);
	pdev = platform_device_register_full(&info);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	place->pdev = pdev;
	return 0;
}

static void vacate(struct place *place)
{
	if (!place->pdev)
		return;
	orion_log("remove", place->name, "", 0);
	platform_device_unregister(place->pdev);
	place->pdev = NULL;
	if (!place->bare)
		drop_fwnode_links(place_fwnode(place));
}

/* Device links are added before a driver can see the device, as platform code and quirks do. */
static int on_bus_event(struct notifier_block *block, unsigned long event, void *data)
{
	struct device *dev = data;
	struct place *place;
	u32 flags;

	if (event != BUS_NOTIFY_ADD_DEVICE)
		return NOTIFY_DONE;
	/* The board's own devices are added with the lock held; those of others need none of it. */
	if (strncmp(dev_name(dev), "orion-", 6))
		return NOTIFY_DONE;
	place = find_place(dev_name(dev));
	if (!place || !place->needs || !place->needs->pdev)
		return NOTIFY_DONE;
	if (place->link != LINK_MANAGED && place->link != LINK_STATELESS)
		return NOTIFY_DONE;
	flags = place->link == LINK_MANAGED ? DL_FLAG_AUTOPROBE_CONSUMER : DL_FLAG_STATELESS;
	if (!device_link_add(dev, &place->needs->pdev->dev, flags))
		dev_err(dev, "no link to %s\n", place->needs->name);
	return NOTIFY_OK;
}

static struct notifier_block bus_events = { .notifier_call = on_bus_event };

/* ---- commands ---- */

static int run_add(const struct command *command, bool device)
{
	struct place *needs = NULL, *place;
	unsigned int i;
	int r;

	if (command->needs[0]) {
		needs = find_place(command->needs) ?: new_place(command->needs, NULL, false);
		if (IS_ERR(needs))
			return PTR_ERR(needs);
		if (needs->bare)
			return -EINVAL;
	}
	for (i = 0; i < command->count; i++) {
		char name[24];

		snprintf(name, sizeof(name), "%s.%d", command->name, command->id + i);
		place = find_place(name);
		if (!place)
			place = new_place(name, needs, command->bare);
		else if (needs && place->needs != needs)
			return -EEXIST;
		if (IS_ERR(place))
			return PTR_ERR(place);
		if (!device)
			continue;
		r = occupy(place, command->name, command->id + i, command->link);
		if (r)
			return r;
	}
	return 0;
}

static int run_remove(const struct command *command)
{
	unsigned int i;

	for (i = 0; i < command->count; i++) {
		struct place *place;
		char name[24];

		snprintf(name, sizeof(name), "%s.%d", command->name, command->id + i);
		place = find_place(name);
		if (!place || !place->pdev)
			return -ENODEV;
		vacate(place);
	}
	return 0;
}

static int parse_name(struct command *command, char *word)
{
	char *dot = strrchr(word, '.');

	if (!dot || dot - word >= sizeof(command->name))
		return -EINVAL;
	*dot = '\0';
	strscpy(command->name, word, sizeof(command->name));
	return kstrtoint(dot + 1, 10, &command->id);
}

static int parse_word(struct command *command, char *word)
{
	static const char *const links[] = { "none", "managed", "stateless", "firmware" };
	int kind;

	if (!strcmp(word, "bare")) {
		command->bare = true;
		return 0;
	}
	if (!strncmp(word, "count=", 6))
		return kstrtouint(word + 6, 10, &command->count);
	if (!strncmp(word, "needs=", 6))
		return strscpy(command->needs, word + 6, sizeof(command->needs)) > 0 ? 0 : -EINVAL;
	if (strncmp(word, "link=", 5))
		return -EINVAL;
	kind = match_string(links, ARRAY_SIZE(links), word + 5);
	if (kind < 0)
		return kind;
	command->link = kind;
	return 0;
}

static int parse_command(struct command *command, char *text)
{
	char *word = strsep(&text, " ");
	int r;

	strscpy(command->verb, word, sizeof(command->verb));
	command->count = 1;
	word = strsep(&text, " ");
	if (!word)
		return -EINVAL;
	r = parse_name(command, word);
	while (!r && (word = strsep(&text, " ")))
		r = parse_word(command, word);
	return r;
}

static int run_command(char *text)
{
	struct command command = {};
	int r = parse_command(&command, text);

	if (r)
		return r;
	if (!strcmp(command.verb, "add"))
		return run_add(&command, true);
	if (!strcmp(command.verb, "place"))
		return run_add(&command, false);
	if (!strcmp(command.verb, "remove"))
		return run_remove(&command);
	return -EINVAL;
}

static ssize_t board_write(struct file *file, const char __user *user, size_t size, loff_t *position)
{
	char *text;
	int r;

	if (size > 256)
		return -E2BIG;
	text = memdup_user_nul(user, size);
	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&board_lock);
	r = run_command(strim(text));
	mutex_unlock(&board_lock);
	kfree(text);
	return r ?: size;
}

static int board_show(struct seq_file *seq, void *unused)
{
	struct place *place;

	mutex_lock(&board_lock);
	list_for_each_entry(place, &places, node)
		seq_printf(seq, "%s %s %s\n", place->name, place->pdev ? "device" : "empty",
			   place->needs ? place->needs->name : "-");
	mutex_unlock(&board_lock);
	return 0;
}

static int board_open(struct inode *inode, struct file *file)
{
	return single_open(file, board_show, NULL);
}

static const struct file_operations board_fops = {
	.owner = THIS_MODULE,
	.open = board_open,
	.read = seq_read,
	.write = board_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static struct dentry *board_file;

static int __init orion_board_init(void)
{
	int r = bus_register_notifier(&platform_bus_type, &bus_events);

	if (r)
		return r;
	board_file = debugfs_create_file("board", 0600, orion_debugfs(), NULL, &board_fops);
	return 0;
}
module_init(orion_board_init);

/* Last added, first removed: references point to earlier places, or to ones that were made for them just before. */
static void __exit orion_board_exit(void)
{
	struct place *place, *next;

	debugfs_remove(board_file);
	list_for_each_entry_safe_reverse(place, next, &places, node) vacate(place);
	list_for_each_entry_safe_reverse(place, next, &places, node) free_place(place);
	bus_unregister_notifier(&platform_bus_type, &bus_events);
}
module_exit(orion_board_exit);

MODULE_DESCRIPTION("Orion board: devices");
MODULE_LICENSE("GPL");
