/*
 * writc show: the listing, the JSON, the raw filter, and what it refuses.
 *
 * verb_show runs in a child with its output in a file.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "cli/cli.h"
#include "compile.h"
#include "support/bundle_maker.h"
#include "support/golden.h"
#include "support/policy.h"

/* Rules by name only, so that the listing does not change with @default. */
static const char policy_text[] =
	"param work : path;\n"
	"param api : port = 443;\n"
	"tool read_file { class read; sandbox reader; }\n"
	"tool git_* { class write; sandbox net; }\n"
	"sandbox reader {\n"
	"  filesystem { read \"/usr\", \"${work}/src\"; execute \"/usr/bin/env\"; }\n"
	"  syscalls { allow read, write, exit_group, execve; deny ptrace kill;\n"
	"    deny mount errno ENOENT; }\n"
	"  limits { wall 1500ms; memory 64MiB; processes 3; }\n"
	"  env { pass PATH; set MODE = \"x-${work}\"; secret KEY; }\n"
	"}\n"
	"sandbox net {\n"
	"  filesystem { write \"~/repo\"; }\n"
	"  network { connect \"*:${api}\", \"*:8000-8010\"; bind \"*:9000\"; }\n"
	"  syscalls { allow read; }\n"
	"  best_effort;\n"
	"}\n"
	"role guest { allow read_file; }\n"
	"role dev extends guest { allow git_*; deny git_push; }\n"
	"user \"al\" : guest;\n"
	"user \"bo\" : guest, dev;\n";

static char bundle[] = "/tmp/writ-show-XXXXXX";
static char output[1 << 18];
static size_t output_len;

static void write_bytes(const void *bytes, size_t len)
{
	FILE *file = fopen(bundle, "w");

	cr_assert(file && fwrite(bytes, 1, len, file) == len && fclose(file) == 0);
}

static struct bytes built;

static void build_text(const char *text)
{
	static const struct bundle_options all = {.archs = {true, true}};
	struct compilation *compilation = policy_check(text);

	cr_assert_eq(compilation->diags.errors, 0u, "%s", policy_report(compilation));
	cr_assert_eq(compile_bundle(compilation, &all, &built), 0);
	write_bytes(built.ptr, built.len);
}

static void setup(void)
{
	int fd = mkstemp(bundle);

	cr_assert_geq(fd, 0);
	close(fd);
	build_text(policy_text);
}

static void teardown(void)
{
	unlink(bundle);
}

/* Runs `writc show` with arguments up to a NULL; the exit status. */
static int show(char **argv)
{
	int argc = 0, status = 0, fd = memfd_create("output", 0);
	ssize_t n;
	pid_t pid;

	while (argv[argc])
		argc++;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		status = verb_show(argc, argv);
		fflush(NULL);
		_exit(status);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	n = pread(fd, output, sizeof(output) - 1, 0);
	cr_assert_geq(n, 0);
	output[n] = '\0';
	output_len = (size_t)n;
	close(fd);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define SHOW(...)  show((char *[]){"show", bundle, __VA_ARGS__, NULL})
#define SHOW_ALL() show((char *[]){"show", bundle, NULL})

/* The digest and the size say nothing to a reader, and the filters nothing that a test of theirs
 * does not. */
static void cut_line(char *text, const char *holding)
{
	char *line = strstr(text, holding), *end;

	cr_assert_not_null(line, "%s", holding);
	end = strchr(line, '\n');
	while (line > text && line[-1] != '\n')
		line--;
	memmove(line, end + 1, strlen(end + 1) + 1);
}

Test(golden, show_prints_every_section, .init = setup, .fini = teardown)
{
	cr_assert_eq(SHOW_ALL(), 0, "%s", output);
	cut_line(output, "sha256");
	golden_check("show/all.txt", output);
}

/* What rules, tools and sandboxes can hold beside that; no filters. */
static const char constructs[] =
	"param work : path;\n"
	"param api : port = 443;\n"
	"tool read_file { class read; sandbox reader; arg path : path; }\n"
	"tool http_get { class read; arg url : url; arg token : string secret; }\n"
	"sandbox reader {\n"
	"  filesystem { read \"/usr\"; deny \"/usr/**/.env\", \"~/.ssh\"; scratch \"/tmp\" 64MiB; "
	"}\n"
	"  network { connect \"*:${api}\", \"api.example.org:${api}\", \"*.example.org:1-9\",\n"
	"    \"10.0.0.0/8:5432\", \"[2001:db8::/32]:443\", \"udp://10.0.0.53:53\";\n"
	"    connect \"tls.example:443\", \"*.tls.example:443\" sni;\n"
	"    unix \"${work}/x.sock\"; deny \"169.254.0.0/16\"; }\n"
	"  syscalls { allow read, socket(domain in {AF_UNIX, AF_INET}), personality log;\n"
	"    allow clone(flags & CLONE_NEWUSER == 0); deny mount errno ENOENT; deny ptrace kill; "
	"}\n"
	"}\n"
	"sandbox empty { syscalls { allow read; } }\n"
	"role guest { allow read_file; }\n"
	"role dev extends guest {\n"
	"  deny read_file where path under \"/etc\";\n"
	"  ask read_file where path matches \"/**/secret\" using empty;\n"
	"  allow http_get where token present rate 10/minute burst 3;\n"
	"}\n"
	"user \"bo\" : dev;\n"
	"role other { allow undeclared; }\n"
	"conflict dev, other;\n"
	"conflict session guest, other;\n"
	"redact \"sk-[a-z]+\";\n";

Test(golden, show_prints_every_construct, .init = setup, .fini = teardown)
{
	static const char *const sections[] = {"policy", "rbac", "filesystem", "network", "calls"};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	build_text(constructs);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		cr_assert_eq(SHOW("--section", (char *)(uintptr_t)sections[i]), 0, "%s", output);
		fputs(output, out);
	}
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		cr_assert_eq(SHOW("--section", (char *)(uintptr_t)sections[i], "--format", "json"),
			     0, "%s", output);
		fputs(output, out);
	}
	fclose(out);
	cut_line(text, "sha256 ");
	cut_line(text, "\"sha256\":");
	cut_line(text, "\"bytes\":");
	golden_check("show/constructs.txt", text);
}

