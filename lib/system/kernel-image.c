/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initcalls of a kernel that lies in a file. */
#include "lib/system/kernel-image.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/files.h"

#define NAME_LONGEST 512		 /* KSYM_NAME_LEN of include/linux/kallsyms.h */
#define TEXT_LONGEST ((size_t)128 << 20) /* bytes of a System.map; they have some ten million */
#define INITCALLS_MOST ((size_t)1 << 16) /* of a kernel, which has some two thousand */

static void image_cleanup_elf(Elf **elf)
{
	elf_end(*elf);
}

_printf_(3, 4) static int image_fail(char **error, int code, const char *format, ...)
{
	va_list arguments;

	free(*error);
	va_start(arguments, format);
	if (vasprintf(error, format, arguments) < 0)
		*error = NULL;
	va_end(arguments);
	return code;
}

/* What is no initcall is none of the image's. */
static int image_add(struct gw_kernel_image *image, const char *name, uint64_t address, size_t *found, const char *path,
		     char **error)
{
	int r = gw_initcalls_add(image->initcalls, name, address);

	if (r < 0)
		return r;
	*found += (size_t)r;
	return *found <= INITCALLS_MOST ? 0 : image_fail(error, -EFBIG, "%s: has more initcalls than any kernel", path);
}

/* ---- text: System.map, a copy of /proc/kallsyms -------------------------------------------------------------- */

/* "ffffffff81000000 T _text"; @ret is cut out of the line. What belongs to a module is none of the kernel's. */
static bool image_parse_line(char *line, uint64_t *address, char **ret)
{
	char *type;

	if (!isxdigit((unsigned char)line[0]))
		return false;
	*address = strtoull(line, &type, 16);
	if (type[0] != ' ' || !type[1] || type[2] != ' ')
		return false;
	*ret = type + 3;
	type[3 + strcspn(type + 3, " \t")] = '\0';
	return (*ret)[0] != '\0';
}

static int image_read_text(struct gw_kernel_image *image, const char *path, char **error)
{
	_cleanup_free_ char *text = NULL;
	size_t found = 0, symbols = 0, size;
	uint64_t address;
	char *name;
	int r = gw_file_whole(AT_FDCWD, path, TEXT_LONGEST, &text, &size);

	if (r == -EFBIG)
		return image_fail(error, r, "%s: is longer than any System.map", path);
	if (r < 0)
		return image_fail(error, r, "%s: cannot be read: %s", path, strerror(-r));
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!image_parse_line(line, &address, &name))
			continue;
		symbols++;
		r = image_add(image, name, address, &found, path, error);
		if (r < 0)
			return r;
	}
	if (symbols <= 1) /* Debian's /boot/System.map has one line, which says where the real one is */
		return image_fail(error, -ENODATA,
				  "%s: has no symbols; use the System.map or vmlinux of the kernel's debug package",
				  path);
	if (!found)
		return image_fail(
			error, -ENODATA,
			"%s: has no initcalls among its symbols (CONFIG_KALLSYMS_ALL is off?); use the System.map of the same build",
			path);
	return 0;
}

/* ---- ELF: vmlinux -------------------------------------------------------------------------------------- */

/* "Linux version 6.1.0 (...": the text of linux_banner. */
static void image_read_banner(struct gw_kernel_image *image, Elf *elf, const GElf_Sym *symbol)
{
	Elf_Scn *section = elf_getscn(elf, symbol->st_shndx);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	GElf_Shdr header;
	uint64_t offset;
	char text[128];
	size_t size;

	if (!data || !data->d_buf || !gelf_getshdr(section, &header) || symbol->st_value < header.sh_addr)
		return;
	offset = symbol->st_value - header.sh_addr;
	if (offset >= data->d_size)
		return;
	size = data->d_size - offset < sizeof(text) - 1 ? data->d_size - offset : sizeof(text) - 1;
	memcpy(text, (const char *)data->d_buf + offset, size);
	text[size] = '\0';
	sscanf(text, "Linux version %63s", image->release);
}

/* The names of a symbol table; NULL if they are not there, or do not end inside of their section. */
static const Elf_Data *image_names(Elf *elf, const GElf_Shdr *symbols)
{
	Elf_Scn *section = elf_getscn(elf, symbols->sh_link);
	const Elf_Data *names = section ? elf_getdata(section, NULL) : NULL;

	return names && names->d_buf && names->d_size && ((const char *)names->d_buf)[names->d_size - 1] == '\0' ? names
														 : NULL;
}

