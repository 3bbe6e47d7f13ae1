/*
 * What system call filters cost: ours beside libseccomp's, for the same policies.
 *
 *	bench_filters POLICY... [--rounds N] [--profile FILE] [--measure FILE]
 *	bench_filters --prove POLICY...
 *
 * POLICY is the path of a file a1.writ, a2.writ, b.writ or c.writ. Prints, for each filter, its
 * length, the most instructions that a call executes, how many a call of the profile does
 * on average, the same for the calls that the kernel does not remember as always allowed, the mean
 * over all numbers (what installing simulates), and the median time of seccomp(2). The ways take
 * turns, so that whatever else the machine does falls on all alike. With --prove: what making and
 * proving the filters of all sandboxes takes, for every architecture.
 *
 * Rules that Writ adds for its own promises (guards) are left out, and the two calls it never
 * allows are added where the policy of the peers has them: the same policy for all. The exception
 * is what Writ answers with ENOSYS: clone3, and numbers without a name.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend/seccomp.h"
#include "bench.h"
#include "compile.h"
#include "verify/bpf_run.h"
#include "verify/verify_bpf.h"

#define MAX_ROUNDS     2000
#define DEFAULT_ROUNDS 100
#define X32_BIT        0x40000000u
#define LAST_TRIED     1024u

enum way_id { OURS, OURS_SMALL, LIBSECCOMP, LIBSECCOMP_TREE, FLOOR, N_WAYS };

static const char *const way_names[N_WAYS] = {"writc", "writc, size", "libseccomp",
					      "libseccomp, tree", "arch test only"};

struct filter {
	struct bpf_program program;
	uint64_t samples[MAX_ROUNDS];
};

struct peer_rule {
	const char *policy, *call;
	unsigned n;
	struct scmp_arg_cmp cmp[2];
};

#define CMP(arg, op, a, b)                                                                         \
	{                                                                                          \
		arg, SCMP_CMP_##op, a, b                                                           \
	}

static const struct peer_rule peer_rules[] = {
#define RULE(policy, call, arg, op, a, b) {#policy, #call, 1, {CMP(arg, op, a, b)}},
#define RULE2(policy, call, arg, op, a, b, arg2, op2, a2, b2)                                      \
	{#policy, #call, 2, {CMP(arg, op, a, b), CMP(arg2, op2, a2, b2)}},
#include "filters/libseccomp.def"
#undef RULE
#undef RULE2
};

static const struct profile *profile;  /* what filters are laid out for */
static const struct profile *measured; /* what they are measured with */

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_filters: %s: %s\n", what, why);
	exit(1);
}

/* ---- ours ---- */

/* The same rules as the peers': see the top. */
static struct ir_sandbox peer_sandbox(struct arena *arena, const struct ir_sandbox *sandbox,
				      bool with_sessions)
{
	static const char *const refused[] = {"setpgid", "setsid"};
	struct ir_sandbox out = *sandbox;

	memset(&out.calls, 0, sizeof(out.calls));
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		struct str name = sandbox->calls.items[i].name;

		for (size_t r = 0; r < 2 && with_sessions; r++) {
			bool here = str_cmp(name, str_from(refused[r])) > 0 &&
				    (!i || str_cmp(sandbox->calls.items[i - 1].name,
						   str_from(refused[r])) < 0);

			if (here)
				vec_add(arena, &out.calls,
					((struct ir_call){.name = str_from(refused[r]),
							  .verdict = IR_CALL_ALLOW}));
		}
		if (!sandbox->calls.items[i].guard)
			vec_add(arena, &out.calls, sandbox->calls.items[i]);
	}
	return out;
}

static struct bpf_program plan(struct arena *arena, const struct ir_sandbox *sandbox,
			       enum arch arch, bool small)
{
	struct seccomp_options options = {.profile = profile, .small = small};
	struct seccomp_filter filter;

	seccomp_plan(arena, sandbox, arch, &options, &filter);
	if (filter.too_long)
		fail("writc", "the filter is too long");
	return filter.program;
}

