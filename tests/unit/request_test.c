/*
 * Questions to a human: what an approval is good for, and what the human is shown.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/monitor/request.h"
#include "runtime/monitor/request_text.h"
#include "support/bundle_maker.h"
#include "support/requests_maker.h"

#define TEXT                                                                                       \
	"tool deploy { arg target : string; arg token : string secret; }"                          \
	"tool deploy_all { arg login : string secret; }"                                           \
	"role ops { ask deploy*, rm; }"                                                            \
	"user \"ann\" : ops;"

static const struct writ_arg args[] = {
	{.name = "target", .text = "prod"},
	{.name = "count", .type = WRIT_ARG_INTEGER, .number = 3},
};

static struct request_call call_of(const struct writ_policy *policy)
{
	return (struct request_call){
		.policy = policy,
		.kind = WRIT_USER,
		.subject = "ann",
		.tool = "deploy",
		.args = args,
		.n_args = 2,
	};
}

static const char *make(struct requests *requests, const struct request_call *call)
{
	static char ids[8][WRIT_REQUEST_ID_SIZE];
	static int next;
	struct writ_error error;
	char *id = ids[next++ % 8];

	cr_assert_eq(request_make(requests, call, id, &error), 0, "%s", error.text);
	cr_assert_eq(strlen(id), WRIT_REQUEST_ID_SIZE - 1);
	return id;
}

static void answer(struct requests *requests, const char *id, int approve)
{
	struct writ_error error;

	cr_assert_eq(request_answer(requests, id, approve, &error), 0, "%s", error.text);
}

Test(request, is_approved_and_used_once)
{
	struct requests *requests = requests_of("private");
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	const char *id = make(requests, &call);
	struct writ_request_info info;
	uint32_t uid = 0;

	cr_expect_eq(request_wait(requests, id, 0), WRIT_PENDING);
	cr_expect_eq(request_use(requests, id, &call), REQUEST_UNANSWERED);
	cr_expect_eq(request_answered_by(requests, id, &uid), -WRIT_E_UNKNOWN);
	cr_assert_eq(request_get(requests, 0, &info), 0);
	cr_expect_str_eq(info.id, id);
	cr_expect_str_eq(info.subject, "user ann");
	cr_expect_str_eq(info.tool, "deploy");
	cr_expect_str_eq(info.args, "count=3 target=\"prod\"");
	cr_expect(info.left_ms > 500000 && info.left_ms <= 600000);
	cr_expect_eq(request_get(requests, 1, &info), -WRIT_E_INVALID);
	answer(requests, id, 1);
	cr_expect_eq(request_get(requests, 0, &info), -WRIT_E_INVALID, "it is not pending");
	cr_expect_eq(request_wait(requests, id, 0), WRIT_APPROVED);
	cr_expect_eq(request_answered_by(requests, id, &uid), 0);
	cr_expect_eq(uid, getuid());
	cr_expect_eq(request_use(requests, id, &call), REQUEST_GOOD);
	cr_expect_eq(request_use(requests, id, &call), REQUEST_USED);
	requests_close(requests);
}

Test(request, an_id_is_taken_whole_and_as_it_is)
{
	struct requests *requests = requests_of("private");
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	const char *id = make(requests, &call);
	char other[WRIT_REQUEST_ID_SIZE + 1];

	for (size_t i = 0; i < WRIT_REQUEST_ID_SIZE - 1; i++) {
		strcpy(other, id);
		other[i] = other[i] == '0' ? '1' : '0';
		cr_expect_eq(request_answer(requests, other, 1, NULL), -WRIT_E_UNKNOWN, "%zu", i);
		other[i] = '\0';
		cr_expect_eq(request_answer(requests, other, 1, NULL), -WRIT_E_UNKNOWN, "%zu", i);
	}
	snprintf(other, sizeof(other), "%s0", id);
	cr_expect_eq(request_answer(requests, other, 1, NULL), -WRIT_E_UNKNOWN);
	cr_expect_eq(request_answer(requests, id, 1, NULL), 0);
	requests_close(requests);
}

Test(request, who_answered_is_kept)
{
	struct requests *requests = requests_of("private");
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	const char *id = make(requests, &call);
	uint32_t uid = 0;
	int status;

	if (getuid() != 0)
		cr_skip_test("only root can be somebody else");
	if (fork() == 0)
		_exit(setuid(12345) || request_answer(requests, id, 1, NULL));
	cr_assert(wait(&status) > 0);
	cr_assert_eq(status, 0);
	cr_expect_eq(request_answered_by(requests, id, &uid), 0);
	cr_expect_eq(uid, 12345u);
	requests_close(requests);
}

Test(request, a_rejection_stays)
{
	struct requests *requests = requests_of("private");
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	const char *id = make(requests, &call);
	struct writ_error error;

	answer(requests, id, 0);
	cr_expect_eq(request_wait(requests, id, -1), WRIT_REJECTED);
	cr_expect_eq(request_use(requests, id, &call), REQUEST_REJECTED);
	cr_expect_eq(request_answer(requests, id, 1, &error), -WRIT_E_UNKNOWN);
	cr_expect(strstr(error.text, "answered already") != NULL, "%s", error.text);
	requests_close(requests);
}

Test(request, ids_that_are_none)
{
	static const char *const ids[] = {
		"",
		"0",
		"00000000000000000000000000000000",
		"0000000000000000000000000000000g",
		"000000000000000000000000000000000",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"../../../../etc/passwd0123456789",
	};
	struct requests *requests = requests_of("private");
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct writ_error error;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		cr_expect_eq(request_use(requests, ids[i], &call), REQUEST_UNKNOWN, "%s", ids[i]);
		cr_expect_eq(request_wait(requests, ids[i], -1), WRIT_EXPIRED, "%s", ids[i]);
		cr_expect_eq(request_answer(requests, ids[i], 1, &error), -WRIT_E_UNKNOWN);
	}
	cr_expect_eq(request_use(requests, NULL, &call), REQUEST_UNKNOWN);
	requests_close(requests);
}

/* Approved for one call; then tried for another, and at last for the one: the control. */
static void expect_other(const struct request_call *first, const struct request_call *second,
			 const char *what)
{
	struct requests *requests = requests_of("private");
	const char *id = make(requests, first);

	answer(requests, id, 1);
	cr_expect_eq(request_use(requests, id, second), REQUEST_OTHER, "%s", what);
	cr_expect_eq(request_use(requests, id, first), REQUEST_GOOD, "%s: the control", what);
	requests_close(requests);
}

