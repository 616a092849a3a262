/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The copy of the entry first, then what removes it, and last what has it booted. */
#include "cli/boot/record-once.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/lib/error.h"
#include "cli/lib/file.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"
#include "lib/base/command-line.h"
#include "lib/base/files.h"

#define ENTRY "gpuwatch-record"
#define MARK "# Written by gpuwatch-cli probe-order --reboot-and-record, for one boot.\n"

/* The boot loader's own variables: https://systemd.io/BOOT_LOADER_INTERFACE */
#define EFI_VARIABLE "/sys/firmware/efi/efivars/%s-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define EFI_ATTRIBUTES 7 /* non-volatile, boot service and runtime access */

/* Bytes of a file that is read. */
#define FILE_MAX ((size_t)1 << 20)

struct record {
	const struct terminal *terminal;
	const char *root;
	bool dry;
	char *command_line;
};

static bool record_ends(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);

	return length > size && strcmp(text + length - size, end) == 0;
}

/* ---- files ------------------------------------------------------------------------------------------- */

/* NULL = there is no such file. */
static char *record_read(const struct record *record, const char *path, size_t *size)
{
	_cleanup_free_ char *full = text_format("%s%s", record->root, path);
	char *text;

	return gw_file_whole(AT_FDCWD, full, FILE_MAX, &text, size) == 0 ? text : NULL;
}

static int record_write(const struct record *record, const char *path, const void *data, size_t size)
{
	_cleanup_free_ char *full = text_format("%s%s", record->root, path);

	terminal_print(record->terminal, "%s %s\n", record->dry ? "would write" : "writes", full);
	return record->dry ? EXIT_NOTHING : file_write(full, true, data, size);
}

static int record_refuse(const char *why)
{
	complain("cannot record the next boot: %s. In the boot loader's menu press e, and add \"" RECORD_PARAMETERS
		 "\" to the kernel's line",
		 why);
	return EXIT_FILE;
}

/* Removes the copy in the next boot, and itself with it. */
static int record_write_removal(const struct record *record, const char *path)
{
	static const char self[] = "/etc/tmpfiles.d/" ENTRY ".conf";
	_cleanup_free_ char *text = text_format(MARK "r! %s\nr! %s\n", path, self);
	_cleanup_free_ char *directory = text_format("%s/etc/tmpfiles.d", record->root);

	if (!record->dry && mkdir(directory, 0755) < 0 && errno != EEXIST)
		return file_reject(directory, strerror(errno));
	return record_write(record, self, text, strlen(text));
}

/* ---- entries ------------------------------------------------------------------------------------------ */

static const char *record_line_end(const char *line)
{
	return line + strcspn(line, "\n");
}

static const char *record_next_line(const char *line)
{
	const char *end = record_line_end(line);

	return *end ? end + 1 : end;
}

/* Whether a line's first word is this one, or begins with it and is of grub's linux16 and linuxefi. */
static bool record_line_is(const char *line, const char *word)
{
	line += strspn(line, " \t");
	return strncmp(line, word, strlen(word)) == 0 && strcspn(line, " \t\n") <= strlen(word) + 3 &&
	       strchr(" \t", line[strcspn(line, " \t\n")]);
}

/* Lines of @text up to @end, with something added to those that begin with @word. Returns how many did. */
static size_t record_copy(FILE *out, const char *text, const char *end, const char *word)
{
	size_t found = 0;

	for (const char *line = text; line < end; line = record_next_line(line)) {
		bool is = record_line_is(line, word);

		fprintf(out, "%.*s%s\n", (int)(record_line_end(line) - line), line, is ? " " RECORD_PARAMETERS : "");
		found += is;
	}
	return found;
}

/* "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.1" → "vmlinuz-6.1", "" = not known. */
static void record_kernel(const struct record *record, char *ret, size_t size)
{
	char image[256];
	const char *slash;

	gw_command_line_text(record->command_line, "BOOT_IMAGE", image, sizeof(image));
	slash = strrchr(image, '/');
	snprintf(ret, size, "%s", slash ? slash + 1 : image);
}

/* Whether the entry loads the kernel that runs. */
static bool record_loads(const char *text, const char *end, const char *kernel)
{
	size_t length = strlen(kernel);

	for (const char *line = text; line < end; line = record_next_line(line)) {
		const char *path = line + strspn(line, " \t");

		if (!record_line_is(line, "linux"))
			continue;
		path += strcspn(path, " \t\n");
		path += strspn(path, " \t");
		path += strcspn(path, " \t\n");
		if ((size_t)(path - line) > length && strncmp(path - length, kernel, length) == 0 &&
		    path[-(ptrdiff_t)length - 1] == '/')
			return true;
	}
	return false;
}

/* ---- the Boot Loader Specification's entries ------------------------------------------------------------- */