static struct filter_proof prove(struct arena *arena, const struct ir_sandbox *sandbox,
				 enum arch arch, const struct bpf_program *program)
{
	struct filter_proof proof = prove_filter(arena, sandbox, arch, program->insns, program->n);

	if (proof.result != FILTER_PROVED)
		fail("writc", proof.wrong.ptr);
	return proof;
}

/* ---- libseccomp's ---- */

static void add_peer_rules(scmp_filter_ctx ctx, const char *policy)
{
	for (size_t i = 0; i < sizeof(peer_rules) / sizeof(peer_rules[0]); i++) {
		const struct peer_rule *rule = &peer_rules[i];

		if (strcmp(rule->policy, policy) == 0 &&
		    seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW,
					   seccomp_syscall_resolve_name(rule->call), rule->n,
					   rule->cmp))
			fail(rule->call, "libseccomp does not take the rule");
	}
}

static struct bpf_program libseccomp(struct arena *arena, const struct ir_sandbox *sandbox,
				     const char *policy, bool tree)
{
	bool denies = strcmp(policy, "c") == 0;
	scmp_filter_ctx ctx = seccomp_init(denies ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM));
	struct bpf_program program = {0};
	int fd = memfd_create("filter", 0);

	seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (tree && seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2))
		fail("libseccomp", "has no binary tree");
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *call = &sandbox->calls.items[i];
		bool denied = call->verdict == IR_CALL_ERRNO;

		if (denied == denies && call->n_conds == 0)
			seccomp_rule_add(ctx, denied ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW,
					 syscall_number(call->name, ARCH_X86_64), 0);
	}
	if (strcmp(policy, "a2") == 0)
		seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS),
				 seccomp_syscall_resolve_name("clone3"), 0);
	add_peer_rules(ctx, policy);
	if (fd < 0 || seccomp_export_bpf(ctx, fd))
		fail("libseccomp", "the filter can't be made");
	program.n = (uint32_t)((size_t)lseek(fd, 0, SEEK_END) / sizeof(*program.insns));
	program.insns = arena_alloc(arena, program.n * sizeof(*program.insns));
	if (pread(fd, program.insns, program.n * sizeof(*program.insns), 0) < 0)
		fail("libseccomp", strerror(errno));
	close(fd);
	seccomp_release(ctx);
	return program;
}

/* What every filter begins with, and no rule: what installing one costs at the least. */
static struct bpf_program least(void)
{
	static struct writ_fmt_insn insns[] = {
		{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch)},
		{BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_X86_64},
		{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS},
		{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
	};

	return (struct bpf_program){insns, sizeof(insns) / sizeof(insns[0])};
}

/* ---- measuring ---- */

/* The time of seccomp(2) in a child: a filter can't be taken off again. */
static uint64_t install(const struct bpf_program *program, volatile uint64_t *result)
{
	struct sock_fprog prog = {.len = (unsigned short)program->n,
				  .filter = (struct sock_filter *)program->insns};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		uint64_t start;

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			_exit(1);
		start = bench_now_ns();
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
			_exit(2);
		*result = bench_now_ns() - start;
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		fail("seccomp", "the kernel does not take the filter");
	return *result;
}

static void measure(struct filter *filters, unsigned rounds)
{
	uint64_t *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (result == MAP_FAILED)
		fail("mmap", strerror(errno));
	for (unsigned round = 0; round < rounds; round++) {
		for (int way = 0; way < N_WAYS; way++)
			filters[way].samples[round] = install(&filters[way].program, result);
	}
	for (int way = 0; way < N_WAYS; way++)
		bench_sort(filters[way].samples, rounds);
	munmap(result, sizeof(*result));
}