static const char plans[] =
	"param work : path;\n"
	"tool t { class execute; sandbox all; }\n"
	"sandbox all {\n"
	"  strict exec; user \"nobody\"; best_effort;\n"
	"  filesystem { read \"/proc\", \"/etc\"; read required \"/usr\"; write \"${work}\";\n"
	"    execute \"/usr/bin\"; execute required \"${work}/bin\"; scratch \"/tmp\" 1MiB;\n"
	"    deny \"${work}/**/.env\", \"/etc\"; }\n"
	"  network { connect \"*:443\", \"a.example:80\"; deny \"10.0.0.0/8\"; unix \"/run/x\"; }\n"
	"  limits { wall 1m; cpu 30s; memory 1GiB; processes 5; files 9; file_size 1MiB;\n"
	"    output 2MiB; cpus 1; }\n"
	"  env { pass PATH; } }\n"
	"sandbox alone { filesystem { read \"/usr\"; execute \"/usr/bin/true\"; }\n"
	"  limits { processes 1; } }\n"
	"sandbox denies { filesystem { read \"/usr\"; deny \"/usr/share\"; }\n"
	"  syscalls { allow read, openat; } }\n"
	"sandbox asks { syscalls { allow read; deny ptrace notify; } }\n"
	"role r { allow t; }\n";

Test(golden, show_prints_plans, .init = setup, .fini = teardown)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	build_text(plans);
	cr_assert_eq(SHOW("--section", "plan"), 0, "%s", output);
	fputs(output, out);
	cr_assert_eq(SHOW("--section", "plan", "--format", "json", "--sandbox", "all"), 0, "%s",
		     output);
	fputs(output, out);
	fclose(out);
	golden_check("show/plans.txt", text);
	free(text);
}

Test(show, a_section_and_a_sandbox_can_be_chosen, .init = setup, .fini = teardown)
{
	cr_assert_eq(SHOW("--section", "limits", "--sandbox", "reader"), 0, "%s", output);
	cr_assert_str_eq(output, "sandbox reader\n"
				 "  limits:\n"
				 "    wall                 1500ms\n"
				 "    memory               64MiB\n"
				 "    processes            3\n");
	cr_assert_eq(SHOW("--section", "seccomp", "--arch", "aarch64"), 0);
	cr_assert_not_null(strstr(output, "seccomp, aarch64"));
	cr_assert_null(strstr(output, "x86_64"));
}

Test(show, json_holds_what_the_text_says, .init = setup, .fini = teardown)
{
	const char *sandbox = NULL, *path = NULL, *verdict = NULL;
	int abi = 0;
	json_t *root;

	cr_assert_eq(SHOW("--format", "json"), 0);
	root = json_loads(output, 0, NULL);
	cr_assert_not_null(root, "%s", output);
	cr_assert_eq(json_array_size(json_object_get(root, "sandboxes")), 2u);
	cr_assert_eq(json_unpack(root, "{s:[s:{s:s}]}", "x", &sandbox), -1);
	cr_assert_eq(json_unpack(root, "{s:[{s:s,s:{s:[{s:s}],s:[{s:i}]}}]}", "sandboxes",
				 "sandbox", &sandbox, "landlock", "paths", "path", &path,
				 "variants", "abi", &abi),
		     0);
	cr_assert_str_eq(sandbox, "net");
	cr_assert_str_eq(path, "~/repo");
	cr_assert_eq(abi, 1);
	cr_assert_eq(json_unpack(root, "{s:{s:[{s:s}]}}", "rbac", "rules", "verdict", &verdict), 0);
	cr_assert_str_eq(verdict, "deny");
	json_decref(root);
}

