/*
 * Constants of the kernel's interface that groups.def tests arguments for, where the C library has no
 * name for them, has a newer or different value, or would give the build host's instead of the
 * target's. All are the same on every architecture of tables/arch.c.
 */
#ifndef WRIT_TABLES_GROUPS_H
#define WRIT_TABLES_GROUPS_H

/* clone(2): every CLONE_NEW* that fits its flags. CLONE_NEWTIME does not: it is unshare's and clone3's. */
#define CALL_CLONE_NEW_ANY 0x7e020000u

/* open(2), include/uapi/asm-generic/fcntl.h. */
#define CALL_O_ACCMODE 3u
#define CALL_O_TRUNC   01000u

/* memfd_create(2), include/uapi/linux/memfd.h, since 6.3. */
#define CALL_MFD_NOEXEC_SEAL 8u

/* mode_t, include/uapi/linux/stat.h. */
#define CALL_S_IFMT   0170000u
#define CALL_S_IFREG  0100000u
#define CALL_S_IFIFO  0010000u
#define CALL_S_SETXID 06000u

/* ioctl(2) requests that act on the terminal behind a descriptor, include/uapi/asm-generic/ioctls.h. */
#define CALL_TIOCSTI   0x5412u /* types into it */
#define CALL_TIOCLINUX 0x541cu /* pastes into it */
#define CALL_TIOCCONS  0x541du /* takes the console's output */
#define CALL_TIOCSETD  0x5423u /* loads a line discipline */

/* personality(2) without a change. */
#define CALL_PERSONALITY_QUERY 0xffffffffu

/* setresuid(2), setresgid(2): leave this id as it is. */
#define CALL_ID_KEPT 0xffffffffu

/* socket types without SOCK_CLOEXEC and SOCK_NONBLOCK, include/linux/net.h. */
#define CALL_SOCK_TYPE_MASK 0xfu

/* setpriority(2): PRIO_PROCESS. */
#define CALL_PRIO_PROCESS 0u

#endif