/* The longest path, whether or not some call takes it. */
static unsigned longest(const struct bpf_program *program)
{
	unsigned *from = calloc(program->n, sizeof(*from));
	unsigned result;

	if (!from)
		fail("calloc", "out of memory");
	for (uint32_t i = program->n; i-- > 0;) {
		const struct writ_fmt_insn *insn = &program->insns[i];
		unsigned jump = BPF_CLASS(insn->code) == BPF_JMP;
		bool always = BPF_OP(insn->code) == BPF_JA;

		if (BPF_CLASS(insn->code) == BPF_RET) {
			from[i] = 1;
			continue;
		}
		from[i] = 1 + from[i + 1 + (!jump ? 0 : always ? insn->k : insn->jt)];
		if (jump && !always && 1 + from[i + 1 + insn->jf] > from[i])
			from[i] = 1 + from[i + 1 + insn->jf];
	}
	result = from[0];
	free(from);
	return result;
}

/* Neighbouring numbers with one verdict. */
struct run {
	uint32_t verdict;
	uint32_t length;
};

/* A call's verdict, where it is the same for all arguments; ENOSYS is taken for what is given. */
static bool verdict_of(const struct bpf_program *program, uint32_t number, uint32_t enosys,
		       uint32_t *verdict)
{
	struct seccomp_data data = {.nr = (int)number, .arch = AUDIT_ARCH_X86_64};
	struct bpf_trace trace;

	*verdict = bpf_run(program->insns, &data, &trace);
	if (*verdict == (SECCOMP_RET_ERRNO | ENOSYS))
		*verdict = enosys;
	return !trace.reads_args;
}

/* How many runs all numbers are; 0 where arguments are looked at. */
static size_t find_runs(const struct bpf_program *program, uint32_t enosys,
			struct run runs[LAST_TRIED + 1])
{
	size_t n = 0;

	for (uint32_t i = 0; i <= LAST_TRIED; i++) {
		/* From the last that is tried to x32's numbers all are alike, and all of these. */
		uint32_t number = i < LAST_TRIED ? i : X32_BIT;
		uint32_t length = i < LAST_TRIED - 1 ? 1 : X32_BIT - LAST_TRIED, verdict;

		if (!verdict_of(program, number, enosys, &verdict))
			return 0;
		if (n == 0 || runs[n - 1].verdict != verdict)
			runs[n++] = (struct run){verdict, 0};
		runs[n - 1].length += length;
	}
	return n;
}

/* The fewest numbers to name one by one so that the others of these runs have one verdict. */
static uint64_t fewest_odd(const struct run *runs, size_t n)
{
	uint64_t fewest = UINT64_MAX;

	for (size_t i = 0; i < n; i++) {
		uint64_t odd = 0;

		for (size_t j = 0; j < n; j++)
			odd += runs[j].verdict == runs[i].verdict ? 0 : runs[j].length;
		fewest = odd < fewest ? odd : fewest;
	}
	return fewest;
}

static unsigned count_verdicts(const struct run *runs, size_t n)
{
	unsigned count = 0;

	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		while (runs[j].verdict != runs[i].verdict)
			j++;
		count += i == j;
	}
	return count;
}

/*
 * No filter that gives these verdicts by comparing numbers is shorter. Numbers that no test of the
 * filter tells apart get one verdict. Its tests of order cut the numbers into stretches, and within
 * a stretch only a test of equality tells a number from the others: so there is a cut for each
 * stretch but the first, and an equality for each odd number. The sum is least for some choice of
 * stretches, which is searched. To it come a return for each verdict, the load and the test of the
 * architecture, and the load of the number.
 */
static unsigned least_insns(const struct bpf_program *program, uint32_t enosys)
{
	static struct run runs[LAST_TRIED + 1];
	static uint64_t
		least[LAST_TRIED + 2]; /* of the first so many runs, with a cut before each */
	size_t n = find_runs(program, enosys, runs);

	for (size_t end = 1; end <= n; end++) {
		least[end] = UINT64_MAX;
		for (size_t first = 0; first < end; first++) {
			uint64_t tests = least[first] + 1 + fewest_odd(runs + first, end - first);

			least[end] = tests < least[end] ? tests : least[end];
		}
	}
	return n ? (unsigned)least[n] - 1 + count_verdicts(runs, n) + 3 : 0;
}