Test(request, an_approval_is_of_one_subject_tool_and_policy)
{
	struct writ_policy *policy = bundle_open(TEXT, NULL);
	struct request_call call = call_of(policy);
	struct request_call other = call;

	other.subject = "bob";
	expect_other(&call, &other, "another user");
	other = call;
	other.kind = WRIT_ROLE;
	expect_other(&call, &other, "a role of that name");
	other = call;
	other.tool = "deploy_all";
	expect_other(&call, &other, "another tool");
	other = call;
	other.policy = bundle_open(TEXT " role extra { deny x; }", NULL);
	expect_other(&call, &other, "another policy");
}

Test(request, an_approval_is_of_one_set_of_parameters)
{
	static const char text[] =
		"param place : path; role ops { ask rm where p under \"${place}\"; } "
		"tool rm { arg p : path; }";
	struct request_call call = call_of(bundle_open(text, "place=/srv"));
	struct request_call other = call;

	other.policy = bundle_open(text, "place=/home");
	expect_other(&call, &other, "another parameter");
	other.policy = bundle_open(text, "place=/srv");
	struct requests *requests = requests_of("private");
	cr_expect_str_eq(make(requests, &call), make(requests, &other), "the control");
}

Test(request, an_approval_is_of_one_set_of_arguments)
{
	static const struct writ_arg items[] = {{.text = "a"}, {.text = "b"}};
	static const struct writ_arg list = {.name = "target",
					     .type = WRIT_ARG_LIST,
					     .items = items,
					     .n_items = 2};
	static const struct writ_arg shorter = {.name = "target",
						.type = WRIT_ARG_LIST,
						.items = items,
						.n_items = 1};
	static const struct writ_arg others[][2] = {
		{{.name = "target", .text = "prod2"}, {.name = "count", .text = "3"}},
		{{.name = "target", .text = "prod"}, {.name = "count", .text = "3"}},
		{{.name = "target", .text = "prod"},
		 {.name = "count", .type = WRIT_ARG_BOOLEAN, .number = 3}},
		{{.name = "target", .text = "prod"},
		 {.name = "count", .type = WRIT_ARG_INTEGER, .number = 4}},
		{{.name = "target", .text = "prod", .text_len = 3},
		 {.name = "count", .type = WRIT_ARG_INTEGER, .number = 3}},
		{{.name = "target", .text = "prod", .type = WRIT_ARG_BYTES},
		 {.name = "count", .type = WRIT_ARG_INTEGER, .number = 3}},
		{{.name = "targe", .text = "tprod"},
		 {.name = "count", .type = WRIT_ARG_INTEGER, .number = 3}},
		{list, {.name = "count", .type = WRIT_ARG_INTEGER, .number = 3}},
	};
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct request_call other = call;
	struct writ_arg one = list;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char what[32];

		snprintf(what, sizeof(what), "arguments %zu", i);
		other.args = others[i];
		expect_other(&call, &other, what);
	}
	other = call;
	other.n_args = 1;
	expect_other(&call, &other, "fewer");
	other.n_args = 0;
	expect_other(&call, &other, "none");
	call.args = &one;
	call.n_args = 1;
	other = call;
	other.args = &shorter;
	expect_other(&call, &other, "a shorter list");
}

