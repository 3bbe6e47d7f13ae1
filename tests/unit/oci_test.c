/*
 * Imported profiles decide as the profiles do: against a second reading of the JSON
 * (support/oci_reading.h), for every number of both architectures and for arguments around every
 * constant of the profile.
 *
 * Rules that the compiler adds to every sandbox are left out of the comparison, for the profile
 * says nothing of them; and of calls that no sandbox can be allowed, that they are refused is what
 * is compared.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/golden.h"
#include "support/oci_import.h"
#include "support/oci_reading.h"
#include "support/policy.h"
#include "tables/syscall_args.h"

#define MOBY "../shared/oracles/moby-default.json"

static const char *const docker_caps[] = {
	"CAP_CHOWN",      "CAP_DAC_OVERRIDE",     "CAP_FSETID",      "CAP_FOWNER",  "CAP_MKNOD",
	"CAP_NET_RAW",    "CAP_SETGID",           "CAP_SETUID",      "CAP_SETFCAP", "CAP_SETPCAP",
	"CAP_SYS_CHROOT", "CAP_NET_BIND_SERVICE", "CAP_AUDIT_WRITE", "CAP_KILL",    NULL,
};

static uint64_t next_random(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint64_t pick(uint64_t n)
{
	return next_random() % n;
}

/* ---- importing ---- */

/* The sandbox without the rules that no statement of the text made. */
static struct ir_sandbox without_guards(const struct ir_sandbox *sandbox)
{
	struct ir_sandbox out = *sandbox;
	struct ir_call *calls = calloc(sandbox->calls.n + 1, sizeof(*calls));

	out.calls.n = 0;
	out.calls.items = calls;
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		if (!sandbox->calls.items[i].guard)
			calls[out.calls.n++] = sandbox->calls.items[i];
	}
	return out;
}

static struct ir_sandbox compile_import(const struct imported *imported)
{
	const char *body = strstr(imported->text, "policy imported;");
	const struct ir_sandbox *sandbox;

	cr_assert(imported->good, "%s", oci_report(imported));
	cr_assert_not_null(body);
	sandbox = policy_sandbox(body + strlen("policy imported;"));
	cr_assert(str_eq(sandbox->name, STR("imported")));
	return without_guards(sandbox);
}

/* ---- comparing ---- */

struct values {
	uint64_t items[512];
	size_t n;
};

static void add_value(struct values *values, uint64_t value)
{
	if (values->n < sizeof(values->items) / sizeof(values->items[0]))
		values->items[values->n++] = value;
}

/* Around every constant of the profile's conditions, wherever it stands. */
static void collect_values(const json_t *profile, struct values *out)
{
	static const uint64_t edges[] = {0,          1,          0x7fff,     0xffff,
					 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
					 INT64_MAX,  UINT64_MAX};
	size_t i, n;
	json_t *rule, *arg;

	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		add_value(out, edges[i]);
	json_array_foreach(json_object_get(profile, "syscalls"), i, rule)
	{
		json_array_foreach(json_object_get(rule, "args"), n, arg)
		{
			uint64_t value =
				(uint64_t)json_integer_value(json_object_get(arg, "value"));
			uint64_t two =
				(uint64_t)json_integer_value(json_object_get(arg, "valueTwo"));

			add_value(out, value - 1);
			add_value(out, value);
			add_value(out, value + 1);
			add_value(out, ~value);
			add_value(out, two);
			add_value(out, two | ~value);
			add_value(out, two ^ (value & (~value + 1)));
		}
	}
}

struct comparison {
	struct oci_reading reading;
	struct ir_sandbox sandbox;
	enum arch arch;
	struct values values;
	size_t n_compared;
};

static uint32_t expected(const struct comparison *compare, const char *call, const uint64_t args[6])
{
	uint32_t verdict = oci_reading_verdict(&compare->reading, call, args);

	if (!call_confined(str_from(call)) || verdict < SECCOMP_RET_USER_NOTIF ||
	    verdict == SECCOMP_RET_KILL_PROCESS)
		return verdict;
	return SECCOMP_RET_ERRNO | (strcmp(call, "clone3") == 0 ? ENOSYS : EPERM);
}

