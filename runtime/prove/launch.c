/*
 * The prober is in this program's data, and comes to life from a memfd: the one file that can be
 * executed where a sandbox grants none, as it is on no mount that anybody sees. Its standard input
 * is that file, its path /proc/self/fd/0, and everything else about its launch is as of any other:
 * it goes through writ_spawn and writ_wait. Its standard error is a file that can be read as well,
 * for cases_mounts.c, and that nobody reads.
 */
#include "runtime/prove/launch.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/fd.h"

#define MAX_RELAUNCHES 400u /* of one script: each is a case that ended the prober */
#define FOREVER_MS     (UINT64_C(1) << 40)

__asm__(".section .rodata\n"
	".balign 16\n"
	"prober_begin:\n"
	".incbin \"" PROBER_FILE "\"\n"
	"prober_end:\n"
	".previous\n");
extern const char prober_begin[] __attribute__((visibility("hidden")));
extern const char prober_end[] __attribute__((visibility("hidden")));

static const struct writ_fmt_insn allow_all[] = {{.code = BPF_OP_RET_K, .k = SECCOMP_ACTION_ALLOW}};

/* Where the script is in the prober's file. */
static size_t script_offset(void)
{
	const char *at = memmem(prober_begin, (size_t)(prober_end - prober_begin), PROBE_MAGIC,
				sizeof(PROBE_MAGIC) - 1);

	return (size_t)(at - prober_begin);
}

uint64_t launch_address(size_t offset)
{
	const Elf64_Ehdr *header = (const void *)prober_begin;
	const Elf64_Phdr *load = (const void *)(prober_begin + header->e_phoff);
	uint64_t at = script_offset();

	for (unsigned i = 0; i < header->e_phnum; i++) {
		if (load[i].p_type == PT_LOAD && at >= load[i].p_offset &&
		    at - load[i].p_offset < load[i].p_filesz)
			return load[i].p_vaddr + (at - load[i].p_offset) + offset;
	}
	return 0;
}

