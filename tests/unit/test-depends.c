/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of dependencies: its language, its files, and the one that is installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot/table/dependencies.h"
#include "lib/system/dependency-files.h"

#define GOOD                                                                                                           \
	"[gpu-mc]\n"                                                                                                   \
	"Consumer=example GPU\n"                                                                                       \
	"ConsumerModules=example-gpu  other_gpu\n"                                                                     \
	"Supplier=example MC\n"                                                                                        \
	"SupplierInitcalls=mc_init\n"                                                                                  \
	"Why=It looks once.\n"                                                                                         \
	"Source=manual\n"

struct heard {
	char text[16384];
	int count;
};

static void hear(const char *message, void *userdata)
{
	struct heard *heard = userdata;

	snprintf(heard->text + strlen(heard->text), sizeof(heard->text) - strlen(heard->text), "%s\n", message);
	heard->count++;
}

static int parse(struct gw_depends **ret, const char *text, struct heard *heard)
{
	memset(heard, 0, sizeof(*heard));
	assert_int_equal(gw_depends_new(ret), 0);
	return gw_depends_parse(*ret, "t.conf", text, strlen(text), hear, heard);
}

/* Parses what must be good. */
static struct gw_depends *good(const char *text)
{
	struct gw_depends *depends;
	struct heard heard;

	assert_int_equal(parse(&depends, text, &heard), 0);
	assert_string_equal(heard.text, "");
	return depends;
}

static void assert_refused(const char *text, const char *complaint)
{
	const struct gw_dependency *entries;
	struct gw_depends *depends;
	struct heard heard;
	int errors = parse(&depends, text, &heard);

	assert_int_equal(errors, heard.count);
	assert_string_equal(heard.text, complaint);
	assert_int_equal(gw_depends_list(depends, &entries), 0);
	gw_depends_free(depends);
}

static void every_key_is_read(void **state)
{
	struct gw_depends *depends =
		good("# comment\n; comment\n\n[id.1_-x]\r\n"
		     "Consumer = a GPU \r\nConsumerInitcalls=a_init\tb_init\nConsumerInitcalls=c_init\n"
		     "ConsumerModules=a\nConsumerDrivers=a-drv b*\nConsumerDevices=pci:v00001002d*\n"
		     "Supplier=an MMU\nSupplierInitcalls=m_init\nSupplierModules=m\nSupplierDrivers=m-drv\n"
		     "SupplierDevices=of:N*Cx,y\nFeature=F\nFeaturePath=/dev/f\nFeatureIOMMUGroup=yes\n"
		     "Optional=yes\nKernels=4.20-6.5\nWhy=Because a=b.\nSource=s");
	const struct gw_dependency *e;

	assert_int_equal(gw_depends_list(depends, &e), 1);
	assert_string_equal(e->id, "id.1_-x");
	assert_string_equal(e->consumer.name, "a GPU");
	assert_string_equal(e->consumer.initcalls[0], "a_init");
	assert_string_equal(e->consumer.initcalls[1], "b_init");
	assert_string_equal(e->consumer.initcalls[2], "c_init");
	assert_null(e->consumer.initcalls[3]);
	assert_string_equal(e->consumer.modules[0], "a");
	assert_true(gw_party_has(e->consumer.drivers, "bcd"));
	assert_string_equal(e->consumer.devices[0], "pci:v00001002d*");
	assert_string_equal(e->supplier.name, "an MMU");
	assert_string_equal(e->supplier.initcalls[0], "m_init");
	assert_string_equal(e->supplier.modules[0], "m");
	assert_string_equal(e->supplier.drivers[0], "m-drv");
	assert_string_equal(e->supplier.devices[0], "of:N*Cx,y");
	assert_string_equal(e->feature.name, "F");
	assert_string_equal(e->feature.path, "/dev/f");
	assert_true(e->feature.iommu_group);
	assert_true(e->optional);
	assert_string_equal(e->kernels, "4.20-6.5");
	assert_string_equal(e->why, "Because a=b.");
	assert_string_equal(e->source, "s");
	gw_depends_free(depends);
}

static void no_text_is_no_entries(void **state)
{
	const struct gw_dependency *entries;
	struct gw_depends *depends = good("");

	assert_int_equal(gw_depends_list(depends, &entries), 0);
	gw_depends_free(depends);
	gw_depends_free(NULL);
}

