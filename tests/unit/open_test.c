#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/bundle_maker.h"

static const char text[] =
	"param w : path = \"/srv\";\n"
	"param p : port = 8080;\n"
	"tool t_* { sandbox s; }\n"
	"sandbox s {\n"
	"  filesystem { read \"/usr\", \"${w}\", \"~/x\"; execute \"/bin/true\"; }\n"
	"  network { connect \"*:${p}\", \"*:8000-8003\"; }\n"
	"  limits { wall 5s; processes 3; }\n"
	"  env { pass PATH; set A = \"b\"; }\n"
	"}\n"
	"role r { allow t_*, named; deny t_x; }\n"
	"user \"u\" : r;\n";

/* A change of one field of one record must be refused, with this code. */
#define EXPECT_REFUSED(section, type, ...)                                                         \
	do {                                                                                       \
		struct test_bundle bundle = bundle_make(text);                                     \
		struct writ_error error = {.code = 0};                                             \
		uint32_t count = 0;                                                                \
		type *record = bundle_section(&bundle, WRIT_SECTION_##section, sizeof(type),       \
					      &count);                                             \
                                                                                                   \
		cr_assert_gt(count, 0u, #section " is empty");                                     \
		__VA_ARGS__;                                                                       \
		bundle_seal(&bundle);                                                              \
		cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT, #__VA_ARGS__ ": %s",     \
			     error.text);                                                          \
	} while (0)

Test(open, a_good_bundle_opens)
{
	struct writ_policy *policy = bundle_open(text, NULL);

	cr_expect_str_eq(writ_policy_name(policy), "test");
	cr_expect_eq(writ_policy_version(policy), 0u);
	writ_close(policy);
	writ_close(NULL);
}

Test(open, fields_out_of_range_are_refused)
{
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->n_deny = 1000);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->n_ask = UINT32_MAX);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->n_rows++);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->n_named = 1000);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->n_classes++);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->start = 60000);
	EXPECT_REFUSED(POLICY, struct writ_fmt_policy, record->name.len = 0);
	EXPECT_REFUSED(PARAMS, struct writ_fmt_param, record->type = 8);
	EXPECT_REFUSED(PARAMS, struct writ_fmt_param, record->has_default = 2);
	EXPECT_REFUSED(PARAMS, struct writ_fmt_param, record->name.offset = UINT32_MAX);
	EXPECT_REFUSED(PARTS, struct writ_fmt_part, record->kind = 9);
	EXPECT_REFUSED(PARTS, struct writ_fmt_part, record->text.len = UINT32_MAX);
	EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->flags = 2);
	EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->paths.count = 1000);
	EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->landlock.count = 0);
	EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->filters.count = 0);
	EXPECT_REFUSED(SANDBOXES, struct writ_fmt_sandbox, record->env.first = UINT32_MAX);
	EXPECT_REFUSED(PATHS, struct writ_fmt_path, record->rights = 0);
	EXPECT_REFUSED(PATHS, struct writ_fmt_path, record->access = UINT64_C(1) << 40);
	EXPECT_REFUSED(PATHS, struct writ_fmt_path, record->text.count = 0);
	EXPECT_REFUSED(PORTS, struct writ_fmt_port, record->rights = 4);
	EXPECT_REFUSED(PORTS, struct writ_fmt_port, record->reserved = 1);
	EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock, record->abi = 2);
	EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock, record->handled_fs &= ~UINT64_C(1));
	EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock, record->handled_fs |= 1u << 14);
	EXPECT_REFUSED(LANDLOCK, struct writ_fmt_landlock, record->lacking |= 1u << 20);
	EXPECT_REFUSED(FILTERS, struct writ_fmt_filter, record->insns.count--);
	EXPECT_REFUSED(FILTERS, struct writ_fmt_filter,
		       record[1].audit_arch = record[0].audit_arch);
	EXPECT_REFUSED(LIMITS, struct writ_fmt_limit, record->id = 100);
	EXPECT_REFUSED(LIMITS, struct writ_fmt_limit, record[1].id = record[0].id);
	EXPECT_REFUSED(LIMITS, struct writ_fmt_limit, record->value = 0);
	EXPECT_REFUSED(ENV, struct writ_fmt_env, record->kind = 0);
	EXPECT_REFUSED(RULES, struct writ_fmt_rule, record->role = 5);
	EXPECT_REFUSED(ROLES, struct writ_fmt_role, record->row = 77);
	EXPECT_REFUSED(USERS, struct writ_fmt_user, record->row = 77);
	EXPECT_REFUSED(COLUMNS, struct writ_fmt_column, record->sandbox = 3);
	EXPECT_REFUSED(COLUMNS, struct writ_fmt_column, record->class = 5);
	EXPECT_REFUSED(CELLS, uint16_t, record[0] = 60000);
	EXPECT_REFUSED(CHAR_CLASSES, uint8_t, record['a'] = 255);
	EXPECT_REFUSED(CHAR_CLASSES, uint8_t, record[' '] = record['a']);
	EXPECT_REFUSED(STATES, uint16_t, record[0] = 1);
	EXPECT_REFUSED(STATES, uint16_t, record[count - 1] = 65000);
	EXPECT_REFUSED(ACCEPTS, uint32_t, record[0] = 0);
	EXPECT_REFUSED(ACCEPTS, uint32_t, record[count - 1] = 10000);
}