static bool put(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

/* What a launch is given, and closed when it has it. */
struct streams {
	int prober; /* its file, and its standard input */
	int answers;
	int error;
};

/* A file with the prober and this script in it. */
static int make_prober(const struct probe_script *script)
{
	size_t size = (size_t)(prober_end - prober_begin);
	size_t at = script_offset();
	int fd = memfd_create("writ-prober", MFD_CLOEXEC);

	if (fd >= 0 && put(fd, prober_begin, at) && put(fd, script, sizeof(*script)) &&
	    put(fd, prober_begin + at + sizeof(*script), size - at - sizeof(*script)))
		return fd;
	fd_close(&fd);
	return -1;
}

static void close_streams(struct streams *streams)
{
	fd_close(&streams->prober);
	fd_close(&streams->answers);
	fd_close(&streams->error);
}

/* *from is where the answers come out. */
static int make_streams(const struct probe_script *script, struct streams *streams, int *from,
			struct writ_error *error)
{
	int ends[2] = {-1, -1};

	streams->prober = make_prober(script);
	if (streams->prober < 0)
		return error_sys(error, WRIT_E_SYSTEM, errno, "can't make the prober");
	if (pipe2(ends, O_CLOEXEC))
		return error_sys(error, WRIT_E_SYSTEM, errno, "can't make a pipe");
	*from = ends[0];
	streams->answers = ends[1];
	streams->error = memfd_create("writ-prober-error", MFD_CLOEXEC);
	if (streams->error < 0)
		return error_sys(error, WRIT_E_SYSTEM, errno, "can't make a file");
	return 0;
}

int launch_start(const struct prove_launch *launch, const struct probe_script *script,
		 struct prove_running *out, struct writ_error *error)
{
	static const char *const argv[] = {"/proc/self/fd/0", NULL};
	struct streams streams = {-1, -1, -1};
	int rc;

	out->from = -1;
	rc = make_streams(script, &streams, &out->from, error);
	if (!rc)
		rc = writ_spawn(launch->sandbox,
				&(struct writ_launch){.argv = argv,
						      .envp = launch->envp,
						      .cwd = "/",
						      .stdio = {streams.prober, streams.answers,
								streams.error},
						      .die_with_caller = 1},
				&out->process, error);
	close_streams(&streams);
	if (rc)
		fd_close(&out->from);
	return rc;
}

/* Takes all answers that are in the pipe. The number of the last step that has one, plus 1. */
static uint32_t take_answers(int from, uint32_t n, int64_t *answers)
{
	struct probe_answer answer;
	uint32_t end = 0;

	while (read(from, &answer, sizeof(answer)) == (ssize_t)sizeof(answer)) {
		if (answer.step >= n)
			break;
		answers[answer.step] = answer.value;
		end = answer.step + 1;
	}
	return end;
}

int launch_finish(struct prove_running *running, uint32_t step, int64_t *answer,
		  struct writ_result *result, struct writ_error *error)
{
	struct probe_answer got;
	int rc = writ_wait(&running->process, result, error);

	*answer = PROBE_NOT_DONE;
	while (!rc && read(running->from, &got, sizeof(got)) == (ssize_t)sizeof(got)) {
		if (got.step == step)
			*answer = got.value;
	}
	fd_close(&running->from);
	return rc;
}

/* How many answers the pipe of a launch holds, as nobody reads it before the launch has ended. */
static uint32_t max_answers(int pipe)
{
	int bytes = fcntl(pipe, F_GETPIPE_SZ);

	return bytes < (int)sizeof(struct probe_answer)
		       ? 1
		       : (uint32_t)bytes / (uint32_t)sizeof(struct probe_answer);
}

static int pipe_answers(void)
{
	int ends[2];
	int n;

	if (pipe2(ends, O_CLOEXEC))
		return 1;
	n = (int)max_answers(ends[0]);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	return n;
}

/* One launch of the steps from first on. *next is where to go on. */
static int run_batch(const struct prove_launch *launch, struct probe_script *probe,
		     int64_t *answers, uint32_t *next, struct writ_error *error)
{
	struct prove_running running;
	struct writ_result result;
	uint32_t reached;
	int rc = launch_start(launch, probe, &running, error);

	if (rc)
		return rc;
	rc = writ_wait(&running.process, &result, error);
	reached = take_answers(running.from, PROBE_MAX_STEPS, answers);
	fd_close(&running.from);
	if (reached < probe->first)
		reached = probe->first;
	*next = reached;
	if (rc || reached >= probe->end)
		return rc;
	if (!result.signal)
		return error_set(error, WRIT_E_SYSTEM,
				 "the prober ended with status %d and without an answer of step %u",
				 result.status, reached);
	answers[reached] = ANSWER_KILLED(result.signal);
	*next = probe->steps[reached].next_case;
	return 0;
}

static int run_writing(const struct prove_launch *launch, struct probe_script *probe, uint32_t n,
		       int64_t *answers, struct writ_error *error)
{
	uint32_t at_once = (uint32_t)pipe_answers();
	uint32_t next = 0;
	int rc = 0;

	for (unsigned i = 0; !rc && next < n; i++) {
		if (i == MAX_RELAUNCHES)
			return error_set(error, WRIT_E_SYSTEM, "the prober was ended %u times", i);
		probe->first = next;
		probe->end = n - next > at_once ? next + at_once : n;
		/* A case is done in one launch. */
		while (probe->end < n && probe->steps[probe->end - 1].next_case != probe->end)
			probe->end--;
		rc = run_batch(launch, probe, answers, &next, error);
	}
	return rc;
}

/* What the exit status says of the step that it was to tell of. */
static int64_t of_status(const struct writ_result *result)
{
	if (result->signal)
		return ANSWER_KILLED(result->signal);
	if (result->status == PROBE_SOME)
		return 1;
	return result->status == PROBE_NO_TELL ? PROBE_NOT_DONE : -(int64_t)result->status;
}

static int run_telling(const struct prove_launch *launch, struct prove_script *script,
		       int64_t *answers, struct writ_error *error)
{
	struct probe_script *probe = script->probe;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < script->n_cases; i++) {
		const struct prove_case *one = &script->cases[i];
		struct prove_running running;
		struct writ_result result = {.signal = 0};
		int64_t none;

		if (one->folded)
			continue;
		probe->first = one->first;
		probe->end = probe->steps[one->first].next_case;
		probe->told = one->subject;
		rc = launch_start(launch, probe, &running, error);
		if (!rc)
			rc = launch_finish(&running, one->subject, &none, &result, error);
		if (!rc)
			answers[one->subject] = of_status(&result);
	}
	probe->told = PROBE_NONE;
	return rc;
}

int launch_script(const struct prove_launch *launch, struct prove_script *script, int64_t *answers,
		  struct writ_error *error)
{
	uint32_t n = script->probe->end;
	int rc;

	for (uint32_t i = 0; i < n; i++)
		answers[i] = ANSWER_NONE;
	rc = launch->can_write ? run_writing(launch, script->probe, n, answers, error)
			       : run_telling(launch, script, answers, error);
	script->probe->first = 0;
	script->probe->end = n;
	return rc;
}

void launch_control(const struct writ_sandbox *sandbox, struct writ_sandbox *out)
{
	*out = *sandbox;
	out->ruleset = -1;
	out->filter = (struct bpf_program){.len = 1, .insns = allow_all};
	memset(out->has_limit, 0, sizeof(out->has_limit));
	for (size_t i = 0; i < WRIT_LIMIT__COUNT; i++)
		out->limits[i] = i == WRIT_LIMIT_WALL ? FOREVER_MS : 0;
	out->processes = PROCESSES_ANY;
	out->cgroups.n = 0;
	out->plan = 0;
	out->makes_sessions = false;
	out->has_keeper = false;
	out->has_broker = false;
	memset(&out->namespaces, 0, sizeof(out->namespaces));
	memset(&out->recipe, 0, sizeof(out->recipe));
}