Test(show, raw_is_the_filter_and_must_be_unambiguous, .init = setup, .fini = teardown)
{
	cr_assert_eq(SHOW("--format", "raw"), 2);
	cr_assert_eq(SHOW("--format", "raw", "--sandbox", "net", "--section", "env"), 2);
	cr_assert_eq(SHOW("--format", "raw", "--sandbox", "net", "--arch", "x86_64"), 0);
	cr_assert_eq(output_len % 8, 0u);
	/* ld [4]; jeq AUDIT_ARCH_X86_64 */
	cr_assert_eq(memcmp(output, "\x20\0\0\0\x04\0\0\0\x15\0", 10), 0);
	cr_assert_eq(memcmp(output + 12, "\x3e\0\0\xc0", 4), 0);
}

#if defined(__x86_64__) || defined(__aarch64__)
Test(show, raw_is_for_this_machine_when_no_architecture_is_named, .init = setup, .fini = teardown)
{
	static const uint8_t arch[] = {
#if defined(__x86_64__)
		0x3e,
		0,
		0,
		0xc0,
#else
		0xb7,
		0,
		0,
		0xc0,
#endif
	};

	cr_assert_eq(SHOW("--format", "raw", "--sandbox", "net"), 0);
	cr_assert_eq(memcmp(output + 12, arch, sizeof(arch)), 0);
}
#endif

Test(show, wrong_command_lines_are_refused, .init = setup, .fini = teardown)
{
	cr_assert_eq(SHOW("--sandbox", "nobody"), 2);
	cr_assert_eq(SHOW("--arch", "vax"), 2);
	cr_assert_eq(SHOW("--section", "x"), 2);
	cr_assert_eq(SHOW("--format", "yaml"), 2);
	cr_assert_eq(SHOW("another"), 2);
	cr_assert_eq(show((char *[]){"show", NULL}), 2);
}

/* Before the bundle is read: a wrong command line is exit 2 whatever the file is. */
Test(show, a_wrong_command_line_is_told_before_a_missing_bundle)
{
	cr_assert_eq(show((char *[]){"show", "/nonexistent", "--format", "bogus", NULL}), 2);
	cr_assert_eq(show((char *[]){"show", "/nonexistent", "--arch", "bogus", NULL}), 2);
	cr_assert_eq(show((char *[]){"show", "/nonexistent", "--section", "bogus", NULL}), 2);
}

/* Of three classes, two of which only a tool declaration divides. */
Test(show, classes_of_names_are_told_apart, .init = setup, .fini = teardown)
{
	static const char text[] = "tool git_* { class write; }\n"
				   "role r { allow *, *_x; }\n";

	build_text(text);
	cr_assert_eq(SHOW("--section", "rbac"), 0, "%s", output);
	cr_assert_not_null(strstr(output, "    *, as a "), "%s", output);
	cr_assert_not_null(strstr(output, "    *, as git_ "), "%s", output);
	cr_assert_not_null(strstr(output, "    * & *_x, as _x "), "%s", output);
	cr_assert_not_null(strstr(output, "    * & *_x, as git_x "), "%s", output);
}

Test(show, no_user_looks_like_another, .init = setup, .fini = teardown)
{
	build_text("role admin { allow t; }\nrole r { }\n"
		   "user \"a\\\": as role admin \\\\\" : r;\n");
	cr_assert_eq(SHOW("--section", "rbac"), 0, "%s", output);
	cr_assert_not_null(strstr(output, "  user \"a\\\": as role admin \\\\\": as role r\n"),
			   "%s", output);
}

/*
 * With a right digest, so that it is not damage but a lie: what writ refuses is not shown either.
 */
Test(show, what_writ_refuses_is_refused, .init = setup, .fini = teardown)
{
	struct test_bundle forged = {built.ptr, built.len};
	struct writ_fmt_limit *limit = bundle_section(&forged, WRIT_SECTION_LIMITS, sizeof(*limit),
						      NULL);

	limit->value = 0;
	bundle_seal(&forged);
	write_bytes(forged.bytes, forged.size);
	cr_assert_eq(SHOW_ALL(), 3);
	cr_assert_not_null(strstr(output, "limits[0]"), "%s", output);
}

Test(show, what_is_no_bundle_is_refused, .init = setup, .fini = teardown)
{
	cr_assert_eq(show((char *[]){"show", "/nonexistent", NULL}), 3);
	cr_assert_eq(show((char *[]){"show", "/tmp", NULL}), 3);
	cr_assert_eq(show((char *[]){"show", "/dev/null", NULL}), 3);
	write_bytes(built.ptr, built.len - 1);
	cr_assert_eq(SHOW_ALL(), 3);
	write_bytes("", 0);
	cr_assert_eq(SHOW_ALL(), 3);
	built.ptr[built.len / 2] ^= 4;
	write_bytes(built.ptr, built.len);
	cr_assert_eq(SHOW_ALL(), 3);
	cr_assert_not_null(strstr(output, "digest"));
}
