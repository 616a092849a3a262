/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Initcalls from the names of symbols, and from the files that have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot/evidence/initcalls.h"
#include "lib/system/kernel-image.h"
#include "operations.h"

/* ---- names -------------------------------------------------------------------------------------- */

static void assert_initcall(const char *symbol, const char *function, const char *module, enum gw_initcall_level level,
			    bool sync)
{
	struct gw_initcalls *initcalls;
	const struct gw_initcall *list;

	assert_int_equal(gw_initcalls_new(&initcalls), 0);
	assert_int_equal(gw_initcalls_add(initcalls, symbol, 42), 1);
	assert_int_equal(gw_initcalls_list(initcalls, &list), 1);
	assert_string_equal(list[0].function, function);
	assert_string_equal(list[0].module, module);
	assert_int_equal(list[0].level, level);
	assert_int_equal(list[0].sync, sync);
	assert_int_equal(list[0].address, 42);
	gw_initcalls_free(initcalls);
}

/* As 6.1, 6.12 and 7.2 have them. */
static void names_of_today(void **state)
{
	assert_initcall("__initcall__kmod_iommu_v2__481_1048_amd_iommu_v2_init6", "amd_iommu_v2_init", "iommu_v2",
			GW_INITCALL_DEVICE, false);
	assert_initcall("__initcall__kmod_radeon__580_685_radeon_module_init7", "radeon_module_init", "radeon",
			GW_INITCALL_LATE, false);
	assert_initcall("__initcall__kmod_pci_dma__289_208_pci_iommu_initrootfs", "pci_iommu_init", "pci_dma",
			GW_INITCALL_ROOTFS, false);
	assert_initcall("__initcall__kmod_core__391_2229_init_hw_perf_eventsearly", "init_hw_perf_events", "core",
			GW_INITCALL_EARLY, false);
	assert_initcall("__initcall__kmod_vt__312_3560_con_initcon", "con_init", "vt", GW_INITCALL_CONSOLE, false);
	assert_initcall("__initcall__kmod_trace__400_1_late_trace_init7s", "late_trace_init", "trace", GW_INITCALL_LATE,
			true);
	assert_initcall("__initcall__kmod_x__1_2_f0", "f", "x", GW_INITCALL_PURE, false);
	assert_initcall("__initcall__kmod_8250__1_2_f1", "f", "8250", GW_INITCALL_CORE, false);
}

static void names_before_5_10(void **state)
{
	assert_initcall("__initcall_kfd_module_init6", "kfd_module_init", "", GW_INITCALL_DEVICE, false);
	assert_initcall("__initcall_pci_iommu_initrootfs", "pci_iommu_init", "", GW_INITCALL_ROOTFS, false);
	assert_initcall("__initcall_f4s", "f", "", GW_INITCALL_SUBSYS, true);
}

static void names_that_are_hard_to_take_apart(void **state)
{
	assert_initcall("__initcall__kmod_a__b__12_34_c__5_6_d3", "c__5_6_d", "a__b", GW_INITCALL_ARCH, false);
	assert_initcall("__initcall__kmod_x__1_2_probe_rootfs5", "probe_rootfs", "x", GW_INITCALL_FS, false);
	assert_initcall("__initcall__kmod_x__1_2_version22", "version2", "x", GW_INITCALL_POSTCORE, false);
	assert_initcall("__initcall__kmod_x__1_2_boards6", "boards", "x", GW_INITCALL_DEVICE, false);
	assert_initcall("__initcall__kmod_x__1_2_f6.llvm.123456", "f", "x", GW_INITCALL_DEVICE, false);
}

static void other_symbols_are_none(void **state)
{
	static const char *const symbols[] = {
		"__initcall_start",
		"__initcall_end",
		"__initcall6_start",
		"__initcallrootfs_start",
		"initcall_debug",
		"__initcall_",
		"__initcall__kmod_",
		"__initcall__kmod_x",
		"__initcall__kmod_x__1_2_",
		"__initcall__kmod_x__1_2_6",
		"__initcall__kmod_x__1_2_f8",
		"__initcall__kmod_x__1_2_fs",
		"__initcall__kmod_x__a_2_f6",
		"__initcall__kmod_x__1__f6",
		"__initcall_6",
		"__initcall_early",
		"",
		"__initstub__kmod_x__1_2_f6",
		"str__initcall__trace_system_name",
	};
	struct gw_initcalls *initcalls;
	const struct gw_initcall *list;

	assert_int_equal(gw_initcalls_new(&initcalls), 0);
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		if (gw_initcalls_add(initcalls, symbols[i], i) != 0)
			fail_msg("'%s' was taken for an initcall", symbols[i]);
	assert_int_equal(gw_initcalls_list(initcalls, &list), 0);
	gw_initcalls_free(initcalls);
	gw_initcalls_free(NULL);
}