/* Names that are longer than the kernel has any are skipped: many symbols may share one of a megabyte. */
static int image_read_symbols(struct gw_kernel_image *image, Elf *elf, Elf_Scn *section, size_t *found,
			      const char *path, char **error)
{
	Elf_Data *data = elf_getdata(section, NULL);
	const Elf_Data *names;
	GElf_Shdr header;
	size_t count;

	if (!data || !gelf_getshdr(section, &header) || !header.sh_entsize || !(names = image_names(elf, &header)))
		return 0;
	count = data->d_size / header.sh_entsize;
	for (size_t i = 0; i < count && i <= INT_MAX; i++) {
		const char *name;
		GElf_Sym symbol;
		int r;

		if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF ||
		    symbol.st_name >= names->d_size)
			continue;
		name = (const char *)names->d_buf + symbol.st_name;
		if (strnlen(name, NAME_LONGEST + 1) > NAME_LONGEST)
			continue;
		if (strcmp(name, "linux_banner") == 0)
			image_read_banner(image, elf, &symbol);
		r = image_add(image, name, symbol.st_value, found, path, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int image_read_elf(struct gw_kernel_image *image, const char *path, char **error)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(image_cleanup_elf) Elf *elf = NULL;
	Elf_Scn *section = NULL;
	size_t found = 0;
	GElf_Shdr header;
	bool symbols = false;
	int r = 0;

	if (fd < 0)
		return image_fail(error, -errno, "%s: cannot be read: %s", path, strerror(errno));
	if (elf_version(EV_CURRENT) == EV_NONE)
		return image_fail(error, -ENOEXEC, "%s: this libelf is too old", path);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF)
		return image_fail(error, -ENOEXEC, "%s: is a damaged ELF file: %s", path, elf_errmsg(-1));
	/* System V ABI: one table of this type at most. */
	while (r == 0 && !symbols && (section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB) {
			symbols = true;
			r = image_read_symbols(image, elf, section, &found, path, error);
		}
	if (r < 0)
		return r;
	if (!symbols)
		return image_fail(
			error, -ENODATA,
			"%s: its symbol table has been stripped, and without it nothing names the entries of the initcall table; use the System.map or an unstripped vmlinux of the same build (Debian: linux-image-RELEASE-dbg)",
			path);
	if (!found)
		return image_fail(error, -ENODATA, "%s: has no initcalls among its symbols; is it a kernel (vmlinux)?",
				  path);
	return 0;
}

/* ---- what kind of file ------------------------------------------------------------------------------------ */

enum kind {
	KIND_ELF,
	KIND_TEXT,
	KIND_COMPRESSED,
	KIND_OTHER,
};

static const struct {
	const char *bytes;
	size_t size, offset;
} packed[] = {
	{ "HdrS", 4, 0x202 },	      /* bzImage, Documentation/arch/x86/boot.rst */
	{ "ARM\x64", 4, 56 },	      /* arm64 Image, Documentation/arch/arm64/booting.rst */
	{ "\x1f\x8b", 2, 0 },	      /* gzip */
	{ "\x28\xb5\x2f\xfd", 4, 0 }, /* zstd */
	{ "\xfd"
	  "7zXZ",
	  5, 0 },		      /* xz */
	{ "BZh", 3, 0 },	      /* bzip2 */
	{ "\x5d\0\0", 3, 0 },	      /* lzma */
	{ "\x02\x21\x4c\x18", 4, 0 }, /* lz4 */
	{ "\x89LZO", 4, 0 },	      /* lzo */
	{ "MZ", 2, 0 },		      /* EFI */
	{ "\x27\x05\x19\x56", 4, 0 }, /* U-Boot */
};

static enum kind image_kind(const char *bytes, size_t size)
{
	if (size >= 4 && memcmp(bytes, "\177ELF", 4) == 0)
		return KIND_ELF;
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (packed[i].offset + packed[i].size <= size &&
		    memcmp(bytes + packed[i].offset, packed[i].bytes, packed[i].size) == 0)
			return KIND_COMPRESSED;
	for (size_t i = 0; i < 8; i++)
		if (i >= size || !isxdigit((unsigned char)bytes[i]))
			return KIND_OTHER;
	return KIND_TEXT;
}

/* ---- beside it ------------------------------------------------------------------------------------------------ */

/* What vmlinuz-RELEASE and System.map-RELEASE say about the release; "" for other names. */
static const char *image_release(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	static const char *const prefixes[] = {
		"vmlinuz-", "vmlinux-", "System.map-", "bzImage-", "Image-", "kernel-"
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return name + strlen(prefixes[i]);
	return "";
}

static int image_read_file(struct gw_kernel_image *image, const char *path, bool beside, char **error);

/* Tries DIRECTORY/NAME[-RELEASE]. Returns 0 if it had them, or why not. */
static int image_try_file(struct gw_kernel_image *image, const char *directory, const char *name, const char *release)
{
	_cleanup_free_ char *ignored = NULL;
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s%s%s", directory, name, *release ? "-" : "", release);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	return image_read_file(image, path, false, &ignored);
}

/*
 * The symbols of the same build: in the same directory under a name with the same release, where Debian's debug packages
 * have them, or, for an image in a build tree (arch/x86/boot/bzImage), at the top of the tree.
 */
static int image_read_beside(struct gw_kernel_image *image, const char *path)
{
	static const char *const names[] = { "System.map", "vmlinux" };
	char directory[PATH_MAX], top[PATH_MAX + 16];
	const char *slash = strrchr(path, '/'), *release = image_release(path);
	int n = slash ? snprintf(directory, sizeof(directory), "%.*s", (int)(slash > path ? slash - path : 1), path)
		      : snprintf(directory, sizeof(directory), ".");
	int r = -ENOENT;

	if (n < 0 || (size_t)n >= sizeof(directory))
		return -ENAMETOOLONG;
	snprintf(top, sizeof(top), "%s/../../..", directory);
	for (size_t i = 0; i < 2 && r < 0 && r != -ENOMEM; i++) {
		r = image_try_file(image, directory, names[i], release);
		if (r < 0 && r != -ENOMEM && *release)
			r = image_try_file(image, "/usr/lib/debug/boot", names[i], release);
		if (r < 0 && r != -ENOMEM && !*release && strstr(path, "/boot/"))
			r = image_try_file(image, top, names[i], "");
	}
	return r;
}

static int image_read_file(struct gw_kernel_image *image, const char *path, bool beside, char **error)
{
	char bytes[1024];
	ssize_t size = gw_file_read(AT_FDCWD, path, bytes, sizeof(bytes));
	enum kind kind;
	int r;

	if (size < 0)
		return image_fail(error, (int)size, "%s: cannot be read: %s", path, strerror((int)-size));
	kind = image_kind(bytes, (size_t)size);
	if (kind == KIND_OTHER)
		return image_fail(error, -ENOEXEC,
				  "%s: is no kernel; use a vmlinux, System.map or a copy of /proc/kallsyms", path);
	if (kind == KIND_COMPRESSED)
		r = image_fail(
			error, -ENOEXEC,
			"%s: is a compressed kernel, which has no symbols; use the System.map or vmlinux of the same build (Debian: linux-image-RELEASE-dbg), there is none beside it",
			path);
	else
		r = kind == KIND_ELF ? image_read_elf(image, path, error) : image_read_text(image, path, error);
	if (r == 0) {
		image->file = strdup(path);
		if (!image->file)
			return -ENOMEM;
	}
	if (beside && (r == -ENODATA || kind == KIND_COMPRESSED)) {
		int found = image_read_beside(image, path);

		r = found == 0 || found == -ENOMEM ? found : r;
	}
	if (r == 0 && !image->release[0])
		snprintf(image->release, sizeof(image->release), "%s", image_release(path));
	return r;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------- */

void gw_kernel_image_deinit(struct gw_kernel_image *image)
{
	gw_initcalls_free(image->initcalls);
	free(image->file);
	*image = (struct gw_kernel_image){ .file = NULL };
}

int gw_kernel_image_read(struct gw_kernel_image *ret, const char *path, char **error)
{
	struct gw_kernel_image image = { .file = NULL };
	int r = gw_initcalls_new(&image.initcalls);

	*error = NULL;
	r = r ?: image_read_file(&image, path, true, error);
	if (r < 0) {
		gw_kernel_image_deinit(&image);
		return r;
	}
	free(*error);
	*error = NULL;
	*ret = image;
	return 0;
}
