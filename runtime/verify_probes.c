/*
 * Does a filter refuse what a launch relies on, whatever else it allows?
 *
 * verify_bpf.c has shown that it is a program of our kind, so that it can be run here. First its
 * frame: the architecture is tested before anything else, and another one's call dies. Then calls
 * are put to it that no sandbox may make: those that would leave the launch's process group, those
 * that no filter sees into, sockets that Landlock does not limit, numbers of another ABI or of no
 * call. Where a probe gives no arguments, a verdict that depends on them counts as one that allows.
 * These are samples, not a proof of the policy: that is the compiler's (compiler/verify/).
 */
#include "runtime/verify.h"

#include <string.h>

#include "runtime/filter.h"
#include "runtime/kernel_abi.h"

enum arch { ARCH_X86_64, ARCH_AARCH64, ARCH_RISCV64, N_ARCHS };

static const uint32_t audit_archs[N_ARCHS] = {
	[ARCH_X86_64] = 0xC000003Eu,
	[ARCH_AARCH64] = 0xC00000B7u,
	[ARCH_RISCV64] = 0xC00000F3u,
};

#define ARCH_AT          4u /* an offset in struct seccomp_data */
#define X32_BIT          0x40000000u
#define MSG_FASTOPEN_BIT 0x20000000u
#define LIMITED_ARGS     4 /* that the probed calls are limited by */

/* Calls that no sandbox may make, with any arguments; or none that demands it. */
static const struct {
	const char *what;
	uint32_t numbers[N_ARCHS];
	uint32_t demand;
} forbidden[] = {
	{"a filter allows setsid", {112, 157, 157}, VERIFY_NO_PID_NS},
	{"a filter allows setpgid", {109, 154, 154}, 0},
	{"a filter allows clone3", {435, 435, 435}, 0},
	{"a filter allows clone, and the limit is one process", {56, 220, 220}, VERIFY_ALONE},
	{"a filter allows fork, and the limit is one process", {57, 220, 220}, VERIFY_ALONE},
	{"a filter allows vfork, and the limit is one process", {58, 220, 220}, VERIFY_ALONE},
	{"a filter allows io_uring_setup", {425, 425, 425}, 0},
	{"a filter allows io_uring_enter", {426, 426, 426}, 0},
	{"a filter allows io_uring_register", {427, 427, 427}, 0},
	{"a filter allows numbers that no call has", {0x1000, 0x1000, 0x1000}, 0},
	{"a filter allows numbers that no call has", {0x3fffffff, 0x7fffffff, 0x7fffffff}, 0},
	{"a filter allows numbers that no call has", {0x3fffffff, 0xffffffff, 0xffffffff}, 0},
};

/* Calls by the x32 numbers, on x86_64: read, x32's own execve, the end of the range. */
static const uint32_t x32_numbers[] = {X32_BIT, X32_BIT | 520, 0x7fffffff, 0xffffffff};

enum refusal { SOCKETS, FAST_OPEN, OPTIONS, NET_NAMESPACE, CODE, PROCESSES };

static const char *const refusals[] = {
	[SOCKETS] = "a filter allows sockets that no port grant is for",
	[FAST_OPEN] = "a filter allows TCP Fast Open",
	[OPTIONS] = "a filter lets a socket's packets go elsewhere",
	[NET_NAMESPACE] = "a filter lets a network namespace be changed",
	[CODE] = "a filter lets memory become executable",
	[PROCESSES] = "a filter allows processes, and nothing ends them",
};

/*
 * Calls that are refused with these arguments, by all or where the sandbox demands it. Those of one
 * number stand together: a filter finds it once for all of them.
 */
