// SPDX-License-Identifier: GPL-2.0
/*
 * One lock of a kind chosen at run time, so that a scenario is written once for all of them.
 */
#include "lab.h"

static DEFINE_WW_CLASS(lab_ww_class);

/* As drm_gem_private_object_init() and dma_buf_export() leave them, as far as their locks go. */
static void lab_lock_init_resv(struct lab_lock *lock)
{
	if (lock->type == LAB_RESV) {
		lock->resv = lock->object.resv = &lock->object._resv;
		lock->object.dev = lab_drm_device();
	} else {
		lock->resv = lock->buffer.resv = &lock->buffer_resv;
	}
	dma_resv_init(lock->resv);
}

void lab_lock_init(struct lab_lock *lock, enum lab_lock_type type)
{
	lock->type = type;
	switch (type) {
	case LAB_MUTEX:
		mutex_init(&lock->mutex);
		break;
	case LAB_RESV:
	case LAB_RESV_BUFFER:
		lab_lock_init_resv(lock);
		break;
	case LAB_WW:
		ww_mutex_init(&lock->ww, &lab_ww_class);
		break;
	case LAB_RWSEM:
	case LAB_RWSEM_READ:
		init_rwsem(&lock->rwsem);
		break;
	case LAB_SEMAPHORE:
		sema_init(&lock->semaphore, 1);
		break;
	}
}

void lab_lock_fini(struct lab_lock *lock)
{
	if (lock->type == LAB_MUTEX)
		mutex_destroy(&lock->mutex);
	else if (lock->type == LAB_WW)
		ww_mutex_destroy(&lock->ww);
	else if (lock->type == LAB_RESV || lock->type == LAB_RESV_BUFFER)
		dma_resv_fini(lock->resv);
}

void lab_lock_hold(struct lab_lock *lock)
{
	switch (lock->type) {
	case LAB_MUTEX:
		mutex_lock(&lock->mutex);
		break;
	case LAB_RESV:
	case LAB_RESV_BUFFER:
		/* With an acquire context, as command submission does. Uncontended: it cannot fail. */
		ww_acquire_init(&lock->ctx, &reservation_ww_class);
		if (WARN_ON(dma_resv_lock(lock->resv, &lock->ctx)))
			return;
		ww_acquire_done(&lock->ctx);
		break;
	case LAB_WW:
		ww_acquire_init(&lock->ctx, &lab_ww_class);
		if (WARN_ON(ww_mutex_lock(&lock->ww, &lock->ctx)))
			return;
		ww_acquire_done(&lock->ctx);
		break;
	case LAB_RWSEM:
		down_write(&lock->rwsem);
		break;
	case LAB_RWSEM_READ:
		down_read(&lock->rwsem);
		break;
	case LAB_SEMAPHORE:
		down(&lock->semaphore);
		break;
	}
}

void lab_lock_release(struct lab_lock *lock)
{
	switch (lock->type) {
	case LAB_MUTEX:
		mutex_unlock(&lock->mutex);
		break;
	case LAB_RESV:
	case LAB_RESV_BUFFER:
		dma_resv_unlock(lock->resv);
		ww_acquire_fini(&lock->ctx);
		break;
	case LAB_WW:
		ww_mutex_unlock(&lock->ww);
		ww_acquire_fini(&lock->ctx);
		break;
	case LAB_RWSEM:
		up_write(&lock->rwsem);
		break;
	case LAB_RWSEM_READ:
		up_read(&lock->rwsem);
		break;
	case LAB_SEMAPHORE:
		up(&lock->semaphore);
		break;
	}
}

void lab_lock_contend(struct lab_lock *lock)
{
	switch (lock->type) {
	case LAB_MUTEX:
		mutex_lock(&lock->mutex);
		break;
	case LAB_RESV:
	case LAB_RESV_BUFFER:
		/* Without a context there is no -EDEADLK to back off from. */
		dma_resv_lock(lock->resv, NULL);
		break;
	case LAB_WW:
		ww_mutex_lock(&lock->ww, NULL);
		break;
	case LAB_RWSEM:
		down_read(&lock->rwsem);
		break;
	case LAB_RWSEM_READ:
		down_write(&lock->rwsem);
		break;
	case LAB_SEMAPHORE:
		down(&lock->semaphore);
		break;
	}
}

void lab_lock_contend_done(struct lab_lock *lock)
{
	switch (lock->type) {
	case LAB_MUTEX:
		mutex_unlock(&lock->mutex);
		break;
	case LAB_RESV:
	case LAB_RESV_BUFFER:
		dma_resv_unlock(lock->resv);
		break;
	case LAB_WW:
		ww_mutex_unlock(&lock->ww);
		break;
	case LAB_RWSEM:
		up_read(&lock->rwsem);
		break;
	case LAB_RWSEM_READ:
		up_write(&lock->rwsem);
		break;
	case LAB_SEMAPHORE:
		up(&lock->semaphore);
		break;
	}
}

/*
 * These locks let any task release them unless CONFIG_DEBUG_MUTEXES or CONFIG_DEBUG_RWSEMS is set, which no distribution
 * does: that is how a debugger gets a machine with a leaked lock going again. On PREEMPT_RT a mutex is an rt_mutex, whose
 * waiters are queued on its owner, too: there it would corrupt memory.
 */
bool lab_lock_can_be_leaked(void)
{
	return !IS_ENABLED(CONFIG_PREEMPT_RT);
}

void lab_lock_release_for_owner(struct lab_lock *lock)
{
	switch (lock->type) {
	case LAB_MUTEX:
		mutex_unlock(&lock->mutex);
		break;
	case LAB_RESV:
	case LAB_RESV_BUFFER:
		dma_resv_unlock(lock->resv);
		break;
	case LAB_WW:
		ww_mutex_unlock(&lock->ww);
		break;
	case LAB_RWSEM:
		up_write(&lock->rwsem);
		break;
	case LAB_RWSEM_READ:
		up_read(&lock->rwsem);
		break;
	case LAB_SEMAPHORE:
		up(&lock->semaphore);
		break;
	}
}

const void *lab_lock_address(const struct lab_lock *lock)
{
	if (lock->type == LAB_MUTEX)
		return &lock->mutex;
	if (lock->type == LAB_RESV || lock->type == LAB_RESV_BUFFER)
		return &lock->resv->lock;
	if (lock->type == LAB_WW)
		return &lock->ww;
	if (lock->type == LAB_SEMAPHORE)
		return &lock->semaphore;
	return &lock->rwsem;
}

const char *lab_lock_type_name(const struct lab_lock *lock)
{
	if (lock->type == LAB_MUTEX)
		return "mutex";
	if (lock->type == LAB_RESV || lock->type == LAB_RESV_BUFFER || lock->type == LAB_WW)
		return "ww_mutex";
	if (lock->type == LAB_SEMAPHORE)
		return "semaphore";
	return "rwsem";
}

const char *lab_lock_structure(const struct lab_lock *lock)
{
	return lock->type == LAB_RESV || lock->type == LAB_RESV_BUFFER ? "dma_resv" : "";
}