Test(request, the_order_of_arguments_does_not_matter)
{
	const struct writ_arg turned[] = {args[1], args[0]};
	struct requests *requests = requests_of("private");
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct request_call other = call;
	const char *id = make(requests, &call);

	other.args = turned;
	answer(requests, id, 1);
	cr_expect_eq(request_use(requests, id, &other), REQUEST_GOOD);
}

Test(request, arguments_that_cannot_be_bound)
{
	struct requests *requests = requests_of("private");
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct writ_arg many[WRIT_MAX_CALL_ARGS + 1] = {{.name = "a"}};
	struct writ_arg nested[64];
	char id[WRIT_REQUEST_ID_SIZE];
	struct writ_error error;

	call.args = many;
	call.n_args = WRIT_MAX_CALL_ARGS + 1;
	cr_expect_eq(request_make(requests, &call, id, &error), -WRIT_E_INVALID);
	for (int i = 0; i < 64; i++)
		nested[i] = (struct writ_arg){.name = "deep",
					      .type = WRIT_ARG_LIST,
					      .items = i < 63 ? &nested[i + 1] : NULL,
					      .n_items = i < 63};
	call.args = nested;
	call.n_args = 1;
	cr_expect_eq(request_make(requests, &call, id, &error), -WRIT_E_INVALID);
	cr_expect(strstr(error.text, "deep") != NULL, "%s", error.text);
	call.args = &nested[40];
	cr_expect_eq(request_make(requests, &call, id, &error), 0, "the control");
}

Test(request, asking_again_is_the_same_request_until_it_is_answered)
{
	struct requests *requests = requests_of("private");
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	const char *first = make(requests, &call);

	cr_expect_str_eq(make(requests, &call), first);
	answer(requests, first, 1);
	cr_expect_str_neq(make(requests, &call), first);
}

Test(request, no_room_for_more)
{
	enum { SLOTS = WRIT_MAX_REQUESTS };
	char name[16];
	struct requests *requests = requests_of("private");
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct writ_arg arg = {.name = "n", .type = WRIT_ARG_INTEGER};
	char ids[SLOTS][WRIT_REQUEST_ID_SIZE];
	char id[WRIT_REQUEST_ID_SIZE];
	struct writ_error error;

	call.args = &arg;
	call.n_args = 1;
	call.subject = name;
	for (int i = 0; i < SLOTS; i++, arg.number++) {
		snprintf(name, sizeof(name), "s%d", i / (int)WRIT_MAX_REQUESTS_OF_ONE);
		cr_assert_eq(request_make(requests, &call, ids[i], &error), 0, "%d", i);
	}
	strcpy(name, "another");
	cr_expect_eq(request_make(requests, &call, id, &error), -WRIT_E_NOMEM);
	cr_expect(strstr(error.text, "256 requests") != NULL, "%s", error.text);
	answer(requests, ids[7], 0);
	cr_expect_eq(request_make(requests, &call, id, &error), -WRIT_E_NOMEM,
		     "whoever waits for the rejected one must still hear of it");
	answer(requests, ids[8], 1);
	cr_expect_eq(request_make(requests, &call, id, &error), -WRIT_E_NOMEM);
	arg.number = 8;
	strcpy(name, "s0");
	cr_assert_eq(request_use(requests, ids[8], &call), REQUEST_GOOD);
	arg.number = 1000;
	cr_expect_eq(request_make(requests, &call, id, &error), 0, "%s", error.text);
	cr_expect_eq(request_wait(requests, ids[8], 0), WRIT_EXPIRED, "its slot is gone");
	requests_close(requests);
}

