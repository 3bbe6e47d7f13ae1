/*
 * Constants of the kernel's interface: constants.def made into an array.
 *
 * The values are those of the headers writc is compiled with, on its own architecture; the table
 * holds only names whose value is the same on all that filters are made for.
 */
#include "tables/syscall_args.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <stdlib.h>
#include <time.h>

#define CONST(name)         {#name, false, (int64_t)(name)},
#define VALUE(name, number) {#name, false, (number)},
#define VARIES(name)        {#name, true, 0},

static const struct constant constants[] = {
#include "tables/constants.def"
};

#undef VARIES
#undef VALUE
#undef CONST

#define N_CONSTANTS (sizeof(constants) / sizeof(constants[0]))

static int constant_cmp(const void *key, const void *item)
{
	const struct str *name = key;
	const struct constant *constant = item;

	return str_cmp(*name, str_from(constant->name));
}

const struct constant *constant_find(struct str name)
{
	return bsearch(&name, constants, N_CONSTANTS, sizeof(constants[0]), constant_cmp);
}

const struct constant *constant_at(uint32_t index)
{
	return index < N_CONSTANTS ? &constants[index] : NULL;
}