static void compare_once(struct comparison *compare, uint32_t number, const char *call,
			 const uint64_t args[6])
{
	uint32_t want = expected(compare, call, args);
	uint32_t got = ir_call_verdict(&compare->sandbox, compare->arch, number, args);

	cr_assert_eq(got, want, "%s(%#lx, %#lx, %#lx) on %s: %#x, the profile says %#x", call,
		     (unsigned long)args[0], (unsigned long)args[1], (unsigned long)args[2],
		     compare->reading.goarch, got, want);
	compare->n_compared++;
}

/* Of the registers only what the kernel looks at is varied: the rest is not the profile's. */
static void compare_call(struct comparison *compare, uint32_t number, const char *call)
{
	const struct call_args *types = call_args_find(str_from(call));
	const uint64_t none[6] = {0};
	bool tested[6], any = false;

	for (int arg = 0; arg < 6; arg++)
		any |= tested[arg] = oci_reading_tests(&compare->reading, call, arg);
	compare_once(compare, number, call, none);
	for (int i = 0; any && i < 400; i++) {
		uint64_t args[6] = {0};

		for (int arg = 0; arg < 6; arg++) {
			if (tested[arg])
				args[arg] = compare->values.items[pick(compare->values.n)] &
					    UINT64_MAX >> (64 - call_arg_bits(&types->args[arg]));
		}
		compare_once(compare, number, call, args);
	}
}

static size_t compare_profile(const char *json, uint64_t caps, const char *const *cap_names)
{
	static const char *const goarchs[ARCH__COUNT] = {"amd64", "arm64", "riscv64"};
	struct oci_options options = oci_options(caps);
	json_t *profile = json_loads(json, 0, NULL);
	struct comparison compare = {0};

	options.archs[ARCH_RISCV64] = true;
	compare.sandbox = compile_import(oci_import(json, &options));
	cr_assert_not_null(profile);
	collect_values(profile, &compare.values);
	for (size_t arch = 0; arch < sizeof(goarchs) / sizeof(goarchs[0]); arch++) {
		compare.arch = (enum arch)arch;
		compare.reading = (struct oci_reading){profile, cap_names, goarchs[arch], {5, 13}};
		for (uint32_t number = 0; number < syscall_limit(compare.arch); number++) {
			struct str name = syscall_name(compare.arch, number);

			if (name.ptr)
				compare_call(&compare, number, name.ptr);
		}
	}
	json_decref(profile);
	return compare.n_compared;
}

/* ---- profiles ---- */

Test(oci, mobys_default_decides_the_same)
{
	static const char *const none[] = {NULL}, *const one[] = {"CAP_SYS_PTRACE", NULL};
	char *json = golden_read(MOBY);
	uint64_t ptrace = 0;

	if (!json)
		cr_skip_test("no %s here", MOBY);
	cr_assert(oci_find_cap(STR("CAP_SYS_PTRACE"), &ptrace));
	cr_expect_gt(compare_profile(json, oci_docker_caps(), docker_caps), 2000);
	cr_expect_gt(compare_profile(json, 0, none), 2000);
	cr_expect_gt(compare_profile(json, oci_all_caps(), NULL), 2000);
	cr_expect_gt(compare_profile(json, ptrace, one), 2000);
}

/*
 * Files of tests/oci. Operators come with arguments with a sign and without, of 16, 32 and 64 bits;
 * signs are values at the sign and beyond it; constants are conditions that always or never hold.
 * One name is the older form of a rule, and own_errno has calls that Writ decides by itself.
 */
static const char *const themes[] = {
	"nothing",  "one_name",  "operators",     "signs",        "constants",   "conjunctions",
	"verdicts", "own_errno", "default_allow", "default_kill", "default_log",
};

Test(oci, small_profiles_decide_the_same)
{
	for (size_t i = 0; i < sizeof(themes) / sizeof(themes[0]); i++) {
		char path[64];
		char *json;

		snprintf(path, sizeof(path), "tests/oci/%s.json", themes[i]);
		json = golden_read(path);
		cr_assert_not_null(json, "%s", path);
		cr_expect_gt(compare_profile(json, oci_docker_caps(), docker_caps), 500, "%s",
			     path);
		free(json);
	}
}