static int record_write_entry(const struct record *record, const char *directory, const char *text)
{
	_cleanup_free_ char *path = text_format("%s/" ENTRY ".conf", directory);
	_cleanup_free_ char *copy = NULL;
	size_t size, found;
	FILE *out = text_stream(&copy, &size);
	int r;

	fprintf(out, MARK);
	found = record_copy(out, text, text + strlen(text), "options");
	if (!found)
		fprintf(out, "options " RECORD_PARAMETERS "\n");
	text_finish(out);
	r = record_write(record, path, copy, size);
	return r ?: record_write_removal(record, path);
}

/* ---- systemd-boot ----------------------------------------------------------------------------------------- */

/* The text of a variable of the boot loader, which is UTF-16; "" = there is none. */
static void record_variable(const struct record *record, const char *name, char *ret, size_t size)
{
	_cleanup_free_ char *path = text_format(EFI_VARIABLE, name);
	size_t length = 0, at = 0;
	_cleanup_free_ char *data = record_read(record, path, &length);

	for (size_t i = 4; data && i + 1 < length && at < size - 1 && data[i]; i += 2)
		ret[at++] = data[i + 1] ? '?' : data[i];
	ret[at] = '\0';
}

static int record_boot_once(const struct record *record)
{
	static const char name[] = ENTRY ".conf";
	_cleanup_free_ char *path = text_format(EFI_VARIABLE, "LoaderEntryOneShot");
	char data[4 + 2 * sizeof(name)] = { EFI_ATTRIBUTES };
	_cleanup_free_ char *full = text_format("%s%s", record->root, path);
	int fd, r;

	for (size_t i = 0; i < sizeof(name); i++)
		data[4 + 2 * i] = name[i];
	terminal_print(record->terminal, "%s %s\n", record->dry ? "would write" : "writes", full);
	if (record->dry)
		return EXIT_NOTHING;
	/* efivarfs takes a variable in one write, and knows no renaming. */
	fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return file_reject(full, strerror(errno));
	r = gw_fd_write(fd, data, sizeof(data));
	close(fd);
	return r < 0 ? file_reject(full, strerror(-r)) : EXIT_NOTHING;
}

static int record_systemd_boot(const struct record *record)
{
	static const char *const directories[] = { "/boot/loader/entries", "/efi/loader/entries",
						   "/boot/efi/loader/entries" };
	char id[256];
	int r = -1;

	record_variable(record, "LoaderEntrySelected", id, sizeof(id));
	if (!record_ends(id, ".conf"))
		return record_refuse(
			"systemd-boot booted no entry of a file, and the line of a unified kernel image is fixed");
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]) && r < 0; i++) {
		_cleanup_free_ char *path = text_format("%s/%s", directories[i], id);
		size_t size;
		_cleanup_free_ char *text = record_read(record, path, &size);

		if (text)
			r = record_write_entry(record, directories[i], text);
	}
	if (r < 0)
		return record_refuse("the entry that systemd-boot booted is not among its files");
	return r ?: record_boot_once(record);
}

/* ---- GRUB --------------------------------------------------------------------------------------------------- */

/* https://www.gnu.org/software/grub/manual/grub/html_node/Environment-block.html */
#define GRUB_HEAD "# GRUB Environment Block\n"
#define GRUB_SIZE 1024

/*
 * Whether GRUB can write into the file, as it must to boot the entry once only: not on LVM, RAID, and file systems without a
 * device of their own (btrfs, ZFS). See the GRUB manual, "Environment block". Of another root nothing is known.
 */
static bool record_grub_writes(const struct record *record, const char *path)
{
	_cleanup_free_ char *sysfs = NULL, *md = NULL, *dm = NULL, *uuid = NULL;
	struct stat status;
	size_t size;

	if (*record->root || stat(path, &status) < 0)
		return true;
	sysfs = text_format("/sys/dev/block/%u:%u", major(status.st_dev), minor(status.st_dev));
	md = text_format("%s/md", sysfs);
	dm = text_format("%s/dm/uuid", sysfs);
	uuid = record_read(record, dm, &size);
	return major(status.st_dev) != 0 && access(md, F_OK) != 0 && !(uuid && strncmp(uuid, "LVM-", 4) == 0);
}

/* Sets next_entry, which GRUB clears when it boots it. */
static int record_grub_next(const struct record *record, const char *path, const char *block)
{
	char changed[GRUB_SIZE];
	size_t length = strlen(GRUB_HEAD);

	memset(changed, '#', sizeof(changed));
	memcpy(changed, GRUB_HEAD, length);
	for (const char *line = block + length; line < block + GRUB_SIZE && *line != '#';) {
		const char *newline = memchr(line, '\n', (size_t)(block + GRUB_SIZE - line));
		size_t size = newline ? (size_t)(newline + 1 - line) : 0;

		if (size == 0)
			break;
		if (strncmp(line, "next_entry=", 11) != 0) {
			memcpy(changed + length, line, size);
			length += size;
		}
		line += size;
	}
	if (length + strlen("next_entry=" ENTRY "\n") > sizeof(changed))
		return record_refuse("GRUB's environment block is full");
	memcpy(changed + length, "next_entry=" ENTRY "\n", strlen("next_entry=" ENTRY "\n"));
	return record_write(record, path, changed, sizeof(changed));
}