static void assert_order(const char *const *symbols, const uint64_t *addresses, size_t count, const char *expected)
{
	struct gw_initcalls *initcalls;
	const struct gw_initcall *list;
	char got[256] = "";
	size_t n;

	assert_int_equal(gw_initcalls_new(&initcalls), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(gw_initcalls_add(initcalls, symbols[i], addresses ? addresses[i] : 0), 1);
	n = gw_initcalls_list(initcalls, &list);
	for (size_t i = 0; i < n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s ", list[i].function);
	assert_string_equal(got, expected);
	gw_initcalls_free(initcalls);
}

static void sorted_as_they_run(void **state)
{
	static const char *const symbols[] = { "__initcall_late7",   "__initcall_dev_b6", "__initcall_rootrootfs",
					       "__initcall_dev_s6s", "__initcall_dev_a6", "__initcall_fs5",
					       "__initcall_conscon", "__initcall_eearly" };
	static const uint64_t addresses[] = { 80, 62, 55, 70, 61, 50, 5, 1 };

	assert_order(symbols, addresses, 8, "e fs root dev_a dev_b dev_s late cons ");
}

/* kptr_restrict: all addresses are 0, and the order of the file is what is left. */
static void hidden_addresses_keep_the_order(void **state)
{
	static const char *const symbols[] = { "__initcall_z6", "__initcall_m6", "__initcall_a6", "__initcall_k1" };

	assert_order(symbols, NULL, 4, "k z m a ");
}

static void many_are_sorted_in_no_time(void **state)
{
	struct gw_initcalls *initcalls;
	const struct gw_initcall *list;
	char symbol[64];

	assert_int_equal(gw_initcalls_new(&initcalls), 0);
	for (unsigned int i = 0; i < 100000; i++) {
		snprintf(symbol, sizeof(symbol), "__initcall__kmod_m__%u_1_f%u_6", i, i);
		assert_int_equal(gw_initcalls_add(initcalls, symbol, 1000000 - i), 1);
	}
	assert_int_equal(gw_initcalls_list(initcalls, &list), 100000);
	for (size_t i = 1; i < 100000; i++)
		assert_true(list[i - 1].address < list[i].address);
	gw_initcalls_free(initcalls);
}

static void every_level_has_a_name(void **state)
{
	assert_string_equal(gw_initcall_level_name(GW_INITCALL_DEVICE), "device");
	assert_string_equal(gw_initcall_level_name(GW_INITCALL_LATE), "late");
	for (int i = 0; i < GW_INITCALL_LEVELS; i++)
		assert_string_not_equal(gw_initcall_level_name((enum gw_initcall_level)i), "unknown");
	assert_string_equal(gw_initcall_level_name((enum gw_initcall_level)99), "unknown");
}

/* ---- files -------------------------------------------------------------------------------------------- */

static int directory_setup(void **state)
{
	char *directory = strdup("/tmp/test-initcalls.XXXXXX");

	assert_non_null(directory);
	assert_non_null(mkdtemp(directory));
	*state = directory;
	return 0;
}

static int directory_teardown(void **state)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	assert_int_equal(system(command), 0);
	free(*state);
	return 0;
}

static void put(const char *directory, const char *name, const void *bytes, size_t size)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void put_text(const char *directory, const char *name, const char *text)
{
	put(directory, name, text, strlen(text));
}

#define MAP                                                                                                            \
	"0000000000000000 A fixed_percpu_data\n"                                                                       \
	"ffffffff836fd9a8 d __initcall__kmod_pci_dma__289_208_pci_iommu_initrootfs\n"                                  \
	"ffffffff836fdbe0 d __initcall__kmod_iommu_v2__481_1048_amd_iommu_v2_init6\n"

static struct gw_kernel_image read_good(const char *directory, const char *name)
{
	struct gw_kernel_image image;
	char path[256], *error;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (gw_kernel_image_read(&image, path, &error) < 0)
		fail_msg("%s", error);
	assert_null(error);
	return image;
}

static void assert_bad(const char *directory, const char *name, int code, const char *words)
{
	struct gw_kernel_image image;
	char path[256], *error;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(gw_kernel_image_read(&image, path, &error), code);
	assert_non_null(error);
	assert_non_null(strstr(error, path));
	if (!strstr(error, words))
		fail_msg("'%s' does not say '%s'", error, words);
	assert_null(strchr(error, '\n'));
	free(error);
}

static void system_map_is_read(void **state)
{
	struct gw_kernel_image image;
	const struct gw_initcall *list;

	put_text(*state, "System.map-6.1.0-x", MAP);
	image = read_good(*state, "System.map-6.1.0-x");
	assert_int_equal(gw_initcalls_list(image.initcalls, &list), 2);
	assert_string_equal(list[1].function, "amd_iommu_v2_init");
	assert_int_equal(list[1].address, 0xffffffff836fdbe0);
	assert_string_equal(image.release, "6.1.0-x");
	gw_kernel_image_deinit(&image);
}

/* A vmlinuz has no symbols, but what was installed with it has. */
static void files_beside_a_compressed_kernel_are_used(void **state)
{
	struct gw_kernel_image image;
	char bytes[1024] = "MZ";

	memcpy(bytes + 0x202, "HdrS", 4);
	put(*state, "vmlinuz-6.1.0-x", bytes, sizeof(bytes));
	assert_bad(*state, "vmlinuz-6.1.0-x", -ENOEXEC, "use the System.map or vmlinux of the same build");
	put_text(*state, "System.map-6.1.0-y", MAP); /* of another kernel */
	assert_bad(*state, "vmlinuz-6.1.0-x", -ENOEXEC, "use the System.map or vmlinux of the same build");
	put_text(*state, "System.map-6.1.0-x", "ffffffffffffffff B The real System.map is in the package x\n");
	assert_bad(*state, "vmlinuz-6.1.0-x", -ENOEXEC, "use the System.map or vmlinux of the same build");
	put_text(*state, "System.map-6.1.0-x", MAP);
	image = read_good(*state, "vmlinuz-6.1.0-x");
	assert_non_null(strstr(image.file, "/System.map-6.1.0-x"));
	assert_string_equal(image.release, "6.1.0-x");
	gw_kernel_image_deinit(&image);
}

static void other_files_say_what_to_use(void **state)
{
	put_text(*state, "empty", "");
	assert_bad(*state, "empty", -ENOEXEC, "use a vmlinux, System.map");
	put_text(*state, "text", "hello\n");
	assert_bad(*state, "text", -ENOEXEC, "is no kernel");
	put(*state, "packed", "\x1f\x8b\x08", 3);
	assert_bad(*state, "packed", -ENOEXEC, "compressed");
	put(*state, "elf", "\177ELFgarbage", 11);
	assert_bad(*state, "elf", -ENOEXEC, "damaged ELF");
	put_text(*state, "stub", "ffffffffffffffff B The real System.map is in the package x\n");
	assert_bad(*state, "stub", -ENODATA, "no symbols");
	put_text(*state, "map", "ffffffff81000000 T _text\nffffffff81000000 T startup_64\n");
	assert_bad(*state, "map", -ENODATA, "no initcalls");
	assert_bad(*state, "nothing", -ENOENT, "No such file");
	assert_bad(*state, ".", -EISDIR, "Is a directory");
}

static void compile(const char *directory, const char *flags)
{
	char command[512];

	snprintf(command, sizeof(command), "cd %s && cc -O0 -nostdlib -static %s -o vmlinux -Wl,-e,0 k.c", directory,
		 flags);
	assert_int_equal(system(command), 0);
}

static void elf_is_read_and_a_stripped_one_is_told(void **state)
{
	struct gw_kernel_image image;
	const struct gw_initcall *list;

	put_text(*state, "k.c",
		 "int __initcall__kmod_a__1_2_late_one7 = 1, __initcall__kmod_b__1_2_device_one6 = 1;\n"
		 "const char linux_banner[] = \"Linux version 6.1.99-made-up (me@here) #1\\n\";\n");
	compile(*state, "");
	image = read_good(*state, "vmlinux");
	assert_int_equal(gw_initcalls_list(image.initcalls, &list), 2);
	assert_string_equal(list[0].function, "device_one");
	assert_string_equal(list[1].module, "a");
	assert_string_equal(image.release, "6.1.99-made-up");
	gw_kernel_image_deinit(&image);
	compile(*state, "-s");
	assert_bad(*state, "vmlinux", -ENODATA, "its symbol table has been stripped");
	put_text(*state, "System.map", MAP);
	image = read_good(*state, "vmlinux");
	assert_non_null(strstr(image.file, "/System.map"));
	gw_kernel_image_deinit(&image);
	put_text(*state, "k.c", "int x = 1;\n");
	assert_int_equal(remove(strcat(strcpy((char[256]){ 0 }, *state), "/System.map")), 0);
	compile(*state, "");
	assert_bad(*state, "vmlinux", -ENODATA, "is it a kernel");
}

#define CRAFTED_SYMBOLS 2000

/* Many symbol tables in the same bytes, and all symbols with one name, which is of that length. */
static void put_crafted_elf(const char *directory, unsigned int tables, size_t name_length)
{
	size_t strings = 1 + name_length + 1, headers = sizeof(Elf64_Ehdr) + (tables + 3) * sizeof(Elf64_Shdr);
	size_t size = headers + strings + CRAFTED_SYMBOLS * sizeof(Elf64_Sym);
	unsigned char *file = calloc(1, size);
	Elf64_Ehdr *header = (Elf64_Ehdr *)file;
	Elf64_Shdr *sections = (Elf64_Shdr *)(header + 1);

	memcpy(header->e_ident, "\177ELF\2\1\1", 7);
	*header = (Elf64_Ehdr){ .e_type = ET_EXEC,
				.e_machine = EM_X86_64,
				.e_version = 1,
				.e_shoff = sizeof(*header),
				.e_ehsize = sizeof(*header),
				.e_shentsize = sizeof(Elf64_Shdr),
				.e_shnum = (Elf64_Half)(tables + 3) };
	memcpy(header->e_ident, "\177ELF\2\1\1", 7);
	sections[1] = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = headers, .sh_size = strings };
	for (unsigned int i = 0; i < tables; i++)
		sections[2 + i] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB,
						.sh_link = 1,
						.sh_offset = headers + strings,
						.sh_size = CRAFTED_SYMBOLS * sizeof(Elf64_Sym),
						.sh_entsize = sizeof(Elf64_Sym) };
	memset(file + headers + 1, 'a', name_length);
	for (size_t i = 0; i < CRAFTED_SYMBOLS; i++) {
		Elf64_Sym symbol = { .st_name = 1, .st_shndx = 1 };

		memcpy(file + headers + strings + i * sizeof(symbol), &symbol, sizeof(symbol));
	}
	put(directory, "vmlinux", file, size);
	free(file);
}