/* ---- random ones ---- */

static const struct {
	const char *name;
	int args[3]; /* that can be tested */
} testable[] = {
	{"kcmp", {0, 1, 2}},        {"setpriority", {0, 1, 2}}, {"lseek", {0, 1, 2}},
	{"fchmodat", {0, 2, 0}},    {"fcntl", {0, 1, 2}},       {"socket", {0, 1, 2}},
	{"mprotect", {2, 2, 2}},    {"setresuid", {0, 1, 2}},   {"prlimit64", {0, 1, 1}},
	{"personality", {0, 0, 0}},
};

static uint64_t random_value(unsigned bits)
{
	uint64_t value = pick(3) ? pick(40) : next_random();

	/* jansson has numbers of 63 bits only. */
	return value & UINT64_MAX >> (64 - bits) & INT64_MAX;
}

static json_t *random_arg(const char *call, int index)
{
	static const char *const ops[] = {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};
	unsigned bits = call_arg_bits(&call_args_find(str_from(call))->args[index]);
	uint64_t value = random_value(bits), two = 0;
	char op[32];

	snprintf(op, sizeof(op), "SCMP_CMP_%s", ops[pick(7)]);
	if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0)
		two = next_random() & (pick(4) ? value : INT64_MAX & UINT64_MAX >> (64 - bits));
	return json_pack("{s:i,s:s,s:I,s:I}", "index", index, "op", op, "value", (json_int_t)value,
			 "valueTwo", (json_int_t)two);
}

/* Each call has one verdict only, so that no two rules can contradict each other. */
static void add_rules(json_t *rules, size_t call)
{
	static const char *const actions[] = {"ALLOW", "ERRNO", "LOG", "NOTIFY", "KILL_PROCESS"};
	const char *action = actions[pick(5)];
	int error = (int)pick(3) + 1;

	for (uint64_t n = pick(4); n > 0; n--) {
		json_t *args = json_array();
		char text[32];
		json_t *rule;

		for (uint64_t i = pick(3) + 1; i > 0; i--)
			json_array_append_new(args, random_arg(testable[call].name,
							       testable[call].args[i - 1]));
		snprintf(text, sizeof(text), "SCMP_ACT_%s", action);
		rule = json_pack("{s:[s],s:s,s:o}", "names", testable[call].name, "action", text,
				 "args", args);
		if (strcmp(action, "ERRNO") == 0)
			json_object_set_new(rule, "errnoRet", json_integer(error));
		json_array_append_new(rules, rule);
	}
}

static char *random_profile(void)
{
	static const char *const actions[] = {"ERRNO", "ERRNO", "ALLOW", "LOG", "KILL_PROCESS"};
	const char *action = actions[pick(5)];
	json_t *rules = json_array(), *profile;
	char text[32], *json;

	for (size_t i = 0; i < sizeof(testable) / sizeof(testable[0]); i++)
		add_rules(rules, i);
	snprintf(text, sizeof(text), "SCMP_ACT_%s", action);
	profile = json_pack("{s:s,s:o}", "defaultAction", text, "syscalls", rules);
	if (strcmp(action, "ERRNO") == 0 && pick(2))
		json_object_set_new(profile, "defaultErrnoRet", json_integer((int)pick(3) + 1));
	json = json_dumps(profile, 0);
	json_decref(profile);
	return json;
}

Test(oci, random_profiles_decide_the_same, .timeout = 60)
{
	const struct oci_options options = oci_options(0);
	static const char *const none[] = {NULL};
	unsigned refused = 0;

	for (int i = 0; i < 60; i++) {
		char *json = random_profile();
		struct imported *imported = oci_import(json, &options);

		/* What takes too many rules is refused, and nothing else is. */
		refused += !imported->good;
		if (imported->good)
			cr_expect_gt(compare_profile(json, 0, none), 500);
		else
			cr_expect_eq(imported->diags.items.items[0].code, DIAG_E0483, "%s\n%s",
				     json, oci_report(imported));
		free(json);
	}
	cr_expect_lt(refused, 20);
}
