/*
 * The words of profiles, each with what it means.
 *
 * Actions, operators and architectures are those of libseccomp's seccomp.h, which the OCI runtime
 * specification refers to; the names in includes and excludes are Go's and Docker's for
 * architectures, and the kernel's for capabilities (include/uapi/linux/capability.h).
 */
#include "import/oci_profile.h"

#include <ctype.h>

struct word {
	const char *text;
	int value;
};

static const struct word actions[] = {
	{"SCMP_ACT_ALLOW", OCI_ACT_ALLOW},
	{"SCMP_ACT_ERRNO", OCI_ACT_ERRNO},
	{"SCMP_ACT_KILL", OCI_ACT_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", OCI_ACT_KILL_PROCESS},
	{"SCMP_ACT_KILL_THREAD", OCI_ACT_KILL_THREAD},
	{"SCMP_ACT_LOG", OCI_ACT_LOG},
	{"SCMP_ACT_NOTIFY", OCI_ACT_NOTIFY},
	{"SCMP_ACT_TRACE", OCI_ACT_TRACE},
	{"SCMP_ACT_TRAP", OCI_ACT_TRAP},
	{NULL, 0},
};

static const struct word operators[] = {
	{"SCMP_CMP_EQ", COND_EQ}, {"SCMP_CMP_GE", COND_GE},
	{"SCMP_CMP_GT", COND_GT}, {"SCMP_CMP_LE", COND_LE},
	{"SCMP_CMP_LT", COND_LT}, {"SCMP_CMP_MASKED_EQ", COND_MASKED_EQ},
	{"SCMP_CMP_NE", COND_NE}, {NULL, 0},
};

static const struct word archs[] = {
	{"SCMP_ARCH_NATIVE", 0},
	{"SCMP_ARCH_AARCH64", 0},
	{"SCMP_ARCH_ARM", 0},
	{"SCMP_ARCH_LOONGARCH64", 0},
	{"SCMP_ARCH_M68K", 0},
	{"SCMP_ARCH_MIPS", 0},
	{"SCMP_ARCH_MIPS64", 0},
	{"SCMP_ARCH_MIPS64N32", 0},
	{"SCMP_ARCH_MIPSEL", 0},
	{"SCMP_ARCH_MIPSEL64", 0},
	{"SCMP_ARCH_MIPSEL64N32", 0},
	{"SCMP_ARCH_PARISC", 0},
	{"SCMP_ARCH_PARISC64", 0},
	{"SCMP_ARCH_PPC", 0},
	{"SCMP_ARCH_PPC64", 0},
	{"SCMP_ARCH_PPC64LE", 0},
	{"SCMP_ARCH_RISCV64", 0},
	{"SCMP_ARCH_S390", 0},
	{"SCMP_ARCH_S390X", 0},
	{"SCMP_ARCH_SH", 0},
	{"SCMP_ARCH_SHEB", 0},
	{"SCMP_ARCH_X32", 0},
	{"SCMP_ARCH_X86", 0},
	{"SCMP_ARCH_X86_64", 0},
	{NULL, 0},
};

/* Those of our targets have their number. */
#define NO_TARGET ARCH__COUNT

static const struct word goarchs[] = {
	{"386", NO_TARGET},         {"amd64", ARCH_X86_64},
	{"arm", NO_TARGET},         {"arm64", ARCH_AARCH64},
	{"loong64", NO_TARGET},     {"loongarch64", NO_TARGET},
	{"mips", NO_TARGET},        {"mips3l64n32", NO_TARGET},
	{"mips64", NO_TARGET},      {"mips64le", NO_TARGET},
	{"mips64n32", NO_TARGET},   {"mips64p32", NO_TARGET},
	{"mips64p32le", NO_TARGET}, {"mipsel", NO_TARGET},
	{"mipsel64", NO_TARGET},    {"mipsel64n32", NO_TARGET},
	{"mipsle", NO_TARGET},      {"ppc", NO_TARGET},
	{"ppc64", NO_TARGET},       {"ppc64le", NO_TARGET},
	{"riscv64", ARCH_RISCV64},  {"s390", NO_TARGET},
	{"s390x", NO_TARGET},       {"x32", NO_TARGET},
	{"x86", NO_TARGET},         {NULL, 0},
};

static const struct word flags[] = {
	{"SECCOMP_FILTER_FLAG_LOG", 0},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", 0},
	{"SECCOMP_FILTER_FLAG_TSYNC", 0},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0},
	{NULL, 0},
};