static void same_name_replaces_in_its_place(void **state)
{
	struct gw_depends *depends =
		good(GOOD "[second]\nConsumer=c\nConsumerModules=c\nSupplier=s\nSupplierModules=s\n"
			  "Why=w\nSource=x\n");
	const struct gw_dependency *entries;
	struct heard heard = { 0 };
	const char *again =
		"[gpu-mc]\nConsumer=mine\nConsumerModules=m\nSupplier=s\nSupplierModules=s\nWhy=w\nSource=x\n";

	assert_int_equal(gw_depends_parse(depends, "u.conf", again, strlen(again), hear, &heard), 0);
	assert_int_equal(gw_depends_list(depends, &entries), 2);
	assert_string_equal(entries[0].consumer.name, "mine");
	assert_null(entries[0].supplier.initcalls);
	assert_string_equal(entries[1].id, "second");
	gw_depends_free(depends);
}

static void empty_section_removes(void **state)
{
	struct gw_depends *depends = good(GOOD);
	const struct gw_dependency *entries;
	struct heard heard = { 0 };
	const char *again = "[gpu-mc]\n# nothing\n\n[never-there]\n";

	assert_int_equal(gw_depends_parse(depends, "u.conf", again, strlen(again), hear, &heard), 0);
	assert_int_equal(gw_depends_list(depends, &entries), 0);
	gw_depends_free(depends);
}

/* A mistake in an override must not silently take the entry away that it was to replace. */
static void wrong_entry_leaves_the_earlier_one(void **state)
{
	struct gw_depends *depends = good(GOOD);
	const struct gw_dependency *entries;
	struct heard heard = { 0 };
	const char *again = "[gpu-mc]\nConsumr=mine\n[gpu-mc]\nnonsense\n";

	assert_int_equal(gw_depends_parse(depends, "u.conf", again, strlen(again), hear, &heard), 2);
	assert_string_equal(
		heard.text,
		"u.conf:2: unknown key 'Consumr', see gpuwatch-dependencies(5) for those that there are\nu.conf:4: 'nonsense' is neither [name] nor Key=Value\n");
	assert_int_equal(gw_depends_list(depends, &entries), 1);
	assert_string_equal(entries[0].consumer.name, "example GPU");
	gw_depends_free(depends);
}

static void other_entries_count_beside_a_wrong_one(void **state)
{
	const struct gw_dependency *entries;
	struct gw_depends *depends;
	struct heard heard;

	assert_int_equal(parse(&depends, "[bad]\nOptional=maybe\n" GOOD "[bad2]\nWhy=\n", &heard), 2);
	assert_int_equal(gw_depends_list(depends, &entries), 1);
	assert_string_equal(entries[0].id, "gpu-mc");
	gw_depends_free(depends);
}

static void wrong_lines_say_what_to_write(void **state)
{
	assert_refused("Consumer=x\n", "t.conf:1: 'Consumer=x' stands before any [name], put it into an entry\n");
	assert_refused("[a b]\nWhy=x\n",
		       "t.conf:1: '[a b]' is not a [name], write letters, digits, '.', '_' and '-' in brackets\n");
	assert_refused("[]\n", "t.conf:1: '[]' is not a [name], write letters, digits, '.', '_' and '-' in brackets\n");
	assert_refused("[a\n", "t.conf:1: '[a' is not a [name], write letters, digits, '.', '_' and '-' in brackets\n");
	assert_refused("[a]\nOptional=true\n", "t.conf:2: Optional=true: write yes or no\n");
	assert_refused("[a]\nFeaturePath=dev/kfd\n",
		       "t.conf:2: FeaturePath=dev/kfd: write an absolute path, such as /dev/kfd\n");
	assert_refused("[a]\nWhy=x\nWhy=y\n", "t.conf:3: Why= is given twice in [a], leave one\n");
	assert_refused("[a]\nWhy=\n", "t.conf:2: Why= is empty, remove the line\n");
}

static void missing_keys_are_told(void **state)
{
	assert_refused("[a]\nConsumer=c\nConsumerModules=c\nSupplier=s\nSupplierModules=s\nWhy=w\n",
		       "t.conf:1: [a] has no Source=, add it\n");
	assert_refused(
		"[a]\nConsumer=c\nSupplier=s\nSupplierModules=s\nWhy=w\nSource=x\n",
		"t.conf:1: [a] does not name the consumer, add ConsumerModules=, ConsumerDrivers=, ConsumerInitcalls= or ConsumerDevices=\n");
	assert_refused(
		"[a]\nConsumer=c\nConsumerModules=c\nSupplier=s\nSupplierModules=s\nWhy=w\nSource=x\nFeaturePath=/x\n",
		"t.conf:1: [a] does not name the feature, add Feature=\n");
}