/* ---- what is shown ---- */

static void expect_shown(const struct writ_arg *of, size_t n, const char *want)
{
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct writ_request_info info;

	call.args = of;
	call.n_args = n;
	request_show(&call, &info);
	cr_expect_str_eq(info.args, want);
}

/* Two such values may differ: an approval of one must not be good for the other. */
Test(request, a_value_that_is_not_known_is_not_approved)
{
	struct requests *requests = requests_of("private");
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct writ_arg real = {.name = "amount", .type = WRIT_ARG_OTHER};
	const struct writ_arg null = {.name = "amount",
				      .type = WRIT_ARG_OTHER,
				      .text = "null",
				      .text_len = 4};
	const struct writ_arg list = {.name = "amount",
				      .type = WRIT_ARG_LIST,
				      .items = &real,
				      .n_items = 1};
	char id[WRIT_REQUEST_ID_SIZE];
	struct writ_error error;

	call.args = &real;
	call.n_args = 1;
	cr_expect_eq(request_make(requests, &call, id, &error), -WRIT_E_INVALID);
	call.args = &list;
	cr_expect_eq(request_make(requests, &call, id, &error), -WRIT_E_INVALID);
	call.args = &null;
	cr_expect_eq(request_make(requests, &call, id, &error), 0, "the control");
	expect_shown(&null, 1, "amount=null");
}

Test(request, a_secret_is_not_shown_but_bound)
{
	const struct writ_arg secret[] = {{.name = "token", .text = "hunter2"}};
	const struct writ_arg other[] = {{.name = "token", .text = "hunter3"}};
	const struct writ_arg member[] = {{.name = "token.x", .text = "hunter2"},
					  {.name = "tokens", .text = "plain"}};
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct request_call second = call;

	expect_shown(secret, 1, "token=(secret)");
	expect_shown(member, 2, "token.x=(secret) tokens=\"plain\"");
	call.args = secret;
	second.args = other;
	call.n_args = second.n_args = 1;
	expect_other(&call, &second, "another secret");
}

Test(request, what_deceives_is_escaped)
{
	const struct writ_arg hostile[] = {
		{.name = "a", .text = "x\" target=\"y"},
		{.name = "b", .text = "\033[2Kok\r\n"},
		{.name = "c", .text = "\xe2\x80\xaegpj.exe"},
		{.name = "d", .text = "\xff\xfe"},
		{.name = "e", .text = "a\0b", .text_len = 3},
		{.name = "f", .text = "gr\xc3\xbc\xc3\x9f dich \\"},
		{.name = "g h", .text = ""},
		{.name = "i\n", .text_len = 0},
	};

	expect_shown(hostile, 8,
		     "a=\"x\\\" target=\\\"y\" b=\"\\x1b[2Kok\\x0d\\x0a\" "
		     "c=\"\\xe2\\x80\\xaegpj.exe\" d=\"\\xff\\xfe\" e=\"a\\x00b\" "
		     "f=\"gr\xc3\xbc\xc3\x9f dich \\\\\" \"g h\"=\"\" \"i\\x0a\"=\"\"");
}

Test(request, what_is_left_out_is_counted)
{
	static char longer[1000];
	struct writ_arg many[20];
	struct writ_request_info info;
	struct request_call call = call_of(bundle_open(TEXT, NULL));

	memset(longer, 'a', sizeof(longer) - 1);
	for (int i = 0; i < 20; i++)
		many[i] = (struct writ_arg){.name = "n", .text = longer};
	call.args = many;
	call.n_args = 20;
	request_show(&call, &info);
	cr_expect(strstr(info.args, "\"(+839 bytes)") != NULL, "%s", info.args);
	cr_expect(strstr(info.args, "(+15 arguments)") != NULL, "%s", info.args);
	for (int i = 0; i < 20; i++)
		many[i] = (struct writ_arg){.name = longer, .text = longer};
	request_show(&call, &info);
	cr_expect(strstr(info.args, " arguments)") != NULL, "%s", info.args);
}