static void print_bound(const struct bpf_program *program, bool denies)
{
	uint32_t other = denies ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM;
	unsigned bound = least_insns(program, SECCOMP_RET_ERRNO | ENOSYS);
	unsigned without = least_insns(program, other);

	if (bound)
		printf("  %-18s %6u        (%u if nothing were answered with ENOSYS)\n",
		       "lower bound", bound, without);
}

static double mean_over_numbers(const struct bpf_program *program)
{
	unsigned long steps = 0;

	for (int nr = 0; nr < 480; nr++) {
		struct seccomp_data data = {.nr = nr, .arch = AUDIT_ARCH_X86_64};
		struct bpf_trace trace;

		bpf_run(program->insns, &data, &trace);
		steps += trace.steps;
	}
	return (double)steps / 480;
}

/* Per call of the profile; of all calls, or of those that the kernel runs the filter for. */
static double mean_over_calls(const struct bpf_program *program, bool uncached)
{
	double steps = 0, calls = 0;

	for (size_t i = 0; i < measured->samples.n; i++) {
		const struct profile_sample *sample = &measured->samples.items[i];
		struct seccomp_data data = {.nr = syscall_number(sample->call, ARCH_X86_64),
					    .arch = AUDIT_ARCH_X86_64};
		struct bpf_trace trace;
		uint32_t verdict;

		for (unsigned arg = 0; arg < 6; arg++)
			data.args[arg] = sample->args[arg];
		verdict = bpf_run(program->insns, &data, &trace);
		if (uncached && verdict == SECCOMP_RET_ALLOW && !trace.reads_args)
			continue;
		steps += (double)trace.steps * (double)sample->count;
		calls += (double)sample->count;
	}
	return calls > 0 ? steps / calls : 0;
}

static void print_row(const char *name, const struct filter *filter, const struct filter *tree,
		      unsigned rounds)
{
	uint64_t median = bench_percentile(filter->samples, rounds, 50);

	printf("  %-18s %6u %6u %9.1f %9.1f %9.1f %10.1f %8.2f\n", name, filter->program.n,
	       longest(&filter->program), mean_over_calls(&filter->program, false),
	       mean_over_calls(&filter->program, true), mean_over_numbers(&filter->program),
	       (double)median / 1000,
	       (double)median / (double)bench_percentile(tree->samples, rounds, 50));
}

static void check_policy(struct compilation *compilation, const char *path)
{
	compilation_init(compilation);
	if (compile_check(compilation, str_from(path)) || !compilation->ir)
		fail(path, "does not compile");
}

static void bench_policy(const char *path, unsigned rounds)
{
	static struct filter filters[N_WAYS];
	struct compilation compilation;
	struct ir_sandbox sandbox;
	char policy[8] = "";
	struct filter_proof proof;
	uint64_t start, compiled, proved;

	sscanf(strrchr(path, '/') ? strrchr(path, '/') + 1 : path, "%7[a-z0-9]", policy);
	start = bench_now_ns();
	check_policy(&compilation, path);
	sandbox = peer_sandbox(&compilation.arena, &compilation.ir->sandboxes.items[0],
			       strcmp(policy, "b") != 0);
	filters[OURS].program = plan(&compilation.arena, &sandbox, ARCH_X86_64, false);
	compiled = bench_now_ns();
	proof = prove(&compilation.arena, &sandbox, ARCH_X86_64, &filters[OURS].program);
	proved = bench_now_ns();
	filters[OURS_SMALL].program = plan(&compilation.arena, &sandbox, ARCH_X86_64, true);
	prove(&compilation.arena, &sandbox, ARCH_X86_64, &filters[OURS_SMALL].program);
	filters[LIBSECCOMP].program = libseccomp(&compilation.arena, &sandbox, policy, false);
	filters[LIBSECCOMP_TREE].program = libseccomp(&compilation.arena, &sandbox, policy, true);
	filters[FLOOR].program = least();
	measure(filters, rounds);
	printf("%s: compiled for x86_64 in %.1f ms, proved in %.1f ms (%u steps)\n", policy,
	       (double)(compiled - start) / 1e6, (double)(proved - compiled) / 1e6, proof.steps);
	for (int way = 0; way < N_WAYS; way++)
		print_row(way_names[way], &filters[way], &filters[LIBSECCOMP_TREE], rounds);
	print_bound(&filters[OURS_SMALL].program, strcmp(policy, "c") == 0);
	compilation_fini(&compilation);
}