static void wrong_ranges_are_refused(void **state)
{
	static const char *const ranges[] = { "-", "6.x", "6.1-6.2-6.3", "a-b", "6.1 - 6.2", "1.2.3.4", "6.1-x" };
	struct gw_depends *depends;
	struct heard heard;
	char text[256];

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		snprintf(text, sizeof(text), "[a]\nKernels=%s\nConsumer=c\n", ranges[i]);
		parse(&depends, text, &heard);
		assert_non_null(strstr(heard.text, "write a range of versions"));
		gw_depends_free(depends);
	}
}

static void garbage_is_survived(void **state)
{
	struct gw_depends *depends;
	struct heard heard;
	char *text = malloc(70000);

	assert_non_null(text);
	memset(text, 'a', 70000);
	assert_int_equal(gw_depends_new(&depends), 0);
	heard = (struct heard){ 0 };
	assert_int_equal(gw_depends_parse(depends, "t.conf", text, 70000, hear, &heard), 1);
	assert_string_equal(heard.text, "t.conf:1: line is longer than 4095 bytes, shorten it\n");
	heard = (struct heard){ 0 };
	assert_int_equal(gw_depends_parse(depends, "t.conf", "[a]\nWhy=\0x\n", 11, hear, &heard), 1);
	assert_string_equal(heard.text, "t.conf:2: line contains control characters, remove them\n");
	for (size_t i = 0; i < 70000; i++)
		text[i] = (char)(rand() % 256);
	assert_true(gw_depends_parse(depends, "t.conf", text, 70000, NULL, NULL) > 0);
	gw_depends_free(depends);
	free(text);
}

static void lists_and_entries_are_bounded(void **state)
{
	const struct gw_dependency *entries;
	struct gw_depends *depends;
	struct heard *heard = calloc(1, sizeof(*heard));
	char *text = malloc(1 << 20), *at = text;

	assert_true(text && heard);
	at += sprintf(at, "[a]\n");
	for (int i = 0; i < 300; i++)
		at += sprintf(at, "ConsumerModules=m%d\n", i);
	assert_true(parse(&depends, text, heard) >= 1);
	assert_non_null(strstr(heard->text, "t.conf:258: ConsumerModules= has more than 256 names"));
	gw_depends_free(depends);
	at = text;
	for (int i = 0; i < 5000; i++)
		at += sprintf(at,
			      "[e%d]\nConsumer=c\nConsumerModules=c\nSupplier=s\nSupplierModules=s\nWhy=w\nSource=x\n",
			      i);
	assert_int_equal(parse(&depends, text, heard), 5000 - 4096);
	assert_int_equal(gw_depends_list(depends, &entries), 4096);
	gw_depends_free(depends);
	free(text);
	free(heard);
}

static bool is_for(const char *kernels, const char *release)
{
	const struct gw_dependency dependency = { .kernels = kernels };

	return gw_dependency_for_kernel(&dependency, release);
}

static void ranges_hold_all_stable_releases(void **state)
{
	assert_true(is_for(NULL, "anything"));
	assert_true(is_for("4.20-6.5", "4.20.0"));
	assert_true(is_for("4.20-6.5", "6.5.13-amd64"));
	assert_true(is_for("4.20-6.5", "6.1.0-56-amd64"));
	assert_true(is_for("4.20-6.5", "6.5-rc1"));
	assert_false(is_for("4.20-6.5", "6.6.0"));
	assert_false(is_for("4.20-6.5", "4.19.300"));
	assert_false(is_for("4.20-6.5", "6.50.1"));
	assert_true(is_for("6.6-", "7.2.12+deb13-amd64"));
	assert_false(is_for("6.6-", "6.5.9"));
	assert_true(is_for("-6.5", "2.6.39"));
	assert_false(is_for("-6.5", "6.6"));
	assert_true(is_for("6.1", "6.1.192-gpuwatch"));
	assert_false(is_for("6.1", "6.12.95+deb12-amd64"));
	assert_true(is_for("6.1.55-6.1.60", "6.1.55"));
	assert_false(is_for("6.1.55-6.1.60", "6.1.61"));
	assert_true(is_for("6", "6.12.95"));
	assert_false(is_for("6.1", ""));
	assert_false(is_for("6.1", "linux"));
}