Test(open, index_tables_that_lie_are_refused)
{
	EXPECT_REFUSED(ROLE_INDEX, struct writ_fmt_slot,
		       for (uint32_t i = 0; i < count; i++) record[i].hash ^= 1);
	EXPECT_REFUSED(ROLE_INDEX, struct writ_fmt_slot,
		       for (uint32_t i = 0; i < count; i++) record[i].id = 0);
	EXPECT_REFUSED(USER_INDEX, struct writ_fmt_slot,
		       for (uint32_t i = 0; i < count; i++)
			       record[i] = (struct writ_fmt_slot){0, WRIT_NONE});
	EXPECT_REFUSED(TOOL_INDEX, struct writ_fmt_slot,
		       for (uint32_t i = 0; i < count; i++) if (record[i].id != WRIT_NONE) record[i]
			       .id = 1000);
}

Test(open, the_frame_is_checked)
{
	struct test_bundle bundle = bundle_make(text);
	struct writ_fmt_header *header = (struct writ_fmt_header *)bundle.bytes;
	struct writ_fmt_section *table = (struct writ_fmt_section *)(header + 1);
	struct writ_error error;

	header->format_version = 2;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_UNSUPPORTED);
	header->format_version = WRIT_FORMAT_VERSION;
	table[4].id = 999;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_UNSUPPORTED, "%s", error.text);
	table[4].flags = 0;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT);
	table[4].id = 5;
	table[4].flags = WRIT_SECTION_REQUIRED;
	table[5].offset -= WRIT_ALIGN;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT);
	table[5].offset += WRIT_ALIGN;
	table[22].size = UINT64_MAX;
	bundle_seal(&bundle);
	cr_expect_eq(bundle_try(&bundle, &error), -WRIT_E_FORMAT);
}

/* Sealed again, so that every check behind the digest is what is tried. */
Test(open, no_truncation_and_no_change_crashes)
{
	struct test_bundle bundle = bundle_make(text);
	struct writ_error error;
	size_t n_opened = 0;

	for (size_t i = 0; i < bundle.size; i++) {
		static const uint8_t changes[] = {0x01, 0x80, 0xff};

		for (size_t c = 0; c < sizeof(changes); c++) {
			uint8_t before = bundle.bytes[i];

			bundle.bytes[i] ^= changes[c];
			bundle_seal(&bundle);
			n_opened += bundle_try(&bundle, &error) == 0;
			bundle.bytes[i] = before;
		}
	}
	/* Names, limits and positions may change into other valid ones. */
	cr_expect_lt(n_opened, bundle.size * 3 / 2, "%zu of %zu opened", n_opened, bundle.size * 3);
	for (size_t size = 0; size < bundle.size; size++) {
		struct test_bundle cut = {bundle.bytes, size};

		cr_expect_lt(bundle_try(&cut, &error), 0);
	}
}

Test(open, what_is_no_bundle_is_told)
{
	struct writ_policy *policy = NULL;
	struct writ_error error;
	char path[] = "/tmp/writ-open-XXXXXX";
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_expect_eq(writ_open(path, NULL, &policy, &error), -WRIT_E_FORMAT);
	cr_assert_eq(ftruncate(fd, (off_t)WRIT_MAX_BUNDLE + 1), 0);
	cr_expect_eq(writ_open(path, NULL, &policy, &error), -WRIT_E_FORMAT);
	close(fd);
	unlink(path);
	cr_expect_eq(writ_open(path, NULL, &policy, &error), -WRIT_E_OPEN);
	cr_expect_gt(error.sys_errno, 0);
	cr_expect_eq(writ_open("/tmp", NULL, &policy, &error), -WRIT_E_OPEN);
	cr_expect_eq(writ_open("/dev/null", NULL, &policy, &error), -WRIT_E_OPEN);
	cr_expect_eq(writ_open(NULL, NULL, &policy, &error), -WRIT_E_INVALID);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_expect_eq(writ_open(path, NULL, &policy, NULL), -WRIT_E_OPEN, "a FIFO must not block");
	unlink(path);
	cr_expect_null(policy);
}

Test(open, what_is_open_is_read_only)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		*(volatile char *)policy = 0;
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	writ_close(policy);
}
