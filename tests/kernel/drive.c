// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Drives GPU drivers from user space, one subject per call, through the libraries that real programs use. Says what
 * failed on stderr; exit code 1 then.
 *
 * usage: drive kfd | kfd-gpu | kfd-memory | amdgpu | iommu | radeon | vgem | sw-sync | vkms | syncobj
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <hsakmt.h>
#include <linux/kfd_ioctl.h>
#include <radeon_drm.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define LAB "/sys/kernel/debug/gwdrive"
#define PAGE 4096UL

/* What the kernel calls struct sw_sync_create_fence_data, which it declares for itself only. */
struct sw_sync_fence {
	uint32_t value;
	char name[32];
	int32_t fence;
};
#define SW_SYNC_CREATE_FENCE _IOWR('W', 0, struct sw_sync_fence)
#define SW_SYNC_INC _IOW('W', 1, uint32_t)

/* The libraries do not have vgem's two operations either. */
struct vgem_fence_attach {
	uint32_t handle, flags, out_fence, pad;
};
struct vgem_fence_signal {
	uint32_t fence, flags;
};
#define VGEM_FENCE_ATTACH DRM_IOWR(DRM_COMMAND_BASE + 1, struct vgem_fence_attach)
#define VGEM_FENCE_SIGNAL DRM_IOW(DRM_COMMAND_BASE + 2, struct vgem_fence_signal)
#define VGEM_FENCE_WRITE 1

