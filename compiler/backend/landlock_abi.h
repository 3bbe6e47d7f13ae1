/*
 * The Landlock constants that bundles are made of, whatever headers the build host has.
 *
 * Rights by the ABI that brought them, from include/uapi/linux/landlock.h and the kernel's
 * Documentation/userspace-api/landlock.rst.
 */
#ifndef WRIT_BACKEND_LANDLOCK_ABI_H
#define WRIT_BACKEND_LANDLOCK_ABI_H

#include <linux/landlock.h>

/* The newest ABI that variants are made for. Newer kernels are asked for what this one can do. */
#define LL_ABI_MAX 7u

/* RIGHT(bit, name, abi): of files and directories. */
#define LL_FS_RIGHTS(RIGHT)                                                                        \
	RIGHT(0, EXECUTE, 1)                                                                       \
	RIGHT(1, WRITE_FILE, 1)                                                                    \
	RIGHT(2, READ_FILE, 1)                                                                     \
	RIGHT(3, READ_DIR, 1)                                                                      \
	RIGHT(4, REMOVE_DIR, 1)                                                                    \
	RIGHT(5, REMOVE_FILE, 1)                                                                   \
	RIGHT(6, MAKE_CHAR, 1)                                                                     \
	RIGHT(7, MAKE_DIR, 1)                                                                      \
	RIGHT(8, MAKE_REG, 1)                                                                      \
	RIGHT(9, MAKE_SOCK, 1)                                                                     \
	RIGHT(10, MAKE_FIFO, 1)                                                                    \
	RIGHT(11, MAKE_BLOCK, 1)                                                                   \
	RIGHT(12, MAKE_SYM, 1)                                                                     \
	RIGHT(13, REFER, 2)                                                                        \
	RIGHT(14, TRUNCATE, 3)                                                                     \
	RIGHT(15, IOCTL_DEV, 5)

#define LL_NET_RIGHTS(RIGHT)                                                                       \
	RIGHT(0, BIND_TCP, 4)                                                                      \
	RIGHT(1, CONNECT_TCP, 4)

#define LL_SCOPES(RIGHT)                                                                           \
	RIGHT(0, ABSTRACT_UNIX_SOCKET, 6)                                                          \
	RIGHT(1, SIGNAL, 6)

enum landlock_fs_right {
#define RIGHT(bit, name, abi) LL_FS_##name = 1 << (bit),
	LL_FS_RIGHTS(RIGHT)
#undef RIGHT
};

enum landlock_net_right {
#define RIGHT(bit, name, abi) LL_NET_##name = 1 << (bit),
	LL_NET_RIGHTS(RIGHT)
#undef RIGHT
};

enum landlock_scope {
#define RIGHT(bit, name, abi) LL_SCOPE_##name = 1 << (bit),
	LL_SCOPES(RIGHT)
#undef RIGHT
};

#define LL_SAME(ours, theirs) _Static_assert((unsigned)(ours) == (unsigned)(theirs), #ours)
#ifdef LANDLOCK_ACCESS_FS_EXECUTE
LL_SAME(LL_FS_EXECUTE, LANDLOCK_ACCESS_FS_EXECUTE);
LL_SAME(LL_FS_WRITE_FILE, LANDLOCK_ACCESS_FS_WRITE_FILE);
LL_SAME(LL_FS_READ_FILE, LANDLOCK_ACCESS_FS_READ_FILE);
LL_SAME(LL_FS_READ_DIR, LANDLOCK_ACCESS_FS_READ_DIR);
LL_SAME(LL_FS_REMOVE_DIR, LANDLOCK_ACCESS_FS_REMOVE_DIR);
LL_SAME(LL_FS_REMOVE_FILE, LANDLOCK_ACCESS_FS_REMOVE_FILE);
LL_SAME(LL_FS_MAKE_CHAR, LANDLOCK_ACCESS_FS_MAKE_CHAR);
LL_SAME(LL_FS_MAKE_DIR, LANDLOCK_ACCESS_FS_MAKE_DIR);
LL_SAME(LL_FS_MAKE_REG, LANDLOCK_ACCESS_FS_MAKE_REG);
LL_SAME(LL_FS_MAKE_SOCK, LANDLOCK_ACCESS_FS_MAKE_SOCK);
LL_SAME(LL_FS_MAKE_FIFO, LANDLOCK_ACCESS_FS_MAKE_FIFO);
LL_SAME(LL_FS_MAKE_BLOCK, LANDLOCK_ACCESS_FS_MAKE_BLOCK);
LL_SAME(LL_FS_MAKE_SYM, LANDLOCK_ACCESS_FS_MAKE_SYM);
#endif
#ifdef LANDLOCK_ACCESS_FS_REFER
LL_SAME(LL_FS_REFER, LANDLOCK_ACCESS_FS_REFER);
#endif
#ifdef LANDLOCK_ACCESS_FS_TRUNCATE
LL_SAME(LL_FS_TRUNCATE, LANDLOCK_ACCESS_FS_TRUNCATE);
#endif
#ifdef LANDLOCK_ACCESS_FS_IOCTL_DEV
LL_SAME(LL_FS_IOCTL_DEV, LANDLOCK_ACCESS_FS_IOCTL_DEV);
#endif
#ifdef LANDLOCK_ACCESS_NET_BIND_TCP
LL_SAME(LL_NET_BIND_TCP, LANDLOCK_ACCESS_NET_BIND_TCP);
LL_SAME(LL_NET_CONNECT_TCP, LANDLOCK_ACCESS_NET_CONNECT_TCP);
#endif
#ifdef LANDLOCK_SCOPE_SIGNAL
LL_SAME(LL_SCOPE_ABSTRACT_UNIX_SOCKET, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET);
LL_SAME(LL_SCOPE_SIGNAL, LANDLOCK_SCOPE_SIGNAL);
#endif
#undef LL_SAME

#endif
