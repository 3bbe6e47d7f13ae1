/*
 * The static writ's own reading of passwd(5): the same users as the libc's, and nobody by a line
 * that is not one.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/static/passwd.h"

static char path[] = "/tmp/writ-passwd-XXXXXX";

static void write_file(const char *text)
{
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void remove_file(void)
{
	(void)unlink(path);
}

static struct passwd *by_name(const char *name, struct passwd *entry)
{
	static char buffer[256];
	struct passwd *found;

	cr_assert_eq(passwd_find(path, name, 0, entry, buffer, sizeof(buffer), &found), 0);
	return found;
}

Test(passwd, every_user_of_the_host_is_found_as_libc_finds_it)
{
	char buffer[4096];
	struct passwd entry, *found;
	FILE *file = fopen("/etc/passwd", "r");
	size_t n = 0;

	cr_assert_not_null(file);
	for (struct passwd *one; (one = fgetpwent(file)); n++) {
		cr_assert_eq(passwd_find("/etc/passwd", one->pw_name, 0, &entry, buffer,
					 sizeof(buffer), &found),
			     0);
		cr_assert_not_null(found, "%s", one->pw_name);
		cr_expect_eq(entry.pw_uid, one->pw_uid, "%s", one->pw_name);
		cr_expect_eq(entry.pw_gid, one->pw_gid, "%s", one->pw_name);
		cr_expect_str_eq(entry.pw_dir, one->pw_dir);
		cr_expect_str_eq(entry.pw_shell, one->pw_shell);
		cr_assert_eq(passwd_find("/etc/passwd", NULL, one->pw_uid, &entry, buffer,
					 sizeof(buffer), &found),
			     0);
		cr_expect(found && entry.pw_uid == one->pw_uid);
	}
	(void)fclose(file);
	cr_expect_gt(n, 0);
}

Test(passwd, a_line_that_is_none_is_passed_over, .fini = remove_file)
{
	static const char text[] = "short:x:1:1\n"
				   "minus:x:-1:1:g:/h:/s\n"
				   "words:x:0x10:1:g:/h:/s\n"
				   "large:x:4294967296:1:g:/h:/s\n"
				   "empty:x::1:g:/h:/s\n"
				   ":x:7:7:g:/h:/s\n"
				   "more:x:8:8:g:/h:/s:t\n"
				   "\n"
				   "good:x:9:10:g:/h:/s";
	static const char *const none[] = {"short", "minus", "words", "large", "empty",
					   "",      "more",  "goo",   "good:x"};
	struct passwd entry;

	write_file(text);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_expect_null(by_name(none[i], &entry), "%s", none[i]);
	cr_assert_not_null(by_name("good", &entry));
	cr_expect_eq(entry.pw_uid, 9);
	cr_expect_eq(entry.pw_gid, 10);
	cr_expect_str_eq(entry.pw_dir, "/h");
}

Test(passwd, the_rest_of_a_line_that_is_too_long_is_no_line, .fini = remove_file)
{
	char text[600];
	struct passwd entry;

	/* What stands behind the buffer's size looks like an entry. */
	memset(text, 'a', 256);
	(void)strcpy(text + 256, "root:x:0:0:g:/h:/s\nnext:x:3:4:g:/h:/s\n");
	write_file(text);
	cr_expect_null(by_name("root", &entry));
	cr_expect_not_null(by_name("next", &entry));
}

Test(passwd, a_file_that_is_not_there_is_an_error)
{
	char buffer[64];
	struct passwd entry, *found = &entry;

	cr_expect_eq(passwd_find("/nonexistent/passwd", "root", 0, &entry, buffer, sizeof(buffer),
				 &found),
		     ENOENT);
	cr_expect_null(found);
}