static void names_match_as_patterns(void **state)
{
	char *patterns[] = { "pci:v00001002d*bc03*", "exact", NULL },
	     *modules[] = { "amd-iommu_v2", "snd-*", "x[0-9]-y", NULL };
	const struct gw_party party = { .modules = modules };

	assert_true(gw_party_has(patterns, "pci:v00001002d0000687Fsv00001002sd00006B76bc03sc00i00"));
	assert_false(gw_party_has(patterns, "pci:v00008086d0000687Fsv00001002sd00006B76bc03sc00i00"));
	assert_true(gw_party_has(patterns, "exact"));
	assert_false(gw_party_has(patterns, "exactly"));
	assert_false(gw_party_has(NULL, "exact"));
	assert_true(gw_party_has_module(&party, "amd_iommu-v2"));
	assert_true(gw_party_has_module(&party, "snd_hda"));
	assert_true(gw_party_has_module(&party, "x5_y"));
	assert_false(gw_party_has_module(&party, "amd_iommu"));
	assert_false(gw_party_has_module(&(struct gw_party){ .name = "none" }, "x"));
}

/* ---- files ---------------------------------------------------------------------------------------- */

struct tree {
	char root[64], table[128], etc[128], run[128];
	const char *directories[3];
};

static void put(const char *directory, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void run(const char *format, const char *argument)
{
	char command[512];

	snprintf(command, sizeof(command), format, argument);
	assert_int_equal(system(command), 0);
}

static int tree_setup(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	assert_non_null(tree);
	strcpy(tree->root, "/tmp/test-depends.XXXXXX");
	assert_non_null(mkdtemp(tree->root));
	snprintf(tree->table, sizeof(tree->table), "%s/table", tree->root);
	snprintf(tree->etc, sizeof(tree->etc), "%s/etc", tree->root);
	snprintf(tree->run, sizeof(tree->run), "%s/run", tree->root);
	tree->directories[0] = tree->etc;
	tree->directories[1] = tree->run;
	run("mkdir %s/etc", tree->root);
	run("mkdir %s/run", tree->root);
	put(tree->root, "table", GOOD);
	*state = tree;
	return 0;
}

static int tree_teardown(void **state)
{
	struct tree *tree = *state;

	run("rm -rf %s", tree->root);
	free(tree);
	return 0;
}

/* Returns the names of all entries, separated by blanks. */
static void load(const struct tree *tree, char *ret, size_t size, int errors, struct heard *heard)
{
	const struct gw_dependency *entries;
	struct gw_depends *depends;
	size_t count;

	*heard = (struct heard){ 0 };
	assert_int_equal(gw_depends_load(&depends, tree->table, tree->directories, hear, heard), errors);
	count = gw_depends_list(depends, &entries);
	ret[0] = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(ret + strlen(ret), size - strlen(ret), "%s%s", i ? " " : "", entries[i].id);
	gw_depends_free(depends);
}

#define ENTRY(id) "[" id "]\nConsumer=c\nConsumerModules=c\nSupplier=s\nSupplierModules=s\nWhy=w\nSource=x\n"

static void directories_add_and_mask(void **state)
{
	struct tree *tree = *state;
	struct heard heard;
	char ids[256];

	load(tree, ids, sizeof(ids), 0, &heard);
	assert_string_equal(ids, "gpu-mc");
	put(tree->run, "20-b.conf", ENTRY("b"));
	put(tree->etc, "10-a.conf", ENTRY("a"));
	put(tree->etc, "notes.txt", "nonsense\n");
	put(tree->etc, ".hidden.conf", "nonsense\n");
	load(tree, ids, sizeof(ids), 0, &heard);
	assert_string_equal(ids, "gpu-mc a b");
	put(tree->etc, "20-b.conf", "");
	load(tree, ids, sizeof(ids), 0, &heard);
	assert_string_equal(ids, "gpu-mc a");
	put(tree->etc, "30-c.conf", "[gpu-mc]\n");
	load(tree, ids, sizeof(ids), 0, &heard);
	assert_string_equal(ids, "a");
}

static void errors_name_their_file(void **state)
{
	struct tree *tree = *state;
	char ids[256], expected[512];
	struct heard heard;

	put(tree->etc, "a.conf", "\n[x]\nUnknown=1\n" ENTRY("good"));
	load(tree, ids, sizeof(ids), 1, &heard);
	snprintf(expected, sizeof(expected),
		 "%s/a.conf:3: unknown key 'Unknown', see gpuwatch-dependencies(5) for those that there are\n",
		 tree->etc);
	assert_string_equal(heard.text, expected);
	assert_string_equal(ids, "gpu-mc good");
}

static void missing_table_is_told_and_the_rest_counts(void **state)
{
	struct tree *tree = *state;
	struct heard heard;
	char ids[256];

	put(tree->etc, "a.conf", ENTRY("mine"));
	run("rm %s/table", tree->root);
	load(tree, ids, sizeof(ids), 1, &heard);
	assert_non_null(strstr(heard.text, "/table: cannot be read: No such file or directory, install"));
	assert_string_equal(ids, "mine");
	run("mkdir %s/etc/b.conf", tree->root);
	load(tree, ids, sizeof(ids), 2, &heard);
	assert_non_null(strstr(heard.text, "/etc/b.conf: cannot be read: Is a directory\n"));
}

/* ---- the installed table --------------------------------------------------------------------------------- */

static const struct gw_dependency *find(const struct gw_dependency *entries, size_t count, const char *release,
					const char *consumer, const char *supplier)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(entries[i].consumer.name, consumer) == 0 &&
		    strcmp(entries[i].supplier.name, supplier) == 0 && gw_dependency_for_kernel(&entries[i], release))
			return &entries[i];
	return NULL;
}

