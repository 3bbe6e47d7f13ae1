/*
 * How a launch ended, as the library says it and as `writ run --json` does: every kind of end, and
 * the object by the names and types that docs/embedding.md promises.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/bundle_maker.h"

#define MAX_OUTPUT 65536
#define FILES                                                                                      \
	"filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/bin\", \"/dev/zero\", "              \
	"\"/etc/ld.so.cache\"; write \"/dev/null\", \"/tmp\"; execute \"/usr/bin\", \"/bin\"; } "
#define BOX(name, more) "sandbox " name " { " FILES more " }\n"
#define POLICY                                                                                     \
	BOX("plain", "")                                                                           \
	BOX("brief", "limits { wall 200ms; }")                                                     \
	BOX("wordy", "limits { output 10KiB; wall 20s; }")                                         \
	BOX("small", "limits { file_size 1KiB; }")                                                 \
	BOX("burner", "limits { cpu 1s; wall 30s; }")                                              \
	BOX("counted", "limits { processes 4; }")                                                  \
	BOX("lean", "limits { memory 48MiB; wall 30s; }")                                          \
	BOX("strict", "syscalls { allow @default; deny mkdir kill; deny mkdirat kill; }")          \
	"tool free { sandbox plain; }\n"                                                           \
	"tool bare { class read; }\n"                                                              \
	"tool asked { sandbox plain; }\n"                                                          \
	"role r { allow free, bare; ask asked; }\n"
#define SPIN "while :; do :; done"

static char bundle[] = "/var/tmp/writ-result-XXXXXX"; /* where no box may write */

static void setup(void)
{
	struct test_bundle made = bundle_make(POLICY);
	int fd = mkstemp(bundle);

	cr_assert(fd >= 0 && write(fd, made.bytes, made.size) == (ssize_t)made.size);
	close(fd);
}

static void teardown(void)
{
	unlink(bundle);
}

TestSuite(result, .init = setup, .fini = teardown, .timeout = 120);

/* What a run of writ came to: its exit status, and the descriptors' contents. */
struct answer {
	int status;
	char err[MAX_OUTPUT];
	char json[MAX_OUTPUT];
};

static void read_back(int fd, char *text)
{
	ssize_t n;

	(void)lseek(fd, 0, SEEK_SET);
	n = read(fd, text, MAX_OUTPUT - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
}

/* Runs writ with these words; what it writes to 2 and to 9 is caught. */
static struct answer *run(const char *const *words)
{
	static struct answer answer;
	const char *writ = getenv("WRIT") ? getenv("WRIT") : BUILD_DIR "/writ";
	int err = memfd_create("err", 0);
	int json = memfd_create("json", 0);
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		for (int number = 1; number < SIGRTMIN; number++)
			(void)signal(number, SIG_DFL);
		if (dup2(err, 2) == 2 && dup2(json, 9) == 9 &&
		    dup2(open("/dev/null", O_WRONLY), 1) == 1)
			execv(writ, (char *const *)words);
		_exit(99);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	read_back(err, answer.err);
	read_back(json, answer.json);
	return &answer;
}

#define RUN(...)               run((const char *const[]){"writ", "run", "-p", bundle, __VA_ARGS__, NULL})
#define IN(sandbox, ...)       RUN("--sandbox", sandbox, "--json-fd", "9", "--", __VA_ARGS__)
#define SHELL(sandbox, script) IN(sandbox, "sh", "-c", script)

/* Every key, and what it may be besides null. */
static void check_shape(json_t *object)
{
	static const struct {
		const char *key;
		json_type type;
		bool never_null;
	} keys[] = {
		{"version", JSON_INTEGER, true},     {"end", JSON_STRING, true},
		{"limit", JSON_STRING, false},       {"denial", JSON_STRING, false},
		{"exit_status", JSON_INTEGER, true}, {"status", JSON_INTEGER, false},
		{"signal", JSON_INTEGER, false},     {"message", JSON_STRING, false},
		{"sandbox", JSON_STRING, false},     {"tool", JSON_STRING, false},
		{"wall_us", JSON_INTEGER, false},    {"cpu", JSON_OBJECT, false},
		{"memory", JSON_OBJECT, false},      {"processes", JSON_OBJECT, false},
		{"output", JSON_OBJECT, false},      {"limits", JSON_ARRAY, true},
		{"warnings", JSON_ARRAY, true},      {"denials", JSON_ARRAY, false},
		{"network", JSON_OBJECT, false},
	};
	const size_t n = sizeof(keys) / sizeof(keys[0]);

	cr_expect_eq(json_object_size(object), n);
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(object, keys[i].key);

		cr_assert_not_null(value, "%s is missing", keys[i].key);
		cr_expect(json_typeof(value) == keys[i].type ||
				  (json_is_null(value) && !keys[i].never_null),
			  "%s", keys[i].key);
	}
}

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *object = json_loads(text, 0, &error);

	cr_assert(json_is_object(object), "%s: %s", error.text, text);
	check_shape(object);
	return object;
}

