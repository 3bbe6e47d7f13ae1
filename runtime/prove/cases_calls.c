/*
 * System calls: those that attackers want (attacks.def), by name and with arguments that would do;
 * then every number there is, with arguments that no call takes, so that it does nothing whether
 * the filter lets it through or not; and numbers that are no call of this machine's.
 */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "runtime/prove/cases.h"
#include "runtime/prove/rules.h"

#define LAST_NUMBER 479
#define ZERO_BYTES  256u
#define CODE_BYTES  64

/* What an argument stands for that is known only when the script is made. */
enum { TOKEN_ZEROS, TOKEN_ONE, TOKEN_TARGET, TOKEN__COUNT };
#define TOKEN_BASE INT64_C(0x5745495400000000)
#define Z          (TOKEN_BASE + TOKEN_ZEROS)
#define O          (TOKEN_BASE + TOKEN_ONE)
#define T          (TOKEN_BASE + TOKEN_TARGET)
#define BAD        INT64_C(-1)

#define A1(a)                                                                                      \
	{                                                                                          \
		a                                                                                  \
	}
#define A2(a, b)                                                                                   \
	{                                                                                          \
		a, b                                                                               \
	}
#define A3(a, b, c)                                                                                \
	{                                                                                          \
		a, b, c                                                                            \
	}
#define A4(a, b, c, d)                                                                             \
	{                                                                                          \
		a, b, c, d                                                                         \
	}
#define A5(a, b, c, d, e)                                                                          \
	{                                                                                          \
		a, b, c, d, e                                                                      \
	}
#define A6(a, b, c, d, e, f)                                                                       \
	{                                                                                          \
		a, b, c, d, e, f                                                                   \
	}

static const struct attack {
	const char *what;
	const char *name;
	int64_t args[PROBE_ARGS];
} attacks[] = {
#define ATTACK(what, name, args) {what, #name, args},
#include "runtime/prove/attacks.def"
#undef ATTACK
};
#define N_ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

/* Not by number: they end or stop the prober, double it, or leave something behind. */
static const char *const not_by_number[] = {
	"exit", "exit_group", "pause", "rt_sigreturn", "fork", "vfork", "sync", "msgget", "kill",
};

/*
 * The kernel lets these past every filter (since 6.14: what a probe inserts into a process must
 * work in any), and gives them to nobody else: uprobe and uretprobe of x86-64.
 */
#define FIRST_OF_PROBES 335
#define LAST_OF_PROBES  336

static void add_attack(const struct attack *attack, const int64_t tokens[TOKEN__COUNT],
		       struct prove_script *script)
{
	struct probe_step step = {.number = rules_number(attack->name)};

	if (step.number < 0)
		return;
	for (unsigned i = 0; i < PROBE_ARGS; i++) {
		uint64_t token = (uint64_t)(attack->args[i] - TOKEN_BASE);

		step.args[i] = token < TOKEN__COUNT ? tokens[token] : attack->args[i];
		if (token < TOKEN__COUNT && token != TOKEN_TARGET)
			step.from_blob |= (uint8_t)(1u << i);
	}
	script_case(script, "system calls", EXPECT_RULES, attack->what);
	(void)script_step(script, step);
	script_case_end(script);
}

static bool is_by_number(const char *name)
{
	for (size_t i = 0; name && i < sizeof(not_by_number) / sizeof(not_by_number[0]); i++) {
		if (strcmp(not_by_number[i], name) == 0)
			return false;
	}
	return true;
}

static void add_number(int64_t number, struct prove_script *script)
{
	const char *name = rules_name((uint32_t)number);
	const char *what = name ? name
				: prove_text(script->report, "number %lld", (long long)number);

	if (!is_by_number(name) || (number >= FIRST_OF_PROBES && number <= LAST_OF_PROBES))
		return;
	script_case(script, "every system call by number", EXPECT_RULES, what);
	script->cases[script->n_cases - 1].folded = true;
	(void)script_step(script,
			  (struct probe_step){.number = number, .args = {-1, -1, -1, -1, -1, -1}});
	script_case_end(script);
}

/* Entries that are not of this machine's programs: the filter kills for them. */
static void add_entries(struct prove_script *script)
{
#if defined(__x86_64__)
	script_case(script, "system calls", EXPECT_RULES, "getpid by the entry of 32-bit programs");
	(void)script_step(script, (struct probe_step){.op = PROBE_COMPAT, .number = 20});
	script_case_end(script);
	script_case(script, "system calls", EXPECT_RULES, "getpid by its x32 number");
	(void)script_step(script,
			  (struct probe_step){.op = PROBE_ARCH_FLAGGED, .number = SYS_getpid});
	script_case_end(script);
#else
	(void)script;
#endif
}

/* Namespaces by way of a child, so that the prober stays where it is. */
static void add_namespaces(struct prove_script *script)
{
	static const struct {
		const char *what;
		int64_t flag;
	} rows[] = {
		{"clone(CLONE_NEWUSER)", 0x10000000},
		{"clone(CLONE_NEWNS | CLONE_NEWUSER)", 0x10020000},
		{"clone(CLONE_NEWPID | CLONE_NEWUSER)", 0x30000000},
		{"clone(CLONE_NEWNET | CLONE_NEWUSER)", 0x50000000},
		{"clone(CLONE_NEWUSER), high bits set", INT64_C(0x710000000)},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		script_case(script, "system calls", EXPECT_RULES, rows[i].what);
		(void)script_step(script, (struct probe_step){.op = PROBE_CHILD,
							      .number = SYS_clone,
							      .args = {rows[i].flag | SIGCHLD}});
		script_case_end(script);
	}
	script_case(script, "system calls", EXPECT_RULES, "clone3");
	(void)script_step(script, (struct probe_step){.number = KERNEL_NR_CLONE3, .args = {-1, 0}});
	script_case_end(script);
}

void cases_calls(const struct prove_target *target, struct prove_script *script)
{
	static const int64_t odd[] = {512, 1023, 0x3fffffff, 0x7ffffffe};
	static const int64_t one[CODE_BYTES / sizeof(int64_t)] = {1};
	const int64_t tokens[TOKEN__COUNT] = {
		[TOKEN_ZEROS] = script_bytes(script, NULL, ZERO_BYTES),
		[TOKEN_ONE] = script_bytes(script, one, sizeof(one)),
		[TOKEN_TARGET] = target->bystander,
	};

	for (size_t i = 0; i < N_ATTACKS; i++)
		add_attack(&attacks[i], tokens, script);
	add_namespaces(script);
	add_entries(script);
	for (int64_t number = 0; number <= LAST_NUMBER; number++)
		add_number(number, script);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		add_number(odd[i], script);
}
