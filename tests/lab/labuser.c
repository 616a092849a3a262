// SPDX-License-Identifier: GPL-2.0
/*
 * The processes of the lab: those that take part in a deadlock, and those that wait for fences as user space does.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "gpulab_uapi.h"

#define RANGE_PAGES 8

static int lab_fd = -1;
static volatile sig_atomic_t released;

static const char usage[] =
	"usage: labuser COMMAND [key=value]...\n"
	"  notifier-cycle/munmap | mprotect | madvise | read-begin | remove | vma   take part in the scenario until it is stopped\n"
	"  leaked-lock/user-sleep | user-spin                        keep a kernel mutex until the scenario is stopped\n"
	"  trust/madvise-vma | pipe-fault | syncobj-point | syncobj-replaced | alarm | posix-timer |\n"
	"  trust/watched | other-process\n"
	"                                                           take part in the scenario until it is stopped\n"
	"  page-fault/device-memory | page-fault-healthy/moves    memory of the device, in which it faults\n"
	"  page-lock-cycle | page-lock/left | late                   the memory whose page is locked\n"
	"  device-page/cycle | device-page-fine/late                 the memory whose page is moved to a device\n"
	"  leaked-section/user-sleep | user-spin                     stay in a drm_dev_enter() section until then\n"
	"  process-cycle/... | driver-sleep/...                      hold a mutex in an ioctl that sleeps\n"
	"  busy-holder/process | retry-loop/process                  hold a lock in an ioctl that polls\n"
	"  kswapd-cycle | kswapd-healthy                             allocate with a mutex held, and be throttled\n"
	"  stopped-signaller                                         signal fences, and be stopped\n"
	"  random/any | dead | healthy                               memory that one of the scenario's threads unmaps\n"
	"  crowd [threads=N]                                         N threads that sleep\n"
	"  SCENARIO[/VARIANT]                                        any other: until it is stopped or this is killed\n"
	"  healthy/process              healthy traffic with a process whose notifier waits, too\n"
	"  fuse-hang                    a child in state D for a FUSE server that never answers, until this is killed\n"
	"  syncobj-wait [seconds=N]     DRM_IOCTL_SYNCOBJ_WAIT for a lab fence that is signalled after N seconds\n"
	"  syncobj-submit [seconds=N]   the same, with a fence that appears only after N seconds\n"
	"  syncfile-poll [seconds=N]    poll() on a sync_file of such a fence\n"
	"  vgem-wait [seconds=N]        DMA_BUF_IOCTL_SYNC on a vgem buffer with a fence that is signalled after N seconds\n"
	"  vgem-poll [seconds=N]        poll() on such a buffer\n"
	"  vgem-syncfile [seconds=N]    poll() on a sync_file exported from such a buffer\n";

static void fail(const char *what)
{
	fprintf(stderr, "labuser: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void lab_ioctl(int fd, unsigned long request, void *arg, const char *what)
{
	while (ioctl(fd, request, arg) < 0)
		if (errno != EINTR && errno != EAGAIN)
			fail(what);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static void sleep_ms(unsigned int ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

/* ---- scenarios ---- */

static void join_words(char *out, size_t size, char **words)
{
	size_t used = 0;

	for (; *words; words++) {
		int n = snprintf(out + used, size - used, "%s%s", used ? " " : "", *words);

		if (n < 0 || (size_t)n >= size - used) {
			errno = E2BIG;
			fail("command");
		}
		used += n;
	}
}

static void open_lab(void)
{
	lab_fd = open("/dev/gpulab", O_RDWR | O_CLOEXEC);
	if (lab_fd < 0)
		fail("/dev/gpulab");
}

static void run(struct gpulab_start *request, char **words)
{
	join_words(request->command, sizeof(request->command), words);
	if (ioctl(lab_fd, GPULAB_IOC_START, request) < 0)
		fail(request->command);
	printf("pid=%d\n", getpid());
	fflush(stdout);
}

static void start(struct gpulab_start *request, char **words)
{
	open_lab();
	run(request, words);
}