static const struct limit {
	uint32_t args[LIMITED_ARGS]; /* the rest is 0 */
	uint16_t numbers[N_ARCHS];
	uint16_t demand : 12;
	uint16_t refusal : 4; /* enum refusal */
} limited[] = {
#define SOCKET(demand, ...)                                                                        \
	{                                                                                          \
		{__VA_ARGS__}, {41, 198, 198}, demand, SOCKETS                                     \
	}
	SOCKET(VERIFY_NO_UNIX, 1, 1, 0), /* AF_UNIX: stream, datagram, seqpacket */
	SOCKET(0, 1, 2, 0),
	SOCKET(VERIFY_NO_UNIX, 1, 5, 0),
	SOCKET(0, 16, 3, 0), /* AF_NETLINK: raw, datagram */
	SOCKET(0, 16, 2, 0),
	SOCKET(0, 17, 3, 0x300), /* AF_PACKET: raw, datagram */
	SOCKET(0, 17, 2, 0x300),
	SOCKET(0, 38, 5, 0),                 /* AF_ALG */
	SOCKET(0, 40, 1, 0),                 /* AF_VSOCK */
	SOCKET(VERIFY_NO_RESOLVER, 2, 2, 0), /* AF_INET: datagram, raw ICMP, MPTCP */
	SOCKET(0, 2, 3, 1),
	SOCKET(0, 2, 1, 262),
	SOCKET(VERIFY_NO_RESOLVER, 10, 2, 0), /* AF_INET6, likewise */
	SOCKET(0, 10, 3, 58),
	SOCKET(0, 10, 1, 262),
	SOCKET(VERIFY_NO_PORT, 2, 1, 0),
	SOCKET(VERIFY_NO_PORT, 10, 1, 6),
#undef SOCKET
	{{0, 0, 0, MSG_FASTOPEN_BIT}, {44, 206, 206}, 0, FAST_OPEN},
	{{0, 0, MSG_FASTOPEN_BIT, 0}, {46, 211, 211}, 0, FAST_OPEN},
	{{0, 0, 0, MSG_FASTOPEN_BIT}, {307, 269, 269}, 0, FAST_OPEN},
#define OPTION(level, name)                                                                        \
	{                                                                                          \
		{0, level, name}, {54, 208, 208}, VERIFY_GATE, OPTIONS                             \
	}
	OPTION(0, 4), /* IP_OPTIONS; IPV6_RTHDR, IPV6_2292RTHDR, IPV6_2292PKTOPTIONS */
	OPTION(41, 57),
	OPTION(41, 5),
	OPTION(41, 6),
	OPTION(1, 25), /* SO_BINDTODEVICE, SO_BINDTOIFINDEX */
	OPTION(1, 62),
	OPTION(6, 19), /* TCP_REPAIR, TCP_FASTOPEN_CONNECT, TCP_ULP */
	OPTION(6, 30),
	OPTION(6, 31),
#undef OPTION
#define OWNED(numbers, ...)                                                                        \
	{                                                                                          \
		{__VA_ARGS__}, {UNPACK numbers}, VERIFY_RESOLVER, NET_NAMESPACE                    \
	}
#define UNPACK(...) __VA_ARGS__
	OWNED((54, 208, 208), 0, 0, 64), /* setsockopt: IPT_SO_SET_REPLACE, of IPv6, IP_VS */
	OWNED((54, 208, 208), 0, 41, 64),
	OWNED((54, 208, 208), 0, 0, 1154),
	OWNED((54, 208, 208), 0, 0, 17), /* IP_XFRM_POLICY */
	OWNED((54, 208, 208), 0, 41, 35),
	OWNED((55, 209, 209), 0, 0, 64), /* getsockopt: IPT_SO_GET_INFO, of IPv6 */
	OWNED((55, 209, 209), 0, 41, 64),
	OWNED((16, 29, 29), 0, 0x890b), /* ioctl: SIOCADDRT, SIOCSIFFLAGS, SIOCGSKNS */
	OWNED((16, 29, 29), 0, 0x8914),
	OWNED((16, 29, 29), 0, 0x894c),
#undef OWNED
#undef UNPACK
#define STRICT(numbers, ...)                                                                       \
	{                                                                                          \
		{__VA_ARGS__}, {UNPACK numbers}, VERIFY_STRICT_EXEC, CODE                          \
	}
#define UNPACK(...) __VA_ARGS__
	STRICT((9, 222, 222), 0, 4096, 7, 2), /* mmap: of a file, also writable; of none */
	STRICT((9, 222, 222), 0, 4096, 6, 1),
	STRICT((9, 222, 222), 0, 4096, 5, 0x22),
	STRICT((10, 226, 226), 0, 4096, 5), /* mprotect, pkey_mprotect */
	STRICT((329, 288, 288), 0, 4096, 4),
	STRICT((319, 279, 279), 0, 0), /* memfd_create, plain and sealed */
	STRICT((319, 279, 279), 0, 8), /* MFD_NOEXEC_SEAL: chmod can lift what is not sealed */
	STRICT((30, 196, 196), 0, 0, 0100000), /* shmat */
	STRICT((135, 92, 92), 0x400000),       /* personality: READ_IMPLIES_EXEC */
	STRICT((101, 117, 117), 5),            /* ptrace: PTRACE_POKEDATA */
#undef STRICT
#undef UNPACK
	{{17}, {56, 220, 220}, VERIFY_NO_KEEPER, PROCESSES},
	{{17}, {57, 220, 220}, VERIFY_NO_KEEPER, PROCESSES},
	{{17}, {58, 220, 220}, VERIFY_NO_KEEPER, PROCESSES},
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static enum arch find_arch(uint32_t audit_arch)
{
	enum arch arch = ARCH_X86_64;

	while (arch < N_ARCHS && audit_archs[arch] != audit_arch)
		arch++;
	return arch;
}

bool verify_knows_arch(uint32_t audit_arch)
{
	return find_arch(audit_arch) < N_ARCHS;
}

/* ld [arch]; jeq #audit_arch, ..., a return that kills (seccomp(2), Caveats). */
static bool begins_with_arch(uint32_t audit_arch, const struct writ_fmt_insn *insns, uint32_t count)
{
	const struct writ_fmt_insn *other;

	if (count < 3 || insns[0].code != BPF_OP_LD_W_ABS || insns[0].k != ARCH_AT ||
	    insns[1].code != BPF_OP_JEQ_K || insns[1].k != audit_arch)
		return false;
	other = &insns[2u + insns[1].jf];
	return other->code == BPF_OP_RET_K && other->k == SECCOMP_ACTION_KILL_PROCESS;
}

/* Calls that change metadata, and are refused where nothing keeps it. */
static const uint16_t metadata[][N_ARCHS] = {
	/* chmod, fchmod, fchmodat, fchmodat2 */
	{90, 53, 53},
	{91, 52, 52},
	{268, 53, 53},
	{452, 452, 452},
	/* chown, lchown, fchown, fchownat */
	{92, 54, 54},
	{94, 54, 54},
	{93, 55, 55},
	{260, 54, 54},
	/* utime, utimes, futimesat, utimensat */
	{132, 88, 88},
	{235, 88, 88},
	{261, 88, 88},
	{280, 88, 88},
	/* setxattr and its like, removexattr and its like */
	{188, 5, 5},
	{189, 6, 6},
	{190, 7, 7},
	{197, 14, 14},
	{198, 15, 15},
	{199, 16, 16},
};

/*
 * Calls that a broker makes or that would get past it: with these arguments the filter may ask, and
 * not let them pass.
 */
static const uint16_t brokered[][N_ARCHS] = {
	{2, 56, 56}, /* open, openat, openat2, creat */
	{257, 56, 56},   {437, 437, 437}, {85, 56, 56},    {76, 45, 45},  /* truncate */
	{83, 34, 34},    {258, 34, 34},                                   /* mkdir */
	{133, 33, 33},   {259, 33, 33},                                   /* mknod */
	{82, 276, 276},  {264, 276, 276}, {316, 276, 276},                /* rename */
	{86, 37, 37},    {265, 37, 37},                                   /* link */
	{88, 36, 36},    {266, 36, 36},                                   /* symlink */
	{87, 35, 35},    {263, 35, 35},   {84, 35, 35},                   /* unlink, rmdir */
	{90, 53, 53},    {268, 53, 53},   {452, 452, 452},                /* chmod */
	{132, 88, 88},   {235, 88, 88},   {261, 88, 88},   {280, 88, 88}, /* utime */
	{95, 166, 166},                                                   /* umask */
	{304, 265, 265},                                                  /* open_by_handle_at */
	{165, 40, 40},   {161, 51, 51},                                   /* mount, chroot */
};

/* Likewise, of a net gate: connect, bind, listen. */
static const uint16_t gated[][N_ARCHS] = {{42, 203, 203}, {49, 200, 200}, {50, 201, 201}};

/* To log is to let it happen, and a supervisor may. */
static bool allows(const struct writ_fmt_insn *insns, const struct filter_call *call)
{
	uint32_t action = filter_action(insns, call, SECCOMP_ACTION_ALLOW);

	return action == SECCOMP_ACTION_ALLOW || action == SECCOMP_ACTION_LOG ||
	       action == SECCOMP_ACTION_USER_NOTIF;
}

static const char *probe_forbidden(enum arch arch, const struct writ_fmt_insn *insns,
				   uint32_t demands)
{
	struct filter_call call = {.audit_arch = audit_archs[arch]};

	for (size_t i = 0; i < LEN(forbidden); i++) {
		call.number = forbidden[i].numbers[arch];
		if ((forbidden[i].demand & demands) == forbidden[i].demand && allows(insns, &call))
			return forbidden[i].what;
	}
	for (size_t i = 0; arch == ARCH_X86_64 && i < LEN(x32_numbers); i++) {
		call.number = x32_numbers[i];
		if (filter_action(insns, &call, SECCOMP_ACTION_ALLOW) !=
		    SECCOMP_ACTION_KILL_PROCESS)
			return "a filter does not kill x32 calls";
	}
	return NULL;
}

static const char *probe_limited(enum arch arch, const struct writ_fmt_insn *insns,
				 uint32_t demands)
{
	uint32_t args[FILTER_ARGS] = {0};
	struct filter_call call = {.audit_arch = audit_archs[arch], .args = args};
	const struct writ_fmt_insn *entry = NULL; /* for the number of the call before */

	for (const struct limit *row = limited; row < limited + LEN(limited); row++) {
		if ((row->demand & demands) != row->demand)
			continue;
		if (!entry || call.number != row->numbers[arch]) {
			call.number = row->numbers[arch];
			entry = filter_enter(insns, &call);
		}
		memcpy(args, row->args, sizeof(row->args));
		if (allows(entry, &call))
			return refusals[row->refusal];
	}
	return NULL;
}

static bool passes(const struct writ_fmt_insn *insns, const struct filter_call *call)
{
	uint32_t action = filter_action(insns, call, SECCOMP_ACTION_ALLOW);

	return action == SECCOMP_ACTION_ALLOW || action == SECCOMP_ACTION_LOG;
}

/*
 * Of whom a filter that meets a demand lets none through: at all, or without asking. None is number
 * 0; on newer architectures the number before is often that of the next one, too.
 */
static const struct calls {
	const char *what;
	bool (*lets)(const struct writ_fmt_insn *insns, const struct filter_call *call);
	const uint16_t (*numbers)[N_ARCHS];
	uint32_t n;
	uint32_t demand;
} listed[] = {
	{"a filter allows to change metadata, and nothing keeps it", allows, metadata,
	 LEN(metadata), VERIFY_NO_READ_ONLY},
	{"a filter lets files be named without asking the broker", passes, brokered, LEN(brokered),
	 VERIFY_BROKER},
	{"a filter lets sockets have peers without asking the net gate", passes, gated, LEN(gated),
	 VERIFY_GATE},
};

static bool lets_any(enum arch arch, const struct writ_fmt_insn *insns, const struct calls *calls)
{
	static const uint32_t none[FILTER_ARGS] = {0};
	struct filter_call call = {.audit_arch = audit_archs[arch], .args = none};

	for (size_t i = 0; i < calls->n; i++) {
		uint32_t before = call.number;

		call.number = calls->numbers[i][arch];
		if (call.number != before && calls->lets(insns, &call))
			return true;
	}
	return false;
}

/* Does it let a datagram socket be made without asking: of IPv4, of IPv6? */
static bool passes_datagrams(enum arch arch, const struct writ_fmt_insn *insns)
{
	static const uint16_t socket[N_ARCHS] = {41, 198, 198};
	uint32_t args[FILTER_ARGS] = {2, 2};
	struct filter_call call = {.audit_arch = audit_archs[arch],
				   .number = socket[arch],
				   .args = args};
	bool ipv4 = passes(insns, &call);

	args[0] = 10;
	return ipv4 || passes(insns, &call);
}

const char *verify_probes(uint32_t audit_arch, const struct writ_fmt_insn *insns, uint32_t count,
			  uint32_t demands)
{
	enum arch arch = find_arch(audit_arch);
	const struct writ_fmt_insn *next;
	const char *what;

	if (arch == N_ARCHS || !begins_with_arch(audit_arch, insns, count))
		return "a filter does not begin with the test of its architecture";
	/* All probes are of this architecture, and what loads anew does not look at the test. */
	next = &insns[2u + insns[1].jt];
	if (next->code == BPF_OP_LD_W_ABS)
		insns = next;
	what = probe_forbidden(arch, insns, demands);
	if (!what)
		what = probe_limited(arch, insns, demands);
	for (size_t i = 0; !what && i < LEN(listed); i++) {
		if (demands & listed[i].demand && lets_any(arch, insns, &listed[i]))
			what = listed[i].what;
	}
	if (!what && demands & VERIFY_RESOLVER && passes_datagrams(arch, insns))
		what = "a filter lets datagram sockets be made without asking the net gate";
	return what;
}