static const struct word caps[] = {
	{"CAP_CHOWN", 0},
	{"CAP_DAC_OVERRIDE", 1},
	{"CAP_DAC_READ_SEARCH", 2},
	{"CAP_FOWNER", 3},
	{"CAP_FSETID", 4},
	{"CAP_KILL", 5},
	{"CAP_SETGID", 6},
	{"CAP_SETUID", 7},
	{"CAP_SETPCAP", 8},
	{"CAP_LINUX_IMMUTABLE", 9},
	{"CAP_NET_BIND_SERVICE", 10},
	{"CAP_NET_BROADCAST", 11},
	{"CAP_NET_ADMIN", 12},
	{"CAP_NET_RAW", 13},
	{"CAP_IPC_LOCK", 14},
	{"CAP_IPC_OWNER", 15},
	{"CAP_SYS_MODULE", 16},
	{"CAP_SYS_RAWIO", 17},
	{"CAP_SYS_CHROOT", 18},
	{"CAP_SYS_PTRACE", 19},
	{"CAP_SYS_PACCT", 20},
	{"CAP_SYS_ADMIN", 21},
	{"CAP_SYS_BOOT", 22},
	{"CAP_SYS_NICE", 23},
	{"CAP_SYS_RESOURCE", 24},
	{"CAP_SYS_TIME", 25},
	{"CAP_SYS_TTY_CONFIG", 26},
	{"CAP_MKNOD", 27},
	{"CAP_LEASE", 28},
	{"CAP_AUDIT_WRITE", 29},
	{"CAP_AUDIT_CONTROL", 30},
	{"CAP_SETFCAP", 31},
	{"CAP_MAC_OVERRIDE", 32},
	{"CAP_MAC_ADMIN", 33},
	{"CAP_SYSLOG", 34},
	{"CAP_WAKE_ALARM", 35},
	{"CAP_BLOCK_SUSPEND", 36},
	{"CAP_AUDIT_READ", 37},
	{"CAP_PERFMON", 38},
	{"CAP_BPF", 39},
	{"CAP_CHECKPOINT_RESTORE", 40},
	{NULL, 0},
};

static const struct word *const words[OCI_WORD__KINDS] = {
	[OCI_WORD_ACTION] = actions, [OCI_WORD_OPERATOR] = operators, [OCI_WORD_ARCH] = archs,
	[OCI_WORD_GOARCH] = goarchs, [OCI_WORD_FLAG] = flags,         [OCI_WORD_CAP] = caps,
};

int oci_word(enum oci_word_kind kind, struct str text)
{
	for (const struct word *word = words[kind]; word->text; word++) {
		if (str_eq_cstr(text, word->text))
			return word->value;
	}
	return -1;
}

const char *oci_word_at(enum oci_word_kind kind, size_t index)
{
	return words[kind][index].text;
}

int oci_target_of(struct str goarch)
{
	int target = oci_word(OCI_WORD_GOARCH, goarch);

	return target == NO_TARGET ? -1 : target;
}

uint64_t oci_docker_caps(void)
{
	static const char *const given[] = {
		"CAP_CHOWN",       "CAP_DAC_OVERRIDE",     "CAP_FSETID",     "CAP_FOWNER",
		"CAP_MKNOD",       "CAP_NET_RAW",          "CAP_SETGID",     "CAP_SETUID",
		"CAP_SETFCAP",     "CAP_SETPCAP",          "CAP_SYS_CHROOT", "CAP_KILL",
		"CAP_AUDIT_WRITE", "CAP_NET_BIND_SERVICE",
	};
	uint64_t set = 0;

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		(void)oci_find_cap(str_from(given[i]), &set);
	return set;
}

uint64_t oci_all_caps(void)
{
	uint64_t set = 0;

	for (const struct word *cap = caps; cap->text; cap++)
		set |= (uint64_t)1 << cap->value;
	return set;
}

bool oci_find_cap(struct str name, uint64_t *set)
{
	for (const struct word *cap = caps; cap->text; cap++) {
		if (!str_eq_cstr(name, cap->text) && !str_eq_cstr(name, cap->text + 4))
			continue;
		*set |= (uint64_t)1 << cap->value;
		return true;
	}
	return false;
}

static bool read_number(struct str text, size_t *at, uint32_t *out)
{
	size_t begin = *at;

	for (*out = 0; *at < text.len && isdigit((unsigned char)text.ptr[*at]); ++*at) {
		if (*at - begin == 6)
			return false;
		*out = *out * 10 + (uint32_t)(text.ptr[*at] - '0');
	}
	return *at > begin;
}

bool oci_parse_kernel(struct str text, uint32_t kernel[2])
{
	size_t at = 0;

	if (!read_number(text, &at, &kernel[0]) || at == text.len || text.ptr[at++] != '.' ||
	    !read_number(text, &at, &kernel[1]))
		return false;
	/* What follows tells releases of one version apart. */
	return at == text.len || text.ptr[at] == '.' || text.ptr[at] == '-';
}
