/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spells, by comparing each look with the one before. */
#include "lib/analysis/record/spell.h"

#include <errno.h>
#include <stdlib.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/record/wait.h"
#include "lib/base/array.h"

/* A task that gets less than this part of a CPU does not run, though it could: others do. */
#define RUNNING_PART 16

enum spell_state { SPELL_OTHER, SPELL_RUNNING, SPELL_NAPPING };

static bool spell_has_timer(const struct gw_task_record *task)
{
	struct gw_wait wait;

	return gw_task_has_timer(task) || (gw_task_wait(task, &wait) && gw_wait_has_timeout(&wait));
}

static enum spell_state spell_state(const struct gw_task_record *task)
{
	if ((task->flags & GW_TASK_F_ON_CPU) || task->state == 0)
		return SPELL_RUNNING;
	return gw_task_sleeps(task) && spell_has_timer(task) ? SPELL_NAPPING : SPELL_OTHER;
}

/* It has not come out of what it was doing, as far as that can be seen: of a kernel thread only its work item can. */
static bool spell_is_same_errand(const struct gw_task_record *now, const struct gw_task_record *before)
{
	const struct gw_sections *a = &now->watch.sections, *b = &before->watch.sections;

	if (now->flags & GW_TASK_F_WORKER)
		return a->work && a->work == b->work && a->work_since_ns == b->work_since_ns;
	if (now->flags & GW_TASK_F_KTHREAD)
		return true;
	return now->utime_ns == before->utime_ns && now->user_ip == before->user_ip &&
	       now->user_syscall == before->user_syscall;
}

/* CPU time between two looks, 0 where it was not seen running at both. */
static uint64_t spell_grown(const struct gw_snapshot *now, const struct gw_snapshot *before, uint64_t task)
{
	const struct gw_running_record *a = gw_snapshot_running(now, task), *b = gw_snapshot_running(before, task);

	return a && b && a->exec_ns > b->exec_ns ? a->exec_ns - b->exec_ns : 0;
}

/*
 * The fence or semaphore that it waits for with a timeout; 0: that cannot be seen. It runs, which may be between two such
 * waits: whether a wait has a timeout is read off the stack, which a task that has just woken up does not show. Or it sleeps
 * and no timer is to be seen: the timer may just have fired.
 */
static uint64_t spell_object(const struct gw_task_record *task)
{
	struct gw_wait wait;
	bool sleeps = gw_task_sleeps(task);

	if (!gw_task_wait(task, &wait))
		return sleeps ? GW_SPELL_NO_OBJECT : 0;
	if (wait.kind != GW_WAIT_FENCE && !gw_wait_is_semaphore(&wait))
		return GW_SPELL_NO_OBJECT;
	return sleeps && !gw_wait_has_timeout(&wait) && !gw_wait_is_timed_semaphore(task, &wait) ? 0 : wait.object;
}

/* What the two looks show of a spell. */
enum spell_answer {
	SPELL_NO,
	SPELL_STANDS, /* in one wait with a timeout for one object, which has lasted since before: it may be one of many */
	SPELL_DOUBT, /* nothing shows that it came out of a spell, nor that it is in one */
	SPELL_YES,
};

static enum spell_answer spell_judge(const struct gw_spell *spell, enum spell_state state, enum spell_state was,
				     uint64_t passed_ns)
{
	if (spell->kind == GW_SPELL_RUNS && spell->grown_ns >= passed_ns / RUNNING_PART)
		return SPELL_YES;
	/* One sleep that has lasted since before is no nap. Its timer may have fired, and it not have woken up yet. */
	if (spell->switches == 0 && spell->object == 0)
		return was == SPELL_NAPPING ? SPELL_DOUBT : SPELL_NO;
	if (spell->switches == 0)
		return spell->object != GW_SPELL_NO_OBJECT && state == SPELL_NAPPING ? SPELL_STANDS : SPELL_NO;
	return state == SPELL_NAPPING && was != SPELL_OTHER ? SPELL_YES : SPELL_DOUBT;
}