/* Needs the mmap_lock for write, which no per-VMA lock spares it. */
static void *victim_main(void *unused)
{
	(void)unused;
	pthread_setname_np(pthread_self(), "labuser-victim");
	if (ioctl(lab_fd, GPULAB_IOC_WAIT_FORMED) < 0 || ioctl(lab_fd, GPULAB_IOC_VICTIM) < 0)
		return NULL;
	if (mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		fail("mmap");
	return NULL;
}

/*
 * Two VMAs: for a range in a single one, madvise() takes the lock of that VMA only and not the mmap_lock (since 6.17).
 */
static char *map_range(size_t length, bool one_vma)
{
	char *range = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (range == MAP_FAILED)
		fail("mmap");
	madvise(range, length, MADV_NOHUGEPAGE);
	memset(range, 1, length);
	if (!one_vma && mprotect(range + length / 2, length / 2, PROT_READ) < 0)
		fail("mprotect");
	return range;
}

static int notifier_cycle(const char *variant, char **words)
{
	size_t length = RANGE_PAGES * sysconf(_SC_PAGESIZE);
	struct gpulab_start request = { .length = length };
	pthread_t victim[64];
	unsigned int i;
	char *range;
	int ret;

	/* A page fault would block a victim before it has said that it is one. */
	if (mlockall(MCL_CURRENT) < 0)
		fail("mlockall");
	range = map_range(length, !strcmp(variant, "vma"));

	request.address = (uintptr_t)range;
	start(&request, words);
	for (i = 0; i < request.victims && i < 64; i++)
		if ((errno = pthread_create(&victim[i], NULL, victim_main, NULL)))
			fail("pthread_create");
	/* The threads have set themselves up when this one starts to hold the lock that this needs. */
	sleep_ms(200);
	if (!strcmp(variant, "mprotect"))
		ret = mprotect(range, length / 2, PROT_READ);
	else if (!strcmp(variant, "madvise") || !strcmp(variant, "vma"))
		ret = madvise(range, length, MADV_DONTNEED);
	else
		ret = munmap(range, length);
	if (ret < 0)
		fail(variant);
	for (i = 0; i < request.victims && i < 64; i++)
		pthread_join(victim[i], NULL);
	return 0;
}

/* Maps, changes and unmaps memory under a notifier that waits; the range itself stays for the notifier. */
static void *mapper_main(void *data)
{
	(void)data;
	for (;;) {
		char *other = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (other == MAP_FAILED)
			fail("mmap");
		memset(other, 1, 65536);
		munmap(other, 65536);
		sleep_ms(5);
	}
	return NULL;
}

static int healthy(char **words)
{
	size_t length = RANGE_PAGES * sysconf(_SC_PAGESIZE);
	struct gpulab_start request = { .length = length };
	char *range = map_range(length, false);
	unsigned int seconds = 60, round;
	pthread_t mapper[2];
	uint64_t end;
	char **word;

	for (word = words; *word; word++)
		sscanf(*word, "seconds=%u", &seconds);
	request.address = (uintptr_t)range;
	start(&request, words);
	end = now_ms() + seconds * 1000ULL;
	for (round = 0; round < 2; round++)
		if ((errno = pthread_create(&mapper[round], NULL, mapper_main, NULL)))
			fail("pthread_create");
	for (round = 0; now_ms() < end; round++) {
		if (round % 3 == 0)
			madvise(range, length, MADV_DONTNEED);
		else if (round % 3 == 1)
			mprotect(range, length / 2, round % 2 ? PROT_READ : PROT_READ | PROT_WRITE);
		else if (mmap(range, length / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			      0) == MAP_FAILED)
			fail("mmap");
		mprotect(range, length / 2, PROT_READ | PROT_WRITE);
		memset(range, 1, length / 2);
		sleep_ms(100);
	}
	return 0;
}

/* Kernel threads, one of which may unmap memory of this process. */
static int random_scenario(char **words)
{
	static char buffer[256];
	size_t length = RANGE_PAGES * sysconf(_SC_PAGESIZE);
	struct gpulab_start request = { .length = length };

	/* Once it has started, a page fault or an allocation would wait for the mmap_lock, and be one more victim. */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	request.address = (uintptr_t)map_range(length, false);
	if (mlockall(MCL_CURRENT) < 0)
		fail("mlockall");
	start(&request, words);
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

/* A scenario of kernel threads only: the process keeps it going until it is stopped or killed. */
static int any_scenario(char **words)
{
	struct gpulab_start request = {};

	start(&request, words);
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

/* Has signalled fences, and is stopped before it has signalled the next one. */
static int stopped(char **words)
{
	struct gpulab_start request = {};

	start(&request, words);
	raise(SIGSTOP);
	return 0;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(path);
	close(fd);
}

static bool stands(const char *scenario)
{
	char text[65536];
	int fd = open("/sys/kernel/debug/gpulab/truth", O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	close(fd);
	if (length < 0)
		fail("truth");
	text[length] = '\0';
	return strstr(text, scenario);
}

/* Freezes the cgroup of its parent, for as long as the instance stands. */
static void freezer(const char *cgroup)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/cgroup.freeze", cgroup);
	close(lab_fd);
	put("/sys/fs/cgroup/cgroup.procs", "0");
	put(path, "1");
	while (stands("stopped-signaller"))
		usleep(100000);
	put(path, "0");
	_exit(0);
}

/* Keeps its parent stopped, for as long as the instance stands: a tracer that ends lets go. */
static void debugger(void)
{
	pid_t parent = getppid();

	close(lab_fd);
	if (ptrace(PTRACE_SEIZE, parent, NULL, NULL) < 0 || ptrace(PTRACE_INTERRUPT, parent, NULL, NULL) < 0)
		fail("ptrace");
	while (stands("stopped-signaller"))
		usleep(100000);
	_exit(0);
}

/* The same, stopped by a debugger, which alone can write to the pipe. */
static int traced(char **words)
{
	struct gpulab_start request = {};
	int ends[2];
	char byte;

	start(&request, words);
	if (pipe(ends) < 0)
		fail("pipe");
	if (fork() == 0)
		debugger();
	close(ends[1]);
	while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
		;
	return 0;
}

static uint64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The same with its cgroup frozen. It ends when it goes on. */
static int frozen(char **words)
{
	struct gpulab_start request = {};
	char cgroup[64], path[128], pid[16];
	uint64_t before;

	snprintf(cgroup, sizeof(cgroup), "/sys/fs/cgroup/labuser-%d", getpid());
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	snprintf(pid, sizeof(pid), "%d", getpid());
	if (mkdir(cgroup, 0755))
		fail(cgroup);
	put(path, pid);
	start(&request, words);
	if (fork() == 0)
		freezer(cgroup);
	do {
		before = monotonic_ms();
		usleep(10000);
	} while (monotonic_ms() < before + 1000);
	return 0;
}

/* Its part is a single ioctl. */
static int entered(char **words)
{
	struct gpulab_start request = {};

	start(&request, words);
	if (ioctl(lab_fd, GPULAB_IOC_ENTER) < 0)
		fail("enter");
	/* What ended by itself is still to be told of. */
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

/* Memory of a file, so that a page which is mapped no more is still there to be locked. */
static int page_lock(char **words)
{
	size_t length = RANGE_PAGES * sysconf(_SC_PAGESIZE);
	struct gpulab_start request = { .length = length };
	char *range = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (range == MAP_FAILED)
		fail("mmap");
	memset(range, 1, length);
	request.address = (uintptr_t)range;
	start(&request, words);
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

/* Memory that can be moved to a device. */
static int device_page(char **words)
{
	size_t length = RANGE_PAGES * sysconf(_SC_PAGESIZE);
	struct gpulab_start request = { .address = (uintptr_t)map_range(length, true), .length = length };

	start(&request, words);
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

/* Memory of the lab's device: a fault in it is the driver's. */
static int page_fault(char **words)
{
	size_t length = sysconf(_SC_PAGESIZE);
	struct gpulab_start request = { .length = length };
	void *range;

	open_lab();
	range = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, lab_fd, 0);
	if (range == MAP_FAILED)
		fail("mmap");
	request.address = (uintptr_t)range;
	run(&request, words);
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

static void on_release(int signo)
{
	(void)signo;
	released = 1;
}

static int leaked(const char *variant, char **words)
{
	struct gpulab_start request = {};
	struct sigaction action = { .sa_handler = on_release };
	sigset_t blocked, waiting;

	sigaction(SIGUSR1, &action, NULL);
	if (!strcmp(variant, "user-spin")) {
		start(&request, words);
		while (!released)
			;
	} else {
		sigemptyset(&blocked);
		sigaddset(&blocked, SIGUSR1);
		sigprocmask(SIG_BLOCK, &blocked, &waiting);
		start(&request, words);
		while (!released)
			sigsuspend(&waiting);
	}
	lab_ioctl(lab_fd, GPULAB_IOC_UNLOCK, NULL, "unlock");
	return 0;
}

/* ---- a sleep that has nothing to do with a GPU ---- */

#define FUSE_MOUNT "/tmp/labuser-fuse"

static void fuse_read(int fd, struct fuse_in_header *header, uint32_t opcode)
{
	static char buffer[FUSE_MIN_READ_BUFFER + 4096];

	do {
		if (read(fd, buffer, sizeof(buffer)) < (ssize_t)sizeof(*header))
			fail("read of /dev/fuse");
		memcpy(header, buffer, sizeof(*header));
	} while (header->opcode != opcode);
}

static void fuse_answer_init(int fd)
{
	struct {
		struct fuse_out_header header;
		struct fuse_init_out init;
	} answer = { .init = { .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 4096 } };
	struct fuse_in_header request;

	fuse_read(fd, &request, FUSE_INIT);
	answer.header = (struct fuse_out_header){ .len = sizeof(answer), .unique = request.unique };
	if (write(fd, &answer, sizeof(answer)) < 0)
		fail("FUSE_INIT");
}

/* A file system whose server never answers. Who is killed while the server has its request waits for it in state D. */
static int fuse_hang(void)
{
	struct fuse_in_header request;
	struct stat status;
	char options[64];
	pid_t child;
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail("/dev/fuse");
	mkdir(FUSE_MOUNT, 0700);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (mount("labuser", FUSE_MOUNT, "fuse", 0, options) < 0)
		fail("mount");
	fuse_answer_init(fd);
	child = fork();
	if (child == 0) {
		close(fd); /* else it would keep its own server's connection open */
		stat(FUSE_MOUNT "/file", &status);
		_exit(0);
	}
	fuse_read(fd, &request, FUSE_LOOKUP);
	kill(child, SIGKILL);
	printf("pid=%d\n", child);
	fflush(stdout);
	pause();
	return 0;
}

/* ---- fences as user space waits for them ---- */

static int open_drm(const char *driver)
{
	struct dirent *entry;
	DIR *dir = opendir("/dev/dri");

	while (dir && (entry = readdir(dir))) {
		char name[64] = "", path[300];
		struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };
		int fd;

		if (strncmp(entry->d_name, "card", 4))
			continue;
		snprintf(path, sizeof(path), "/dev/dri/%s", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, DRM_IOCTL_VERSION, &version) && !strcmp(name, driver)) {
			closedir(dir);
			return fd;
		}
		close(fd);
	}
	errno = ENODEV;
	fail(driver);
	return -1;
}

static void wait_begins(uint64_t context, uint64_t seqno)
{
	printf("pid=%d", getpid());
	if (context)
		printf(" context=%llu seqno=%llu", (unsigned long long)context, (unsigned long long)seqno);
	printf("\n");
	fflush(stdout);
}

static int wait_ended(uint64_t begin_ms, unsigned int seconds)
{
	uint64_t waited = now_ms() - begin_ms;

	printf("waited_ms=%llu\n", (unsigned long long)waited);
	/* Half a second for a slow machine's rounding. */
	if (waited + 500 < seconds * 1000ULL) {
		fprintf(stderr, "labuser: the wait was too short\n");
		return 1;
	}
	return 0;
}

static void poll_fd(int fd, short events)
{
	struct pollfd poller = { .fd = fd, .events = events };
	int ret;

	do
		ret = poll(&poller, 1, -1);
	while (ret < 0 && errno == EINTR);
	if (ret != 1 || !(poller.revents & events))
		fail("poll");
}

struct late_attach {
	int drm;
	struct gpulab_attach attach;
	unsigned int seconds;
};

static void *late_attach_main(void *data)
{
	struct late_attach *late = data;

	sleep_ms(late->seconds * 1000);
	lab_ioctl(late->drm, DRM_IOCTL_GPULAB_ATTACH, &late->attach, "attach");
	return NULL;
}

static int syncobj_command(const char *command, unsigned int seconds)
{
	bool submit = !strcmp(command, "syncobj-submit");
	struct late_attach late = { .seconds = seconds };
	struct drm_syncobj_create create = {};
	uint64_t begin;
	pthread_t thread;

	late.drm = open_drm("gpulab");
	lab_ioctl(late.drm, DRM_IOCTL_SYNCOBJ_CREATE, &create, "syncobj create");
	late.attach.handle = create.handle;
	if (submit) {
		if ((errno = pthread_create(&thread, NULL, late_attach_main, &late)))
			fail("pthread_create");
	} else {
		late.attach.delay_ms = seconds * 1000;
		lab_ioctl(late.drm, DRM_IOCTL_GPULAB_ATTACH, &late.attach, "attach");
	}
	wait_begins(late.attach.context, late.attach.seqno);
	begin = now_ms();
	if (!strcmp(command, "syncfile-poll")) {
		struct drm_syncobj_handle handle = {
			.handle = create.handle,
			.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
			.fd = -1,
		};

		lab_ioctl(late.drm, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &handle, "syncobj export");
		poll_fd(handle.fd, POLLIN);
	} else {
		struct drm_syncobj_wait wait = {
			.handles = (uintptr_t)&create.handle,
			.count_handles = 1,
			.timeout_nsec = INT64_MAX,
			.flags = submit ? DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT : 0,
		};

		lab_ioctl(late.drm, DRM_IOCTL_SYNCOBJ_WAIT, &wait, "syncobj wait");
	}
	if (submit)
		pthread_join(thread, NULL);
	return wait_ended(begin, seconds);
}

struct late_signal {
	int drm;
	struct drm_vgem_fence_signal signal;
	unsigned int seconds;
};

static void *late_signal_main(void *data)
{
	struct late_signal *late = data;

	sleep_ms(late->seconds * 1000);
	lab_ioctl(late->drm, DRM_IOCTL_VGEM_FENCE_SIGNAL, &late->signal, "vgem fence signal (they expire after 10 s)");
	return NULL;
}

static int vgem_command(const char *command, unsigned int seconds)
{
	struct late_signal late = { .drm = open_drm("vgem"), .seconds = seconds };
	struct drm_mode_create_dumb buffer = { .width = 64, .height = 64, .bpp = 32 };
	struct drm_prime_handle prime = { .flags = O_CLOEXEC | O_RDWR, .fd = -1 };
	struct drm_vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ };
	struct dma_buf_export_sync_file file = { .flags = DMA_BUF_SYNC_READ, .fd = -1 };
	pthread_t thread;
	uint64_t begin;

	lab_ioctl(late.drm, DRM_IOCTL_MODE_CREATE_DUMB, &buffer, "vgem buffer");
	attach.handle = prime.handle = buffer.handle;
	lab_ioctl(late.drm, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach, "vgem fence attach");
	lab_ioctl(late.drm, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime, "vgem export");
	late.signal.fence = attach.out_fence;
	if ((errno = pthread_create(&thread, NULL, late_signal_main, &late)))
		fail("pthread_create");
	wait_begins(0, 0);
	begin = now_ms();
	if (!strcmp(command, "vgem-wait")) {
		/* begin_cpu_access() waits for the buffer's dma_resv: the one real dma_fence_wait() of vgem. */
		lab_ioctl(prime.fd, DMA_BUF_IOCTL_SYNC, &sync, "dma-buf sync");
		sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ;
		lab_ioctl(prime.fd, DMA_BUF_IOCTL_SYNC, &sync, "dma-buf sync");
	} else if (!strcmp(command, "vgem-poll")) {
		poll_fd(prime.fd, POLLIN);
	} else {
		lab_ioctl(prime.fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &file, "dma-buf export sync_file");
		poll_fd(file.fd, POLLIN);
	}
	pthread_join(thread, NULL);
	return wait_ended(begin, seconds);
}

/* ---- what ends by itself ---- */

static unsigned int seconds_of(char **words)
{
	unsigned int seconds = 60;

	for (; *words; words++)
		sscanf(*words, "seconds=%u", &seconds);
	return seconds;
}

/* One VMA, whose lock is all that madvise() takes since 6.17. */
static int trust_madvise(char **words)
{
	size_t length = RANGE_PAGES * sysconf(_SC_PAGESIZE);
	struct gpulab_start request = { .length = length };
	char *range = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (range == MAP_FAILED)
		fail("mmap");
	memset(range, 1, length);
	request.address = (uintptr_t)range;
	start(&request, words);
	if (madvise(range, length, MADV_DONTNEED) < 0)
		fail("madvise");
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

struct pipe_fault {
	int pipe[2], faults;
	char *page;
	size_t size;
};

static void *pipe_reader_main(void *data)
{
	struct pipe_fault *fault = data;

	pthread_setname_np(pthread_self(), "labuser-reader");
	if (read(fault->pipe[0], fault->page, fault->size) < 0)
		fail("read");
	return NULL;
}

/* Signals, then wants to write, then signals what is waited for. */
static void *pipe_writer_main(void *data)
{
	struct pipe_fault *fault = data;

	pthread_setname_np(pthread_self(), "labuser-writer");
	if (ioctl(lab_fd, GPULAB_IOC_SIGNAL, 8) < 0)
		fail("signal");
	sleep_ms(200);
	if (write(fault->pipe[1], "x", 1) != 1 || ioctl(lab_fd, GPULAB_IOC_SIGNAL, 0) < 0)
		fail("write");
	return NULL;
}

/* A page that faults until somebody serves it. */
static void pipe_fault_prepare(struct pipe_fault *fault)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	fault->size = sysconf(_SC_PAGESIZE);
	fault->page = mmap(NULL, fault->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fault->faults = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (fault->page == MAP_FAILED || fault->faults < 0 || pipe(fault->pipe) < 0)
		fail("userfaultfd");
	range.range.start = (uintptr_t)fault->page;
	range.range.len = fault->size;
	if (ioctl(fault->faults, UFFDIO_API, &api) < 0 || ioctl(fault->faults, UFFDIO_REGISTER, &range) < 0)
		fail("userfaultfd register");
	if (write(fault->pipe[1], "data", 4) != 4)
		fail("write");
}

static int trust_pipe(char **words)
{
	struct gpulab_start request = {};
	struct uffdio_zeropage zero = {};
	struct pipe_fault fault = {};
	pthread_t reader, writer;

	pipe_fault_prepare(&fault);
	start(&request, words);
	if ((errno = pthread_create(&reader, NULL, pipe_reader_main, &fault)))
		fail("pthread_create");
	sleep_ms(200);
	if ((errno = pthread_create(&writer, NULL, pipe_writer_main, &fault)))
		fail("pthread_create");
	sleep_ms(seconds_of(words) * 1000);
	zero.range.start = (uintptr_t)fault.page;
	zero.range.len = fault.size;
	if (ioctl(fault.faults, UFFDIO_ZEROPAGE, &zero) < 0)
		fail("userfaultfd zeropage");
	pthread_join(reader, NULL);
	pthread_join(writer, NULL);
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

/* ---- many tasks ---- */

static void *idle_main(void *unused)
{
	pause();
	return unused;
}

/* So many threads that sleep; /tmp/crowd is there when all of them do. */
static int crowd(char **words)
{
	unsigned int threads = 1000;
	pthread_attr_t attributes;
	pthread_t thread;

	if (*words)
		sscanf(*words, "threads=%u", &threads);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 16384);
	while (threads--)
		if ((errno = pthread_create(&thread, &attributes, idle_main, NULL)))
			fail("pthread_create");
	close(open("/tmp/crowd", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	pause();
	return 0;
}

static unsigned int parse_seconds(char **words)
{
	unsigned int seconds = 3;
	char end;

	for (; *words; words++)
		if (sscanf(*words, "seconds=%u%c", &seconds, &end) != 1) {
			fputs(usage, stderr);
			exit(2);
		}
	return seconds;
}

static uint32_t new_syncobj(int drm)
{
	struct drm_syncobj_create create = {};

	lab_ioctl(drm, DRM_IOCTL_SYNCOBJ_CREATE, &create, "syncobj create");
	return create.handle;
}

/* A point of a timeline becomes what a syncobj has. */
static void submit_point(int drm, uint32_t timeline, uint64_t point, uint32_t syncobj)
{
	struct drm_syncobj_transfer transfer = { .src_handle = syncobj, .dst_handle = timeline, .dst_point = point };

	lab_ioctl(drm, DRM_IOCTL_SYNCOBJ_TRANSFER, &transfer, "syncobj transfer");
}

static void wait_point(int drm, uint32_t timeline, uint64_t point)
{
	struct drm_syncobj_timeline_wait wait = {
		.handles = (uintptr_t)&timeline,
		.points = (uintptr_t)&point,
		.count_handles = 1,
		.timeout_nsec = INT64_MAX,
	};

	lab_ioctl(drm, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &wait, "syncobj timeline wait");
}

/* Waits for the first point, and signals the second one. */
static int trust_point(char **words)
{
	int drm = open_drm("gpulab");
	uint32_t timeline = new_syncobj(drm), own = new_syncobj(drm);
	struct gpulab_attach late = { .handle = new_syncobj(drm), .delay_ms = 1000 * seconds_of(words) };
	struct drm_syncobj_handle handle = { .handle = own, .fd = -1 };
	struct gpulab_start request = {};

	lab_ioctl(drm, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &handle, "syncobj export");
	request.address = handle.fd;
	start(&request, words);
	lab_ioctl(drm, DRM_IOCTL_GPULAB_ATTACH, &late, "attach");
	submit_point(drm, timeline, 1, late.handle);
	submit_point(drm, timeline, 2, own);
	if (ioctl(lab_fd, GPULAB_IOC_SIGNAL, 8) < 0)
		fail("signal");
	wait_point(drm, timeline, 1);
	if (ioctl(lab_fd, GPULAB_IOC_SIGNAL, 0) < 0)
		fail("signal");
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

/* Waits for what the syncobj has; the lab gives it a fence that this process signals. */
static int trust_replaced(char **words)
{
	int drm = open_drm("gpulab");
	struct gpulab_attach late = { .handle = new_syncobj(drm), .delay_ms = 1000 * seconds_of(words) };
	struct drm_syncobj_handle handle = { .handle = late.handle, .fd = -1 };
	struct drm_syncobj_wait wait = {
		.handles = (uintptr_t)&late.handle,
		.count_handles = 1,
		.timeout_nsec = INT64_MAX,
	};
	struct gpulab_start request = {};

	lab_ioctl(drm, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &handle, "syncobj export");
	request.address = handle.fd;
	start(&request, words);
	lab_ioctl(drm, DRM_IOCTL_GPULAB_ATTACH, &late, "attach");
	if (ioctl(lab_fd, GPULAB_IOC_SIGNAL, 8) < 0)
		fail("signal");
	lab_ioctl(drm, DRM_IOCTL_SYNCOBJ_WAIT, &wait, "syncobj wait");
	if (ioctl(lab_fd, GPULAB_IOC_SIGNAL, 0) < 0)
		fail("signal");
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

static void on_alarm(int __attribute__((unused)) number)
{
}

/* A system call that it interrupts is not begun anew. */
static void set_alarm(bool posix, unsigned int seconds)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct itimerspec once = { .it_value.tv_sec = seconds };
	timer_t timer;

	if (sigaction(SIGALRM, &action, NULL) < 0)
		fail("sigaction");
	if (!posix)
		alarm(seconds);
	else if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 || timer_settime(timer, 0, &once, NULL) < 0)
		fail("timer");
}

static int trust_alarm(char **words, bool posix)
{
	struct gpulab_start request = {};

	start(&request, words);
	set_alarm(posix, seconds_of(words));
	if (ioctl(lab_fd, GPULAB_IOC_ENTER) < 0 && errno != EINTR)
		fail("enter");
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

/* Watches over its process, as a shell does that gives up. */
static void *watching_main(void *data)
{
	sleep_ms(1000 * *(unsigned int *)data);
	kill(getpid(), SIGKILL);
	return NULL;
}

/* In a child, whose end is not that of the scenario. */
static void watched_child(unsigned int seconds)
{
	pthread_t watching;

	if ((errno = pthread_create(&watching, NULL, watching_main, &seconds)))
		fail("pthread_create");
	if (ioctl(lab_fd, GPULAB_IOC_ENTER) < 0 && errno != EINTR)
		fail("enter");
	exit(0);
}

static int trust_watched(char **words)
{
	struct gpulab_start request = {};
	pid_t child;

	start(&request, words);
	child = fork();
	if (child < 0)
		fail("fork");
	if (!child)
		watched_child(seconds_of(words));
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

/* The parent signals, until it needs somebody who waits for what the child signals. */
static int trust_other(char **words)
{
	struct gpulab_start request = {};
	pid_t child;

	start(&request, words);
	child = fork();
	if (child < 0)
		fail("fork");
	if (!child) {
		sleep_ms(1000 * seconds_of(words));
		exit(ioctl(lab_fd, GPULAB_IOC_SIGNAL, 0) < 0);
	}
	if (ioctl(lab_fd, GPULAB_IOC_SIGNAL, 8) < 0 || ioctl(lab_fd, GPULAB_IOC_ENTER) < 0)
		fail("signal");
	lab_ioctl(lab_fd, GPULAB_IOC_WAIT_STOPPED, NULL, "wait");
	return 0;
}

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(word, *list))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static const char *const syncobj[] = { "syncobj-wait", "syncobj-submit", "syncfile-poll", NULL };
	static const char *const vgem[] = { "vgem-wait", "vgem-poll", "vgem-syncfile", NULL };
	const char *command = argc > 1 ? argv[1] : "";

	if (!strncmp(command, "notifier-cycle/", 15))
		return notifier_cycle(command + 15, argv + 1);
	if (!strcmp(command, "healthy/process"))
		return healthy(argv + 1);
	if (!strcmp(command, "crowd"))
		return crowd(argv + 2);
	if (!strcmp(command, "trust/madvise-vma"))
		return trust_madvise(argv + 1);
	if (!strcmp(command, "trust/pipe-fault"))
		return trust_pipe(argv + 1);
	if (!strcmp(command, "trust/syncobj-point"))
		return trust_point(argv + 1);
	if (!strcmp(command, "trust/syncobj-replaced"))
		return trust_replaced(argv + 1);
	if (!strcmp(command, "trust/alarm") || !strcmp(command, "trust/posix-timer"))
		return trust_alarm(argv + 1, !strcmp(command, "trust/posix-timer"));
	if (!strcmp(command, "trust/watched"))
		return trust_watched(argv + 1);
	if (!strcmp(command, "trust/other-process"))
		return trust_other(argv + 1);
	if (!strncmp(command, "leaked-lock/user-", 17) || !strncmp(command, "leaked-section/user-", 20))
		return leaked(strchr(command, '/') + 1, argv + 1);
	if (!strncmp(command, "process-cycle/", 14) || !strncmp(command, "driver-sleep/", 13) ||
	    !strncmp(command, "kswapd-", 7) || !strcmp(command, "busy-holder/process") ||
	    !strcmp(command, "retry-loop/process"))
		return entered(argv + 1);
	if (!strcmp(command, "fuse-hang"))
		return fuse_hang();
	if (!strcmp(command, "stopped-signaller/freezer"))
		return frozen(argv + 1);
	if (!strcmp(command, "stopped-signaller/traced"))
		return traced(argv + 1);
	if (!strncmp(command, "stopped-signaller", 17))
		return stopped(argv + 1);
	if (!strncmp(command, "random/", 7))
		return random_scenario(argv + 1);
	if (!strcmp(command, "page-fault/device-memory") || !strcmp(command, "page-fault-healthy/moves"))
		return page_fault(argv + 1);
	if (!strncmp(command, "page-lock", 9))
		return page_lock(argv + 1);
	if (!strncmp(command, "device-page", 11))
		return device_page(argv + 1);
	if (is_one_of(command, syncobj))
		return syncobj_command(command, parse_seconds(argv + 2));
	if (is_one_of(command, vgem))
		return vgem_command(command, parse_seconds(argv + 2));
	if (argc < 2 || *command == '-') {
		fputs(usage, stderr);
		return 2;
	}
	return any_scenario(argv + 1);
}