static void installed_table_is_good(void **state)
{
	static const char *const no_directories[] = { NULL };
	const struct gw_dependency *entries, *entry;
	struct gw_depends *depends;
	struct heard heard = { 0 };
	size_t count;

	/* tests run in the project's directory */
	assert_int_equal(gw_depends_load(&depends, "data/dependencies.conf", no_directories, hear, &heard), 0);
	assert_string_equal(heard.text, "");
	count = gw_depends_list(depends, &entries);
	/* IOMMUv1, IOMMUv2, KFD, radeon, as in 2016 */
	assert_non_null(find(entries, count, "4.9.0", "AMD IOMMUv2", "AMD IOMMUv1"));
	assert_non_null(find(entries, count, "4.9.0", "KFD", "AMD IOMMUv2"));
	assert_non_null(find(entries, count, "4.9.0", "radeon", "KFD"));
	assert_non_null(find(entries, count, "4.9.0", "amdgpu", "KFD"));
	/* and the last longterm kernel that has IOMMUv2 */
	assert_non_null(find(entries, count, "6.1.0-56-amd64", "AMD IOMMUv2", "AMD IOMMUv1"));
	entry = find(entries, count, "6.1.0-56-amd64", "KFD in amdgpu", "AMD IOMMUv2");
	assert_non_null(entry);
	assert_true(gw_party_has(entry->consumer.initcalls, "amdgpu_init"));
	assert_true(gw_party_has(entry->consumer.devices, "pci:v00001002d000015DDsv00001043sd0000876Bbc03sc00i00"));
	assert_false(gw_party_has(entry->consumer.devices, "pci:v00001002d0000687Fsv00001002sd00006B76bc03sc00i00"));
	assert_null(find(entries, count, "6.1.0-56-amd64", "radeon", "KFD"));
	assert_null(find(entries, count, "7.2.12", "KFD in amdgpu", "AMD IOMMUv2"));
	assert_non_null(find(entries, count, "7.2.12", "GPU drivers", "IOMMU (AMD IOMMUv1, VT-d)"));
	entry = find(entries, count, "6.1.0-56-amd64", "AMD GPUs", "IOMMU (AMD IOMMUv1, VT-d)");
	assert_non_null(entry);
	assert_true(entry->feature.iommu_group);
	gw_depends_free(depends);
}

#define with_tree(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(no_text_is_no_entries),
		cmocka_unit_test(same_name_replaces_in_its_place),
		cmocka_unit_test(empty_section_removes),
		cmocka_unit_test(wrong_entry_leaves_the_earlier_one),
		cmocka_unit_test(other_entries_count_beside_a_wrong_one),
		cmocka_unit_test(wrong_lines_say_what_to_write),
		cmocka_unit_test(missing_keys_are_told),
		cmocka_unit_test(wrong_ranges_are_refused),
		cmocka_unit_test(garbage_is_survived),
		cmocka_unit_test(lists_and_entries_are_bounded),
		cmocka_unit_test(ranges_hold_all_stable_releases),
		cmocka_unit_test(names_match_as_patterns),
		with_tree(directories_add_and_mask),
		with_tree(errors_name_their_file),
		with_tree(missing_table_is_told_and_the_rest_counts),
		cmocka_unit_test(installed_table_is_good),
	};

	return cmocka_run_group_tests_name("depends", tests, NULL, NULL);
}
