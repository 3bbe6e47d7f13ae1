/*
 * Constants of the kernel's interface that groups.def tests arguments for, where the C library has
 * no name for them, has a newer or different value, or would give the build host's instead of the
 * target's. All are the same on every architecture of tables/arch.c.
 */
#ifndef WRIT_TABLES_GROUPS_H
#define WRIT_TABLES_GROUPS_H

/* clone(2): every CLONE_NEW* that fits its flags. CLONE_NEWTIME does not: it is unshare's and
 * clone3's. */
#define CALL_CLONE_NEW_ANY 0x7e020000u
#define CALL_CLONE_PARENT  0x00008000u
#define CALL_CLONE_NEWNS   0x00020000u

/* open(2), include/uapi/asm-generic/fcntl.h. */
#define CALL_O_ACCMODE 3u
#define CALL_O_TRUNC   01000u

/* memfd_create(2), include/uapi/linux/memfd.h, since 6.3. */
#define CALL_MFD_NOEXEC_SEAL 8u

/* mmap(2), include/uapi/asm-generic/mman-common.h; shmat(2), include/uapi/linux/shm.h. */
#define CALL_MAP_ANONYMOUS 0x20u
#define CALL_SHM_EXEC      0100000u

/* mode_t, include/uapi/linux/stat.h. */
#define CALL_S_IFMT   0170000u
#define CALL_S_IFREG  0100000u
#define CALL_S_IFIFO  0010000u
#define CALL_S_SETXID 06000u

/* fcntl(2), include/uapi/asm-generic/fcntl.h and include/uapi/linux/fcntl.h. */
#define CALL_F_SETOWN    8u /* to whom a descriptor's signal goes */
#define CALL_F_SETSIG    10u
#define CALL_F_SETOWN_EX 15u
#define CALL_F_SETLEASE  1024u

/* ioctl(2) requests of terminals and descriptors, include/uapi/asm-generic/ioctls.h. */
#define CALL_IOCTL_TTY_MASK 0xffffff00u
#define CALL_IOCTL_TTY      0x5400u
#define CALL_TIOCSCTTY      0x540eu /* makes it the controlling terminal */
#define CALL_TIOCSTI        0x5412u /* types into it */
#define CALL_TIOCLINUX      0x541cu /* pastes into it */
#define CALL_TIOCCONS       0x541du /* takes the console's output */
#define CALL_TIOCSETD       0x5423u /* loads a line discipline */
#define CALL_TCGETS2        0x802c542au
#define CALL_TCSETS2        0x402c542bu
#define CALL_TCSETSW2       0x402c542cu
#define CALL_TCSETSF2       0x402c542du
#define CALL_TIOCGPTN       0x80045430u
#define CALL_TIOCSPTLCK     0x40045431u

/* Signals on input of a descriptor to any process, include/uapi/asm-generic/sockios.h. */
#define CALL_FIOSETOWN 0x8901u
#define CALL_SIOCSPGRP 0x8902u

/* ioctl(2) requests of file systems, include/uapi/linux/fs.h. */
#define CALL_FICLONE         0x40049409u
#define CALL_FICLONERANGE    0x4020940du
#define CALL_FS_IOC_GETFLAGS 0x80086601u

/* personality(2) without a change. */
#define CALL_PERSONALITY_QUERY 0xffffffffu

/* setresuid(2), setresgid(2): leave this id as it is. */
#define CALL_ID_KEPT 0xffffffffu

/* socket types without SOCK_CLOEXEC and SOCK_NONBLOCK, include/linux/net.h. */
#define CALL_SOCK_TYPE_MASK 0xfu

/* setpriority(2): PRIO_PROCESS. */
#define CALL_PRIO_PROCESS 0u

#endif