static const char *text_of(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_string(value) ? json_string_value(value) : "null";
}

static json_int_t number_of(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* Parses, and compares how it ended with "END LIMIT DENIAL EXIT STATUS SIGNAL"; -1 is null. */
static json_t *expect_end(const struct answer *answer, const char *want)
{
	json_t *object = parse(answer->json);
	char got[256];

	snprintf(got, sizeof(got), "%s %s %s %d %d %d", text_of(object, "end"),
		 text_of(object, "limit"), text_of(object, "denial"),
		 (int)number_of(object, "exit_status"), (int)number_of(object, "status"),
		 (int)number_of(object, "signal"));
	cr_expect_str_eq(got, want, "%s\n%s", answer->json, answer->err);
	cr_expect_eq(number_of(object, "exit_status"), answer->status);
	return object;
}

Test(result, every_kind_of_end_is_told)
{
	static const struct {
		const char *sandbox;
		const char *script;
		const char *want;
	} rows[] = {
		{"plain", "exit 0", "exited null null 0 0 -1"},
		{"plain", "exit 7", "exited null null 7 7 -1"},
		{"plain", "kill -TERM $$", "signaled null null 143 -1 15"},
		{"brief", "sleep 30", "limit wall null 124 -1 9"},
		{"wordy", "yes >&2", "limit output null 137 -1 9"},
		{"wordy", "echo x", "exited null null 0 0 -1"},
		{"small", "exec head -c 2000 /dev/zero >/tmp/writ-result-big",
		 "limit file_size null 153 -1 25"},
		{"burner", "kill -XCPU $$", "signaled null null 152 -1 24"},
		{"strict", "exec mkdir /tmp/never", "signaled null system_call 159 -1 31"},
		{"plain", "kill -KILL $$", "signaled null null 137 -1 9"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_decref(expect_end(SHELL(rows[i].sandbox, rows[i].script), rows[i].want));
	unlink("/tmp/writ-result-big");
}

Test(result, what_was_not_run_is_told)
{
	json_t *object;

	json_decref(expect_end(IN("plain", "no-such-command"), "not_found null null 127 -1 -1"));
	json_decref(expect_end(IN("plain", "/etc/passwd"), "not_executable null null 126 -1 -1"));
	json_decref(expect_end(RUN("--sandbox", "nowhere", "--json-fd", "9", "--", "true"),
			       "unusable null null 3 -1 -1"));
	object = expect_end(RUN("--role", "r", "--tool", "x", "--json-fd", "9", "--", "true"),
			    "denied null decision 126 -1 -1");
	cr_expect_str_eq(text_of(object, "tool"), "x");
	cr_expect_not_null(strstr(text_of(object, "message"), "no rule of role 'r' matches"));
	json_decref(object);
	json_decref(
		expect_end(RUN("--role", "r", "--tool", "asked", "--json-fd", "9", "--", "true"),
			   "not_approved null decision 126 -1 -1"));
	json_decref(expect_end(RUN("--role", "r", "--tool", "bare", "--json-fd", "9", "--", "true"),
			       "denied null decision 126 -1 -1"));
	object = expect_end(RUN("--role", "r", "--tool", "free", "--json-fd", "9", "--", "true"),
			    "exited null null 0 0 -1");
	cr_expect_str_eq(text_of(object, "sandbox"), "plain");
	json_decref(object);
}

/* A cpu limit ends a launch the same way whoever keeps it. */
Test(result, processor_time_is_a_limit_of_its_own)
{
	json_t *object = parse(SHELL("burner", SPIN)->json);
	json_t *cpu = json_object_get(object, "cpu");

	cr_expect_str_eq(text_of(object, "limit"), "cpu");
	cr_expect_eq(number_of(object, "exit_status"), 128 + SIGXCPU);
	cr_expect_geq(number_of(cpu, "user_us") + number_of(cpu, "system_us"), 750000);
	cr_expect_lt(number_of(cpu, "user_us") + number_of(cpu, "system_us"), 3000000);
	json_decref(object);
}

static const char *scope_of_limit(json_t *object, const char *name)
{
	json_t *limit;
	size_t i;

	json_array_foreach(json_object_get(object, "limits"), i, limit)
	{
		if (strcmp(text_of(limit, "name"), name) == 0)
			return text_of(limit, "of");
	}
	return "none";
}

/* The tree's, where the report says that the limit is; then it says so of the peak as well. */
Test(result, memory_is_a_limit_of_its_own_where_it_is_the_launchs)
{
	json_t *object = parse(SHELL("lean", "head -c 200000000 /dev/zero | tail")->json);
	json_t *memory = json_object_get(object, "memory");

	if (strcmp(scope_of_limit(object, "memory"), "launch") == 0) {
		cr_expect_str_eq(text_of(memory, "of"), "launch");
		cr_expect_leq(number_of(memory, "peak_bytes"), 48 << 20);
		cr_expect_gt(number_of(memory, "peak_bytes"), 8 << 20);
	} else {
		cr_expect_str_eq(scope_of_limit(object, "memory"), "processes");
		cr_expect_str_eq(text_of(memory, "of"), "processes");
	}
	json_decref(object);
}

/* Each of the four holds less than the limit; the shell would wait for them. */
Test(result, memory_of_all_processes_together_ends_the_launch)
{
	static const char take[] = "for i in 1 2 3 4; do (head -c 20000000 /dev/zero; sleep 20) | "
				   "tail -c 20000000 & done; wait";
	json_t *object = parse(SHELL("lean", "true")->json);

	if (strcmp(scope_of_limit(object, "memory"), "launch") != 0)
		cr_skip_test("memory is limited for each process by itself here");
	json_decref(object);
	object = expect_end(SHELL("lean", take), "limit memory null 137 -1 9");
	cr_expect_lt(number_of(object, "wall_us"), 15000000);
	json_decref(object);
}

Test(result, processes_are_counted_where_a_cgroup_counts_them)
{
	json_t *object =
		parse(SHELL("counted", "sleep 1 & sleep 1 & sleep 1 & sleep 1 & exit 0")->json);
	json_t *processes = json_object_get(object, "processes");

	if (json_is_null(processes))
		cr_skip_test("no cgroup counts processes here");
	cr_expect_geq(number_of(processes, "refused"), 1);
	cr_expect(number_of(processes, "peak") == 4 || number_of(processes, "peak") == -1);
	json_decref(object);
}

Test(result, output_is_counted_where_it_is_limited)
{
	json_t *object = parse(SHELL("wordy", "printf 12345; printf 678 >&2")->json);
	json_t *output = json_object_get(object, "output");

	cr_expect_eq(number_of(output, "bytes"), 8);
	cr_expect(json_is_false(json_object_get(output, "cut")));
	cr_expect(json_is_false(json_object_get(output, "lost")));
	json_decref(object);
	object = parse(SHELL("wordy", "yes")->json);
	output = json_object_get(object, "output");
	cr_expect_eq(number_of(output, "bytes"), 10240);
	cr_expect(json_is_true(json_object_get(output, "cut")));
	json_decref(object);
}

/* Bytes that are no text, quotes, control characters: all of it is a string, and ASCII. */
Test(result, names_that_are_no_text_are_strings_all_the_same)
{
	static const char name[] = "no\xff\xc3\xa9\"\\\n\t\x01\xf0\x9f\x98\x80\xed\xa0\x80\x7f";
	const struct answer *answer = IN("plain", name);
	json_t *object = expect_end(answer, "not_found null null 127 -1 -1");

	for (const char *at = answer->json; *at; at++)
		cr_assert((*at >= ' ' && *at <= '~') || *at == '\n');
	cr_expect_not_null(strstr(text_of(object, "message"),
				  "no\xef\xbf\xbd\xc3\xa9\"\\\n\t\x01\xf0\x9f\x98\x80"
				  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\x7f"),
			   "%s", answer->json);
	json_decref(object);
}

Test(result, the_object_is_the_last_line_of_standard_error)
{
	struct answer *answer = RUN("--sandbox", "plain", "--json", "--", "sh", "-c",
				    "printf '{\"version\":1}\\nunfinished' >&2; exit 3");
	char *last;

	cr_expect_eq(answer->status, 3);
	cr_assert(*answer->err && answer->err[strlen(answer->err) - 1] == '\n');
	answer->err[strlen(answer->err) - 1] = '\0';
	last = strrchr(answer->err, '\n');
	cr_assert_not_null(last);
	json_decref(parse(last + 1));
	cr_expect_str_eq(answer->json, "", "nothing else is written to");
}

/* It is the launcher's: the command has 0 to 2. */
Test(result, the_command_does_not_get_the_descriptor)
{
	const struct answer *answer = SHELL("plain", "echo forged >&9");

	json_decref(expect_end(answer, "exited null null 2 2 -1"));
	cr_expect_null(strstr(answer->json, "forged"));
}

Test(result, wrong_descriptors_are_wrong_command_lines)
{
	static const char *const wrong[] = {"0",  "1", "2",           "-1", "x",
					    "9x", "",  "99999999999", "77", " 9"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_expect_eq(RUN("--sandbox", "plain", "--json-fd", wrong[i], "--", "true")->status,
			     2, "%s", wrong[i]);
	cr_expect_eq(RUN("--sandbox", "plain", "--json", "--json-fd", "9", "--", "true")->status,
		     2);
}

static struct writ_sandbox *open_named(const char *name)
{
	struct writ_policy *policy = bundle_open(POLICY, NULL);
	struct writ_sandbox *sandbox = NULL;
	struct writ_error error;
	uint32_t id = writ_sandbox_id(policy, name, strlen(name));

	cr_assert_eq(writ_sandbox_open(policy, id, &sandbox, &error), 0, "%s", error.text);
	writ_close(policy);
	return sandbox;
}

static struct writ_result launch(const char *name, const char *script)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	struct writ_launch how = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_sandbox *sandbox = open_named(name);
	struct writ_process *process = NULL;
	struct writ_result result;
	struct writ_error error;

	cr_assert_eq(writ_spawn(sandbox, &how, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	writ_sandbox_close(sandbox);
	return result;
}

Test(result, the_library_says_the_same)
{
	struct writ_result result = launch("plain", "kill -9 $$");

	cr_expect_eq(result.end, WRIT_SIGNALED);
	cr_expect(result.signal == SIGKILL && result.status == SIGKILL);
	cr_expect_eq(result.cpu_scope, WRIT_OF_PROCESSES);
	cr_expect(!result.has_output && result.processes_scope == WRIT_OF_NOTHING);
	result = launch("burner", SPIN);
	cr_expect_eq(result.end, WRIT_CPU_LIMIT);
	cr_expect_geq(result.cpu_user_us + result.cpu_system_us, UINT64_C(750000));
}

/* The command's memory begins as a share of ours: what is not more than that is not known. */
Test(result, the_callers_memory_is_not_the_commands)
{
	size_t size = (size_t)200 << 20;
	char *heap = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct writ_result result;

	cr_assert_neq(heap, MAP_FAILED);
	memset(heap, 1, size);
	result = launch("plain", "exit 0");
	cr_expect_eq(result.peak_scope, WRIT_OF_NOTHING);
	cr_expect_eq(result.peak_bytes, 0);
	munmap(heap, size);
}

Test(result, limits_say_what_keeps_them)
{
	struct writ_sandbox *sandbox = open_named("burner");
	struct writ_limit limit;

	cr_assert_eq(writ_sandbox_limit(sandbox, 0, &limit), 0);
	cr_expect_str_eq(limit.name, "wall");
	cr_expect(limit.value == 30000 && limit.of_launch);
	cr_expect_str_eq(limit.unit, "ms");
	cr_assert_eq(writ_sandbox_limit(sandbox, 1, &limit), 0);
	cr_expect_str_eq(limit.name, "cpu");
	cr_expect_eq(limit.of_launch, strstr(limit.by, "cgroup") != NULL);
	cr_expect_not_null(strstr(limit.by, "RLIMIT_CPU"));
	cr_expect_eq(writ_sandbox_limit(sandbox, 2, &limit), -WRIT_E_INVALID);
	cr_expect_eq(writ_sandbox_limit(NULL, 0, &limit), -WRIT_E_INVALID);
	writ_sandbox_close(sandbox);
}