static uint64_t cost_of_crafted_elf(const char *directory, unsigned int tables, size_t name_length)
{
	uint64_t before;

	put_crafted_elf(directory, tables, name_length);
	before = operations();
	assert_bad(directory, "vmlinux", -ENODATA, "is it a kernel");
	return operations() - before;
}

static void crafted_elf_costs_no_more_than_its_bytes(void **state)
{
	uint64_t once = cost_of_crafted_elf(*state, 1, 10);

	assert_true(cost_of_crafted_elf(*state, 1000, 10) < 2 * once);
	assert_true(cost_of_crafted_elf(*state, 1, 1 << 20) < 2 * once);
}

#define with_directory(test) cmocka_unit_test_setup_teardown(test, directory_setup, directory_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_today),
		cmocka_unit_test(names_before_5_10),
		cmocka_unit_test(names_that_are_hard_to_take_apart),
		cmocka_unit_test(other_symbols_are_none),
		cmocka_unit_test(sorted_as_they_run),
		cmocka_unit_test(hidden_addresses_keep_the_order),
		cmocka_unit_test(many_are_sorted_in_no_time),
		cmocka_unit_test(every_level_has_a_name),
		with_directory(system_map_is_read),
		with_directory(files_beside_a_compressed_kernel_are_used),
		with_directory(other_files_say_what_to_use),
		with_directory(crafted_elf_costs_no_more_than_its_bytes),
		with_directory(elf_is_read_and_a_stripped_one_is_told),
	};

	return cmocka_run_group_tests_name("initcalls", tests, NULL, NULL);
}