/* Fedora's: entries in files. */
static int record_grub_entries(const struct record *record, const char *kernel)
{
	_cleanup_free_ char *full = text_format("%s/boot/loader/entries", record->root);
	DIR *stream = opendir(full);
	struct dirent *entry;
	int r = -1;

	while (stream && r < 0 && (entry = readdir(stream))) {
		_cleanup_free_ char *path = text_format("/boot/loader/entries/%s", entry->d_name);
		size_t size;
		_cleanup_free_ char *text =
			record_ends(entry->d_name, ".conf") ? record_read(record, path, &size) : NULL;

		if (text && strncmp(entry->d_name, ENTRY, strlen(ENTRY)) != 0 &&
		    record_loads(text, text + strlen(text), kernel))
			r = record_write_entry(record, "/boot/loader/entries", text);
	}
	if (stream)
		closedir(stream);
	return r < 0 ? record_refuse("no entry of GRUB loads the kernel that runs") : r;
}

/* The menu entry that loads the kernel, from its first line to the one that closes it. */
static const char *record_grub_find(const char *config, const char *kernel, const char **end)
{
	for (const char *line = config; *line; line = record_next_line(line)) {
		const char *stop = line;

		if (!record_line_is(line, "menuentry"))
			continue;
		while (*stop && stop[strspn(stop, " \t")] != '}')
			stop = record_next_line(stop);
		if (record_loads(line, stop, kernel)) {
			*end = stop;
			return line;
		}
	}
	return NULL;
}

static int record_grub_menu(const struct record *record, const char *directory, const char *config, const char *kernel)
{
	_cleanup_free_ char *path = text_format("%s/custom.cfg", directory), *copy = NULL;
	const char *end, *entry = record_grub_find(config, kernel, &end);
	size_t size;
	_cleanup_free_ char *custom = record_read(record, path, &size);
	FILE *out;
	int r;

	if (!entry)
		return record_refuse("no entry of GRUB's menu loads the kernel that runs");
	if (!strstr(config, "custom.cfg"))
		return record_refuse("GRUB's configuration does not read custom.cfg");
	if (custom && strncmp(custom, MARK, strlen(MARK)) != 0)
		return record_refuse("GRUB's custom.cfg is in use");
	out = text_stream(&copy, &size);
	fprintf(out, MARK "menuentry 'Record this boot (gpuwatch)' --id " ENTRY " {\n");
	record_copy(out, record_next_line(entry), end, "linux");
	fprintf(out, "}\n");
	text_finish(out);
	r = record_write(record, path, copy, size);
	return r ?: record_write_removal(record, path);
}

static int record_grub(const struct record *record, const char *directory, const char *environment, const char *block)
{
	_cleanup_free_ char *path = text_format("%s/grub.cfg", directory);
	size_t size;
	_cleanup_free_ char *config = record_read(record, path, &size);
	char kernel[256];
	int r;

	record_kernel(record, kernel, sizeof(kernel));
	if (!record_grub_writes(record, environment))
		return record_refuse(
			"GRUB cannot write where its environment block is, and would boot the entry again and again");
	if (!config || !strstr(config, "next_entry"))
		return record_refuse("GRUB's configuration does not know of an entry for one boot");
	if (!kernel[0])
		return record_refuse("the kernel's line does not show which kernel was booted (BOOT_IMAGE=)");
	r = strstr(config, "blscfg") ? record_grub_entries(record, kernel)
				     : record_grub_menu(record, directory, config, kernel);
	return r ?: record_grub_next(record, environment, block);
}

/* ---- which one ------------------------------------------------------------------------------------------------ */

static int record_any_loader(const struct record *record)
{
	static const char *const directories[] = { "/boot/grub", "/boot/grub2" };
	char info[64];

	record_variable(record, "LoaderInfo", info, sizeof(info));
	if (strncmp(info, "systemd-boot", 12) == 0)
		return record_systemd_boot(record);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		_cleanup_free_ char *path = text_format("%s/grubenv", directories[i]);
		size_t size = 0;
		_cleanup_free_ char *block = record_read(record, path, &size);

		if (block && size == GRUB_SIZE && strncmp(block, GRUB_HEAD, strlen(GRUB_HEAD)) == 0)
			return record_grub(record, directories[i], path, block);
	}
	return record_refuse(
		"there is no boot loader that boots an entry once (systemd-boot, or GRUB with an environment block)");
}

int record_once(const struct terminal *terminal, const char *root, bool dry)
{
	struct record record = { .terminal = terminal, .root = root, .dry = dry };
	size_t size;
	int r;

	record.command_line = record_read(&record, "/proc/cmdline", &size);
	if (!record.command_line)
		return record_refuse("/proc/cmdline cannot be read");
	if (gw_command_line_switch(record.command_line, "initcall_debug"))
		r = record_refuse("this boot was recorded so already: `gpuwatch-cli probe-order` shows it");
	else
		r = record_any_loader(&record);
	free(record.command_line);
	return r;
}