static enum spell_answer spell_since(struct gw_spell *spell, const struct gw_snapshot *now,
				     const struct gw_snapshot *before, const struct gw_task_record *task)
{
	const struct gw_task_record *then = before ? gw_snapshot_task(before, task->address) : NULL;
	enum spell_state state = spell_state(task), was;

	if (!then || then->start_ns != task->start_ns || !spell_is_same_errand(task, then))
		return SPELL_NO;
	was = spell_state(then);
	*spell = (struct gw_spell){
		.task = task->address,
		.start_ns = task->start_ns,
		.kind = state == SPELL_RUNNING && was == SPELL_RUNNING ? GW_SPELL_RUNS : GW_SPELL_NAPS,
		.looks = 1,
		.since_ns = gw_snapshot_head(before)->mono_ns,
		.grown_ns = spell_grown(now, before, task->address),
		.switches = task->switches - then->switches,
		.object = spell_object(task),
	};
	spell->exec_ns = spell->grown_ns;
	return spell_judge(spell, state, was, gw_snapshot_head(now)->mono_ns - gw_snapshot_head(before)->mono_ns);
}

static int spell_compare(const void *a, const void *b)
{
	const struct gw_spell *x = a, *y = b;

	return x->task < y->task ? -1 : x->task > y->task;
}

static const struct gw_spell *spells_at(const struct gw_spells *spells, uint64_t task, uint64_t start_ns)
{
	const struct gw_spell wanted = { .task = task }, *found;

	found = spells->count ? bsearch(&wanted, spells->list, spells->count, sizeof(*spells->list), spell_compare)
			      : NULL;
	return found && found->start_ns == start_ns ? found : NULL;
}

/* So many looks in doubt end it: a task that naps is caught running, or about to wake up, now and then only. */
#define DOUBTS_MAX 2

static uint64_t spell_same_object(uint64_t now, uint64_t so_far)
{
	if (!now || !so_far)
		return now ?: so_far;
	return now == so_far ? now : GW_SPELL_NO_OBJECT;
}

/* Returns false if there is no spell. */
static bool spell_go_on(struct gw_spell *spell, const struct gw_spell *so_far, enum spell_answer answer)
{
	if (answer == SPELL_STANDS && (!so_far || so_far->kind != GW_SPELL_NAPS || so_far->object != spell->object))
		return false;
	if (answer == SPELL_DOUBT && (!so_far || so_far->kind != GW_SPELL_NAPS || so_far->doubts >= DOUBTS_MAX))
		return false;
	if (!so_far || answer == SPELL_NO)
		return answer != SPELL_NO;
	if (so_far->kind == GW_SPELL_NAPS)
		spell->kind = GW_SPELL_NAPS;
	spell->doubts = answer == SPELL_DOUBT ? so_far->doubts + 1 : 0;
	spell->looks = so_far->looks + (answer != SPELL_STANDS);
	spell->object = spell_same_object(spell->object, so_far->object);
	spell->since_ns = so_far->since_ns;
	spell->exec_ns += so_far->exec_ns;
	spell->switches += so_far->switches;
	return true;
}

int gw_spells_update(struct gw_spells *spells, const struct gw_snapshot *now, const struct gw_snapshot *before)
{
	const struct gw_task_record *const *tasks;
	size_t count = gw_snapshot_tasks(now, &tasks), room = 0;
	struct gw_spells next = { .list = NULL };
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		struct gw_spell spell;
		enum spell_answer answer;

		answer = spell_since(&spell, now, before, tasks[i]);
		if (answer == SPELL_NO || !spell_go_on(&spell, spells_at(spells, spell.task, spell.start_ns), answer))
			continue;
		r = gw_array_reserve(next.list, next.count, room, 1);
		if (r == 0)
			next.list[next.count++] = spell;
	}
	gw_spells_deinit(spells);
	if (r < 0) {
		gw_spells_deinit(&next);
		return r;
	}
	if (next.count)
		qsort(next.list, next.count, sizeof(*next.list), spell_compare);
	*spells = next;
	return 0;
}

void gw_spells_deinit(struct gw_spells *spells)
{
	free(spells->list);
	*spells = (struct gw_spells){ .list = NULL };
}

const struct gw_spell *gw_spells_find(const struct gw_spells *spells, const struct gw_task_record *task)
{
	const struct gw_spell *spell = spells ? spells_at(spells, task->address, task->start_ns) : NULL;

	return spell && spell->looks >= GW_SPELL_LOOKS ? spell : NULL;
}
