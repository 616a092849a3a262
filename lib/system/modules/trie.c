/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format is that of libkmod/libkmod-index.c: numbers are big-endian, and the high bits of an offset show which parts its
 * node has. depmod writes the children before the node, so that there are no circles.
 */
#include "lib/system/modules/trie.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define TRIE_MAGIC 0xB007F457u
#define TRIE_MAJOR 2 /* of the version, in its upper half */
#define TRIE_PREFIX 0x80000000u
#define TRIE_VALUES 0x40000000u
#define TRIE_CHILDREN 0x20000000u
#define TRIE_OFFSET 0x0fffffffu

/* Letters of keys are ASCII. */
#define TRIE_LETTERS 128

/* No alias and no name has as many letters. libkmod calls itself for each of them. */
#define TRIE_DEPTH 512

struct trie {
	const char *data;
	size_t size;
	size_t left; /* bytes to be read: in a tree no node is read twice */
};

/* Where a node is read. */
struct trie_reader {
	struct trie *trie;
	size_t at;
	bool failed;
};

static bool trie_take(struct trie_reader *reader, size_t bytes)
{
	struct trie *trie = reader->trie;

	if (reader->failed || trie->size - reader->at < bytes || trie->left < bytes) {
		reader->failed = true;
		return false;
	}
	trie->left -= bytes;
	reader->at += bytes;
	return true;
}

static uint32_t trie_number(struct trie_reader *reader)
{
	uint32_t number;

	if (!trie_take(reader, sizeof(number)))
		return 0;
	memcpy(&number, reader->trie->data + reader->at - sizeof(number), sizeof(number));
	return be32toh(number);
}

static unsigned char trie_letter(struct trie_reader *reader)
{
	return trie_take(reader, 1) ? (unsigned char)reader->trie->data[reader->at - 1] : 0;
}

static void trie_text(struct trie_reader *reader)
{
	const struct trie *trie = reader->trie;
	size_t room = trie->size - reader->at < trie->left ? trie->size - reader->at : trie->left;
	const char *end = reader->failed ? NULL : memchr(trie->data + reader->at, '\0', room);

	reader->failed = !end;
	if (end)
		trie_take(reader, (size_t)(end + 1 - trie->data) - reader->at);
}

static bool trie_node_is_sound(struct trie *trie, uint32_t offset, unsigned depth);

static bool trie_children_are_sound(struct trie *trie, struct trie_reader *reader, uint32_t node, unsigned depth)
{
	unsigned char first = trie_letter(reader), last = trie_letter(reader);

	if (reader->failed || first > last || last >= TRIE_LETTERS)
		return false;
	for (unsigned i = first; i <= last; i++) {
		uint32_t child = trie_number(reader);

		if (reader->failed)
			return false;
		if (child & TRIE_OFFSET &&
		    ((child & TRIE_OFFSET) >= node || !trie_node_is_sound(trie, child, depth + 1)))
			return false;
	}
	return true;
}

static bool trie_node_is_sound(struct trie *trie, uint32_t offset, unsigned depth)
{
	uint32_t node = offset & TRIE_OFFSET;
	struct trie_reader reader = { trie, node, node > trie->size };

	if (reader.failed || depth > TRIE_DEPTH)
		return false;
	if (offset & TRIE_PREFIX)
		trie_text(&reader);
	if (offset & TRIE_CHILDREN && !trie_children_are_sound(trie, &reader, node, depth))
		return false;
	for (uint32_t n = offset & TRIE_VALUES ? trie_number(&reader) : 0; n > 0 && !reader.failed; n--) {
		trie_number(&reader); /* its priority */
		trie_text(&reader);
	}
	return !reader.failed;
}

bool gw_trie_is_sound(const char *data, size_t size)
{
	struct trie trie = { data, size, size };
	struct trie_reader reader = { &trie, 0, false };
	uint32_t root;

	if (trie_number(&reader) != TRIE_MAGIC || trie_number(&reader) >> 16 != TRIE_MAJOR)
		return true;
	root = trie_number(&reader);
	return !reader.failed && (!(root & TRIE_OFFSET) || trie_node_is_sound(&trie, root, 0));
}