#define REQUIRE(what)                                                                                                  \
	do {                                                                                                           \
		if (!(what)) {                                                                                         \
			fprintf(stderr, "drive: line %d: %s failed: %s\n", __LINE__, #what, strerror(errno));          \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

/* Has the module do something in this process. */
static bool lab(const char *what)
{
	int fd = open(LAB, O_WRONLY);
	bool good = fd >= 0 && write(fd, what, strlen(what)) == (ssize_t)strlen(what);

	if (!good)
		fprintf(stderr, "drive: %s: %s\n", what, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

/* Opens the first DRM device of a driver. */
static int open_drm(const char *driver)
{
	char path[32];

	for (int i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		int fd = open(path, O_RDWR);
		if (fd < 0)
			continue;
		drmVersionPtr version = drmGetVersion(fd);
		bool same = version && !strcmp(version->name, driver);
		drmFreeVersion(version);
		if (same)
			return fd;
		close(fd);
	}
	fprintf(stderr, "drive: there is no device of %s\n", driver);
	exit(1);
}

static void *anonymous(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(memory != MAP_FAILED);
	memset(memory, 1, size);
	return memory;
}

/* ---- amdkfd ---------------------------------------------------------------------------------------------------- */

/* Returns the id of the only GPU of the topology, or 0. */
static uint32_t gpu_id(void)
{
	char path[96];
	uint32_t id = 0;

	for (int i = 0; i < 8 && !id; i++) {
		snprintf(path, sizeof(path), "/sys/class/kfd/kfd/topology/nodes/%d/gpu_id", i);
		FILE *file = fopen(path, "r");
		if (file && fscanf(file, "%u", &id) != 1)
			id = 0;
		if (file)
			fclose(file);
	}
	return id;
}

/* Asks for the apertures of all GPUs in both ways; the newer one has two steps. */
static void kfd_apertures(int fd, uint32_t gpus)
{
	struct kfd_process_device_apertures apertures[8];
	struct kfd_ioctl_get_process_apertures_args old = { 0 };
	struct kfd_ioctl_get_process_apertures_new_args args = { 0 };

	REQUIRE(ioctl(fd, AMDKFD_IOC_GET_PROCESS_APERTURES, &old) == 0);
	REQUIRE(ioctl(fd, AMDKFD_IOC_GET_PROCESS_APERTURES_NEW, &args) == 0);
	printf("apertures of %u GPUs\n", args.num_of_nodes);
	REQUIRE(old.num_of_nodes == gpus && args.num_of_nodes == gpus);
	args.kfd_process_device_apertures_ptr = (uintptr_t)apertures;
	REQUIRE(!gpus || ioctl(fd, AMDKFD_IOC_GET_PROCESS_APERTURES_NEW, &args) == 0);
}

/* Waits 50 ms for an event, signalled or not. */
static uint32_t wait_event(int fd, uint32_t event)
{
	struct kfd_event_data data = { .event_id = event };
	struct kfd_ioctl_wait_events_args args = { .events_ptr = (uintptr_t)&data, .num_events = 1, .timeout = 50 };

	REQUIRE(ioctl(fd, AMDKFD_IOC_WAIT_EVENTS, &args) == 0);
	return args.wait_result;
}

/* The library wants an address space on each GPU, which the stand-in cannot give it. */
static void kfd_without_library(int fd)
{
	struct kfd_ioctl_create_event_args create = { .event_type = KFD_IOC_EVENT_SIGNAL };
	struct kfd_ioctl_set_event_args set = { 0 };
	struct kfd_ioctl_destroy_event_args destroy = { 0 };

	REQUIRE(ioctl(fd, AMDKFD_IOC_CREATE_EVENT, &create) == 0);
	set.event_id = destroy.event_id = create.event_id;
	REQUIRE(wait_event(fd, create.event_id) == KFD_IOC_WAIT_RESULT_TIMEOUT);
	REQUIRE(ioctl(fd, AMDKFD_IOC_SET_EVENT, &set) == 0);
	REQUIRE(wait_event(fd, create.event_id) == KFD_IOC_WAIT_RESULT_COMPLETE);
	REQUIRE(ioctl(fd, AMDKFD_IOC_DESTROY_EVENT, &destroy) == 0);
}

static void kfd_with_library(void)
{
	HsaVersionInfo version;
	HsaSystemProperties system;
	HsaNodeProperties node;
	HsaEventDescriptor descriptor = { .EventType = HSA_EVENTTYPE_SIGNAL };
	HsaEvent *event = NULL;

	REQUIRE(hsaKmtOpenKFD() == HSAKMT_STATUS_SUCCESS);
	REQUIRE(hsaKmtGetVersion(&version) == HSAKMT_STATUS_SUCCESS);
	printf("KFD %u.%u\n", version.KernelInterfaceMajorVersion, version.KernelInterfaceMinorVersion);
	REQUIRE(hsaKmtAcquireSystemProperties(&system) == HSAKMT_STATUS_SUCCESS);
	REQUIRE(system.NumNodes >= 1);
	REQUIRE(hsaKmtGetNodeProperties(0, &node) == HSAKMT_STATUS_SUCCESS);
	printf("%u nodes, the first with %u CPU cores\n", system.NumNodes, node.NumCPUCores);
	REQUIRE(node.NumCPUCores > 0);
	REQUIRE(hsaKmtCreateEvent(&descriptor, true, false, &event) == HSAKMT_STATUS_SUCCESS);
	REQUIRE(hsaKmtWaitOnEvent(event, 50) == HSAKMT_STATUS_WAIT_TIMEOUT);
	REQUIRE(hsaKmtSetEvent(event) == HSAKMT_STATUS_SUCCESS);
	REQUIRE(hsaKmtWaitOnEvent(event, 50) == HSAKMT_STATUS_SUCCESS);
	REQUIRE(hsaKmtDestroyEvent(event) == HSAKMT_STATUS_SUCCESS);
	REQUIRE(hsaKmtReleaseSystemProperties() == HSAKMT_STATUS_SUCCESS);
	REQUIRE(hsaKmtCloseKFD() == HSAKMT_STATUS_SUCCESS);
}

/* Open, version, topology, apertures, events. Newer kernels let nobody open KFD without a GPU in its topology. */
static int drive_kfd(void)
{
	uint32_t gpus = gpu_id() ? 1 : 0;
	int fd = open("/dev/kfd", O_RDWR | O_CLOEXEC);

	REQUIRE(fd >= 0);
	kfd_apertures(fd, gpus);
	if (gpus)
		kfd_without_library(fd);
	else
		kfd_with_library();
	close(fd);
	return 0;
}

static void set_attribute(int fd, void *memory, size_t size, uint32_t type, uint32_t value)
{
	size_t length = sizeof(struct kfd_ioctl_svm_args) + sizeof(struct kfd_ioctl_svm_attribute);
	struct kfd_ioctl_svm_args *args = calloc(1, length);
	/* The size of the argument goes with the number of attributes. */
	unsigned long request = _IOC(_IOC_READ | _IOC_WRITE, AMDKFD_IOCTL_BASE, _IOC_NR(AMDKFD_IOC_SVM), length);

	REQUIRE(args);
	args->start_addr = (uintptr_t)memory;
	args->size = size;
	args->op = KFD_IOCTL_SVM_OP_SET_ATTR;
	args->nattr = 1;
	args->attrs[0].type = type;
	args->attrs[0].value = value;
	REQUIRE(ioctl(fd, request, args) == 0);
	free(args);
}

/* Evictions, user pointers and shared virtual memory of a process with an address space on a GPU, but no GPU. */
static int drive_kfd_memory(void)
{
	size_t size = 64 * PAGE;
	void *memory;
	int fd = open("/dev/kfd", O_RDWR);

	REQUIRE(fd >= 0);
	REQUIRE(lab("kfd-process give-vm"));
	REQUIRE(lab("kfd-process evict"));
	REQUIRE(lab("kfd-process evict-userptr"));
	memory = anonymous(size);
	/* Without this flag a process that can be interrupted by page faults, as one without GPUs can, is not stopped. */
	set_attribute(fd, memory, size, KFD_IOCTL_SVM_ATTR_SET_FLAGS, KFD_IOCTL_SVM_FLAG_GPU_ALWAYS_MAPPED);
	REQUIRE(lab("kfd-process map-ranges"));
	REQUIRE(mprotect(memory, size, PROT_READ) == 0);
	usleep(200000);
	REQUIRE(lab("kfd-process unmap-ranges"));
	REQUIRE(munmap(memory, size) == 0);
	REQUIRE(lab("kfd-process evict-svm-bo"));
	usleep(200000);
	REQUIRE(lab("kfd-process take-vm"));
	close(fd);
	return 0;
}

/* The kernel's version, of which the first number is enough. */
static int kernel_version(void)
{
	struct utsname name;

	REQUIRE(uname(&name) == 0);
	return atoi(name.release);
}

/* Newer kernels want the queue's memory in an address space on the GPU: there the module makes the queue, number 0. */
static void create_queue(int fd, struct kfd_ioctl_create_queue_args *queue)
{
	if (kernel_version() < 7) {
		REQUIRE(ioctl(fd, AMDKFD_IOC_CREATE_QUEUE, queue) == 0);
		return;
	}
	REQUIRE(lab("kfd-device queue"));
	queue->queue_id = 0;
	queue->doorbell_offset = 3ULL << 62 | (uint64_t)queue->gpu_id << 46;
}

/* A queue on the stand-in, its doorbells, its suspension. */
static int drive_kfd_gpu(void)
{
	struct kfd_ioctl_create_queue_args queue = {
		.queue_type = KFD_IOC_QUEUE_TYPE_COMPUTE,
		.queue_percentage = 100,
		.queue_priority = 7,
		.ring_size = PAGE,
	};
	struct kfd_ioctl_destroy_queue_args destroy = { 0 };
	char *memory = anonymous(4 * PAGE);
	void *shared = anonymous(4 * PAGE), *doorbells;
	int fd;

	REQUIRE(gpu_id() || lab("kfd-device add"));
	REQUIRE(gpu_id() != 0);
	fd = open("/dev/kfd", O_RDWR);
	REQUIRE(fd >= 0);
	kfd_apertures(fd, 1);
	REQUIRE(lab("kfd-process give-vm"));
	REQUIRE(kernel_version() < 7 || lab("kfd-device acquire"));
	REQUIRE(lab("kfd-device node"));
	queue.gpu_id = gpu_id();
	queue.ring_base_address = (uintptr_t)memory;
	queue.read_pointer_address = (uintptr_t)(memory + PAGE);
	queue.write_pointer_address = (uintptr_t)(memory + 2 * PAGE);
	create_queue(fd, &queue);
	doorbells =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, queue.doorbell_offset & ~(2 * PAGE - 1));
	REQUIRE(doorbells != MAP_FAILED);
	REQUIRE(lab("kfd-process evict"));
	REQUIRE(lab("kfd-device fault"));
	destroy.queue_id = queue.queue_id;
	REQUIRE(ioctl(fd, AMDKFD_IOC_DESTROY_QUEUE, &destroy) == 0);
	REQUIRE(lab("kfd-device no-node"));
	set_attribute(fd, shared, 4 * PAGE, KFD_IOCTL_SVM_ATTR_SET_FLAGS, KFD_IOCTL_SVM_FLAG_COHERENT);
	REQUIRE(lab("kfd-device migrate"));
	REQUIRE(munmap(shared, 4 * PAGE) == 0);
	REQUIRE(lab("kfd-device power"));
	REQUIRE(munmap(doorbells, 2 * PAGE) == 0);
	REQUIRE(lab("kfd-process take-vm"));
	close(fd);
	return 0;
}

/* Memory of ours that the stand-in uses until we unmap it. */
static int drive_amdgpu(void)
{
	char take[64];
	void *memory = anonymous(4 * PAGE);

	REQUIRE(lab("amdgpu"));
	snprintf(take, sizeof(take), "memory take %lx", (unsigned long)memory);
	REQUIRE(lab(take));
	REQUIRE(munmap(memory, 4 * PAGE) == 0);
	REQUIRE(lab("memory give"));
	return 0;
}

/* ---- IOMMUv2 --------------------------------------------------------------------------------------------------- */

/* The address space of this process on the emulated card: a page fault, memory that goes, and a process that goes. */
static int drive_iommu(void)
{
	char bind[64];
	void *memory = anonymous(16 * PAGE);

	snprintf(bind, sizeof(bind), "iommu bind %lx", (unsigned long)memory);
	REQUIRE(lab(bind));
	REQUIRE(munmap(memory, 16 * PAGE) == 0);
	REQUIRE(lab("iommu unbind"));

	/* The second time the process ends without unbinding. */
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (!child) {
		memory = anonymous(PAGE);
		snprintf(bind, sizeof(bind), "iommu bind %lx", (unsigned long)memory);
		_exit(lab(bind) ? 0 : 1);
	}
	int status;
	REQUIRE(waitpid(child, &status, 0) == child && status == 0);
	REQUIRE(lab("iommu unbind"));
	return 0;
}

/* ---- DRM ------------------------------------------------------------------------------------------------------- */

static void *map_radeon(int fd, uint32_t handle, size_t size)
{
	struct drm_radeon_gem_mmap args = { .handle = handle, .size = size };
	void *memory;

	REQUIRE(drmCommandWriteRead(fd, DRM_RADEON_GEM_MMAP, &args, sizeof(args)) == 0);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, args.addr_ptr);
	REQUIRE(memory != MAP_FAILED);
	return memory;
}

/* More buffers than the card's 16 MiB hold: they push one another out. */
static void fill_vram(int fd)
{
	size_t size = 4 << 20;

	for (int i = 0; i < 5; i++) {
		struct drm_radeon_gem_create create = { .size = size, .initial_domain = RADEON_GEM_DOMAIN_VRAM };

		REQUIRE(drmCommandWriteRead(fd, DRM_RADEON_GEM_CREATE, &create, sizeof(create)) == 0);
		void *vram = map_radeon(fd, create.handle, size);
		memset(vram, i, size);
		munmap(vram, size);
	}
}

/* A buffer in the card's memory, and one of ours that the card can reach until we unmap it. */
static int drive_radeon(void)
{
	size_t size = 16 * PAGE;
	int fd = open_drm("radeon");
	struct drm_radeon_gem_create create = { .size = size, .initial_domain = RADEON_GEM_DOMAIN_VRAM };
	uint32_t id = 0;
	struct drm_radeon_info info = { .request = RADEON_INFO_DEVICE_ID, .value = (uintptr_t)&id };

	REQUIRE(drmCommandWriteRead(fd, DRM_RADEON_INFO, &info, sizeof(info)) == 0);
	printf("radeon %04x\n", id);
	REQUIRE(drmCommandWriteRead(fd, DRM_RADEON_GEM_CREATE, &create, sizeof(create)) == 0);
	void *vram = map_radeon(fd, create.handle, size);
	memset(vram, 0x5a, size);
	REQUIRE(((char *)vram)[size - 1] == 0x5a);
	munmap(vram, size);

	REQUIRE(lab("radeon gart"));
	void *memory = anonymous(size);
	struct drm_radeon_gem_userptr userptr = {
		.addr = (uintptr_t)memory,
		.size = size,
		.flags = RADEON_GEM_USERPTR_ANONONLY | RADEON_GEM_USERPTR_REGISTER | RADEON_GEM_USERPTR_VALIDATE,
	};
	REQUIRE(drmCommandWriteRead(fd, DRM_RADEON_GEM_USERPTR, &userptr, sizeof(userptr)) == 0);
	REQUIRE(munmap(memory, size) == 0);
	fill_vram(fd);
	REQUIRE(lab("radeon complete"));
	close(fd);
	return 0;
}

static uint32_t create_dumb(int fd, uint32_t width, uint32_t height, uint32_t *pitch)
{
	struct drm_mode_create_dumb dumb = { .width = width, .height = height, .bpp = 32 };

	REQUIRE(drmIoctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb) == 0);
	if (pitch)
		*pitch = dumb.pitch;
	return dumb.handle;
}

/* A fence on a buffer, waited for through its dma-buf. */
static int drive_vgem(void)
{
	int fd = open_drm("vgem"), buffer;
	struct vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };
	struct vgem_fence_signal signal = { 0 };

	attach.handle = create_dumb(fd, 64, 64, NULL);
	REQUIRE(drmPrimeHandleToFD(fd, attach.handle, DRM_CLOEXEC | DRM_RDWR, &buffer) == 0);
	struct pollfd ready = { .fd = buffer, .events = POLLIN };
	REQUIRE(drmIoctl(fd, VGEM_FENCE_ATTACH, &attach) == 0);
	REQUIRE(poll(&ready, 1, 50) == 0);
	signal.fence = attach.out_fence;
	REQUIRE(drmIoctl(fd, VGEM_FENCE_SIGNAL, &signal) == 0);
	REQUIRE(poll(&ready, 1, 1000) == 1);
	close(buffer);
	close(fd);
	return 0;
}

static int sw_sync_open(void)
{
	int fd = open("/sys/kernel/debug/sync/sw_sync", O_RDWR);

	REQUIRE(fd >= 0);
	return fd;
}

static int sw_sync_fence(int timeline, uint32_t value)
{
	struct sw_sync_fence fence = { .value = value, .name = "drive" };

	REQUIRE(ioctl(timeline, SW_SYNC_CREATE_FENCE, &fence) == 0);
	return fence.fence;
}

static void sw_sync_advance(int timeline)
{
	uint32_t steps = 1;

	REQUIRE(ioctl(timeline, SW_SYNC_INC, &steps) == 0);
}

/* One fence waited for until it is signalled, one given up. */
static int drive_sw_sync(void)
{
	int timeline = sw_sync_open(), first = sw_sync_fence(timeline, 1), second = sw_sync_fence(timeline, 2);
	struct pollfd ready[] = { { .fd = first, .events = POLLIN }, { .fd = second, .events = POLLIN } };

	REQUIRE(poll(ready, 2, 50) == 0);
	sw_sync_advance(timeline);
	REQUIRE(poll(ready, 2, 1000) == 1 && ready[0].revents && !ready[1].revents);
	close(first);
	close(second);
	close(timeline);
	return 0;
}

/* Returns the id of a property of an object. */
static uint32_t property(int fd, uint32_t object, uint32_t type, const char *name)
{
	drmModeObjectPropertiesPtr list = drmModeObjectGetProperties(fd, object, type);
	uint32_t id = 0;

	REQUIRE(list);
	for (uint32_t i = 0; i < list->count_props && !id; i++) {
		drmModePropertyPtr one = drmModeGetProperty(fd, list->props[i]);
		if (one && !strcmp(one->name, name))
			id = one->prop_id;
		drmModeFreeProperty(one);
	}
	drmModeFreeObjectProperties(list);
	REQUIRE(id);
	return id;
}

static void add(int fd, drmModeAtomicReqPtr request, uint32_t object, uint32_t type, const char *name, uint64_t value)
{
	REQUIRE(drmModeAtomicAddProperty(request, object, property(fd, object, type, name), value) > 0);
}

struct output {
	uint32_t connector, crtc, plane, framebuffer, mode;
	uint16_t width, height;
};

/* vkms has one of each. */
static struct output find_output(int fd)
{
	struct output o = { 0 };
	drmModeResPtr resources = drmModeGetResources(fd);
	drmModePlaneResPtr planes = drmModeGetPlaneResources(fd);
	uint32_t pitch, handle;

	REQUIRE(resources && resources->count_connectors && resources->count_crtcs && planes && planes->count_planes);
	o.connector = resources->connectors[0];
	o.crtc = resources->crtcs[0];
	o.plane = planes->planes[0];
	drmModeConnectorPtr connector = drmModeGetConnector(fd, o.connector);
	REQUIRE(connector && connector->count_modes);
	o.width = connector->modes[0].hdisplay;
	o.height = connector->modes[0].vdisplay;
	REQUIRE(drmModeCreatePropertyBlob(fd, &connector->modes[0], sizeof(connector->modes[0]), &o.mode) == 0);
	handle = create_dumb(fd, o.width, o.height, &pitch);
	REQUIRE(drmModeAddFB2(fd, o.width, o.height, DRM_FORMAT_XRGB8888, (uint32_t[4]){ handle },
			      (uint32_t[4]){ pitch }, (uint32_t[4]){ 0 }, &o.framebuffer, 0) == 0);
	drmModeFreeConnector(connector);
	drmModeFreePlaneResources(planes);
	drmModeFreeResources(resources);
	return o;
}

/* A commit that has to wait for a fence of ours, and whose own fence tells when it is done. */
static void commit(int fd, const struct output *o, int in_fence, int *out_fence)
{
	drmModeAtomicReqPtr request = drmModeAtomicAlloc();

	REQUIRE(request);
	add(fd, request, o->connector, DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID", o->crtc);
	add(fd, request, o->crtc, DRM_MODE_OBJECT_CRTC, "MODE_ID", o->mode);
	add(fd, request, o->crtc, DRM_MODE_OBJECT_CRTC, "ACTIVE", 1);
	add(fd, request, o->crtc, DRM_MODE_OBJECT_CRTC, "OUT_FENCE_PTR", (uintptr_t)out_fence);
	add(fd, request, o->plane, DRM_MODE_OBJECT_PLANE, "FB_ID", o->framebuffer);
	add(fd, request, o->plane, DRM_MODE_OBJECT_PLANE, "CRTC_ID", o->crtc);
	add(fd, request, o->plane, DRM_MODE_OBJECT_PLANE, "IN_FENCE_FD", in_fence);
	add(fd, request, o->plane, DRM_MODE_OBJECT_PLANE, "SRC_W", (uint64_t)o->width << 16);
	add(fd, request, o->plane, DRM_MODE_OBJECT_PLANE, "SRC_H", (uint64_t)o->height << 16);
	add(fd, request, o->plane, DRM_MODE_OBJECT_PLANE, "CRTC_W", o->width);
	add(fd, request, o->plane, DRM_MODE_OBJECT_PLANE, "CRTC_H", o->height);
	REQUIRE(drmModeAtomicCommit(fd, request, DRM_MODE_ATOMIC_ALLOW_MODESET | DRM_MODE_ATOMIC_NONBLOCK, NULL) == 0);
	drmModeAtomicFree(request);
}

static int drive_vkms(void)
{
	int fd = open_drm("vkms"), timeline = sw_sync_open(), in_fence = sw_sync_fence(timeline, 1), out_fence = -1;
	struct output o;

	REQUIRE(drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1) == 0);
	o = find_output(fd);
	commit(fd, &o, in_fence, &out_fence);
	struct pollfd done = { .fd = out_fence, .events = POLLIN };
	REQUIRE(poll(&done, 1, 100) == 0);
	sw_sync_advance(timeline);
	REQUIRE(poll(&done, 1, 2000) == 1);
	close(out_fence);
	close(in_fence);
	close(timeline);
	close(fd);
	return 0;
}

/* A wait for work that nobody submits, and an ioctl after the device has gone. */
static int drive_syncobj(void)
{
	uint32_t object;
	int fd;

	REQUIRE(lab("device add"));
	fd = open_drm("gwsync");
	REQUIRE(drmSyncobjCreate(fd, 0, &object) == 0);
	REQUIRE(drmSyncobjWait(fd, &object, 1, 0, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, NULL) == -ETIME);
	REQUIRE(lab("device unplug"));
	REQUIRE(drmSyncobjDestroy(fd, object) != 0 && errno == ENODEV);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "kfd"))
		return drive_kfd();
	if (!strcmp(what, "kfd-memory"))
		return drive_kfd_memory();
	if (!strcmp(what, "kfd-gpu"))
		return drive_kfd_gpu();
	if (!strcmp(what, "amdgpu"))
		return drive_amdgpu();
	if (!strcmp(what, "iommu"))
		return drive_iommu();
	if (!strcmp(what, "radeon"))
		return drive_radeon();
	if (!strcmp(what, "vgem"))
		return drive_vgem();
	if (!strcmp(what, "sw-sync"))
		return drive_sw_sync();
	if (!strcmp(what, "vkms"))
		return drive_vkms();
	if (!strcmp(what, "syncobj"))
		return drive_syncobj();
	fprintf(stderr, "drive: see the first lines of drive.c\n");
	return 2;
}