/* ---- proofs ---- */

/* Of the processor: there is nothing to wait for. */
static uint64_t cpu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct proofs {
	unsigned filters, insns;
	uint64_t plan_ns, prove_ns, longest_ns;
	uint32_t most_steps;
};

static void prove_sandbox(struct arena *arena, const struct ir_sandbox *sandbox, enum arch arch,
			  struct proofs *proofs)
{
	uint64_t start = cpu_now_ns(), planned, taken;
	struct bpf_program program = plan(arena, sandbox, arch, false);
	struct filter_proof proof;

	planned = cpu_now_ns();
	proof = prove(arena, sandbox, arch, &program);
	taken = cpu_now_ns() - planned;
	proofs->filters++;
	proofs->insns += program.n;
	proofs->plan_ns += planned - start;
	proofs->prove_ns += taken;
	proofs->longest_ns = taken > proofs->longest_ns ? taken : proofs->longest_ns;
	proofs->most_steps = proof.steps > proofs->most_steps ? proof.steps : proofs->most_steps;
}

static void prove_policies(char **paths, int n)
{
	struct proofs proofs = {.filters = 0};

	for (int i = 0; i < n; i++) {
		struct compilation compilation;

		check_policy(&compilation, paths[i]);
		for (size_t box = 0; box < compilation.ir->sandboxes.n; box++) {
			for (int arch = 0; arch < ARCH__COUNT; arch++)
				prove_sandbox(&compilation.arena,
					      &compilation.ir->sandboxes.items[box],
					      (enum arch)arch, &proofs);
		}
		compilation_fini(&compilation);
	}
	printf("%d policies, %u filters of %u instructions: made in %.1f ms, proved in %.1f ms "
	       "of the processor (at most %.1f ms and %u steps)\n",
	       n, proofs.filters, proofs.insns, (double)proofs.plan_ns / 1e6,
	       (double)proofs.prove_ns / 1e6, (double)proofs.longest_ns / 1e6, proofs.most_steps);
}

static const struct profile *load_profile(const char *path)
{
	struct profile *loaded = calloc(1, sizeof(*loaded));
	static struct compilation holder;

	if (!holder.diags.arena)
		compilation_init(&holder);
	if (!loaded || profile_load(&holder.diags, str_from(path), loaded) || holder.diags.errors)
		fail(path, "no profile");
	return loaded;
}

int main(int argc, char **argv)
{
	unsigned rounds = DEFAULT_ROUNDS;
	int n = argc;

	profile = measured = profile_default();
	if (n > 2 && strcmp(argv[1], "--prove") == 0) {
		prove_policies(&argv[2], n - 2);
		return 0;
	}
	for (; n > 3 && strncmp(argv[n - 2], "--", 2) == 0; n -= 2) {
		if (strcmp(argv[n - 2], "--rounds") == 0)
			rounds = (unsigned)strtoul(argv[n - 1], NULL, 10);
		else if (strcmp(argv[n - 2], "--profile") == 0)
			profile = measured = load_profile(argv[n - 1]);
		else if (strcmp(argv[n - 2], "--measure") == 0)
			measured = load_profile(argv[n - 1]);
		else
			rounds = 0;
	}
	if (n < 2 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: bench_filters POLICY... [--rounds N] [--profile FILE] "
				"[--measure FILE]\n"
				"       bench_filters --prove POLICY...\n");
		return 2;
	}
	printf("system call filters, %u installations each\n", rounds);
	printf("  %-18s %6s %6s %9s %9s %9s %10s %8s\n", "", "insns", "worst", "per call",
	       "uncached", "numbers", "install us", "/ tree");
	for (int i = 1; i < n; i++)
		bench_policy(argv[i], rounds);
	return 0;
}
