/*
 * writc keygen: a key to sign bundles with, and its public half.
 *
 * Both files are made new, or none is: a key that is there is never written over, since what it has
 * signed could not be trusted by the new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/key_file.h"

static int fail_write(const char *path, int error)
{
	return cli_file_error(path, "can't write the key: %s",
			      error == EEXIST ? "it exists, and keys are not written over"
					      : strerror(error));
}

static int write_new(const char *path, mode_t mode, struct str text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	int error = 0;

	if (fd < 0)
		return fail_write(path, errno);
	if (write(fd, text.ptr, text.len) != (ssize_t)text.len || fsync(fd))
		error = errno ? errno : ENOSPC;
	if (close(fd) && !error)
		error = errno;
	if (!error)
		return CLI_OK;
	unlink(path);
	return fail_write(path, error);
}

static int write_pair(struct arena *arena, const char *name, const struct secret_key *key)
{
	struct str secret = str_printf(arena, "%s.key", name);
	struct str public = str_printf(arena, "%s.pub", name);
	int rc;

	errno = 0;
	rc = write_new(secret.ptr, 0600, secret_key_text(arena, key));
	if (rc != CLI_OK)
		return rc;
	rc = write_new(public.ptr, 0644, public_key_text(arena, key));
	if (rc != CLI_OK) {
		unlink(secret.ptr);
		return rc;
	}
	printf("%s: secret; 'writc compile --sign' takes it\n"
	       "%s: public, key %s; 'writ run --key' and 'writc verify --key' take it\n",
	       secret.ptr, public.ptr, key->id);
	return CLI_OK;
}

int verb_keygen(int argc, char **argv)
{
	const struct cli_option options[] = {{NULL, NULL, NULL}};
	int n = cli_parse("keygen", options, argc, argv);
	struct secret_key key;
	struct arena arena;
	int rc;

	if (n < 0)
		return CLI_USAGE;
	if (n != 1 || !*argv[0])
		return cli_usage_error("keygen", n > 1 ? "one name" : "what is the key called?");
	if (secret_key_make(&key)) {
		fputs("writc keygen: libsodium can't be used\n", stderr);
		return CLI_INPUT;
	}
	arena_init(&arena);
	rc = write_pair(&arena, argv[0], &key);
	arena_fini(&arena);
	key_file_wipe(&key);
	return rc;
}