Test(request, lists_are_shown)
{
	static const struct writ_arg nested[] = {{.text = "x"}};
	struct writ_arg items[10] = {{.text = "a"},
				     {.type = WRIT_ARG_BOOLEAN, .number = 1},
				     {.type = WRIT_ARG_LIST, .items = nested, .n_items = 1},
				     {.type = WRIT_ARG_OTHER}};
	struct writ_arg list = {.name = "l", .type = WRIT_ARG_LIST, .items = items, .n_items = 4};

	expect_shown(&list, 1, "l=[\"a\", true, [...], (other)]");
	for (int i = 0; i < 10; i++)
		items[i] = (struct writ_arg){.type = WRIT_ARG_INTEGER, .number = -i};
	list.n_items = 10;
	expect_shown(&list, 1, "l=[0, -1, -2, -3, -4, -5, -6, -7, (+2 items)]");
	list.n_items = 0;
	expect_shown(&list, 1, "l=[]");
}

/* ---- several at once ---- */

struct race {
	struct requests *requests;
	const struct request_call *call;
	const char *id;
	atomic_int good;
	atomic_int answered;
};

static void *use(void *argument)
{
	struct race *race = argument;

	if (request_wait(race->requests, race->id, -1) == WRIT_APPROVED &&
	    request_use(race->requests, race->id, race->call) == REQUEST_GOOD)
		atomic_fetch_add(&race->good, 1);
	return NULL;
}

static void *approve(void *argument)
{
	struct race *race = argument;

	if (request_answer(race->requests, race->id, 1, NULL) == 0)
		atomic_fetch_add(&race->answered, 1);
	return NULL;
}

Test(request, of_many_who_wait_one_uses_it)
{
	enum { THREADS = 16 };
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct race race = {.requests = requests_of("private"), .call = &call};
	pthread_t threads[2 * THREADS];

	race.id = make(race.requests, &call);
	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, use, &race), 0);
	for (int i = THREADS; i < 2 * THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, approve, &race), 0);
	for (int i = 0; i < 2 * THREADS; i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(atomic_load(&race.good), 1);
	cr_expect_eq(atomic_load(&race.answered), 1);
}

static void make_directory(char *directory)
{
	strcpy(directory, "/tmp/writ-request-XXXXXX");
	cr_assert(mkdtemp(directory) != NULL);
}

static void remove_directory(const char *directory)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	cr_assert_eq(system(command), 0);
}

Test(request, another_process_answers_and_wakes)
{
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct requests *requests;
	char directory[32];
	const char *id;
	int status;

	make_directory(directory);
	requests = requests_of(directory);
	id = make(requests, &call);
	if (fork() == 0)
		_exit(request_answer(requests_of(directory), id, 1, NULL) != 0);
	cr_expect_eq(request_wait(requests, id, -1), WRIT_APPROVED);
	cr_assert(wait(&status) > 0);
	cr_expect_eq(status, 0);
	cr_expect_eq(request_use(requests, id, &call), REQUEST_GOOD);
	requests_close(requests);
	remove_directory(directory);
}

Test(request, waiting_ends)
{
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct requests *requests = requests_of("private");

	cr_expect_eq(request_wait(requests, make(requests, &call), 20), WRIT_PENDING);
	requests_close(requests);
}

/* However often those who ask are killed, others can ask, and every request they see is whole. */
Test(request, killed_processes_leave_room)
{
	struct request_call call = call_of(bundle_open(TEXT, NULL));
	struct writ_request_info info;
	struct requests *requests;
	char directory[32];

	make_directory(directory);
	requests = requests_of(directory);
	for (int round = 0; round < 50; round++) {
		pid_t pid = fork();

		if (pid == 0) {
			struct writ_arg arg = {.name = "n", .type = WRIT_ARG_INTEGER};
			char id[WRIT_REQUEST_ID_SIZE];

			call.args = &arg;
			call.n_args = 1;
			for (;; arg.number++) {
				if (request_make(requests, &call, id, NULL) ||
				    request_answer(requests, id, 1, NULL) ||
				    request_use(requests, id, &call))
					_exit(1);
			}
		}
		usleep(2000);
		kill(pid, SIGKILL);
		int status;
		cr_assert(waitpid(pid, &status, 0) == pid);
		cr_expect(WIFSIGNALED(status), "it could not ask");
		for (size_t i = 0; request_get(requests, i, &info) == 0; i++)
			cr_expect(strncmp(info.args, "n=", 2) == 0, "%s", info.args);
	}
	answer(requests, make(requests, &call), 1);
	requests_close(requests);
	remove_directory(directory);
}
