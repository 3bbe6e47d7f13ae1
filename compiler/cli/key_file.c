/*
 * See key_file.h. A secret key that others can read is refused, as it is no secret: a message now
 * is better than a signature that proves nothing. A pipe is taken as it is, so that a key need not
 * be on disk at all (--sign <(...)).
 */
#include "cli/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

#define MAX_FILE ((size_t)4096)

static int fail_errno(const char *path)
{
	return cli_file_error(path, "can't read the key: %s", strerror(errno));
}

static int check_file(const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode))
		return cli_file_error(path, "can't read the key: it is not a file");
	return CLI_OK;
}

/* Asked once it is known to be a secret key: of a public one it would be the wrong advice. */
static int check_owner(const char *path, const struct stat *st)
{
	if (S_ISREG(st->st_mode) && (st->st_mode & (S_IRWXG | S_IRWXO)))
		return cli_file_error(path,
				      "can't use the key: others than its owner may open the "
				      "file ('chmod 600' it, or make a new key if somebody has)");
	return CLI_OK;
}

static int read_key(const char *path, int fd, struct secret_key *out)
{
	char text[MAX_FILE];
	const char *wrong;
	size_t done = 0;
	ssize_t n = 1;

	while (n && done < sizeof(text)) {
		n = read(fd, text + done, sizeof(text) - done);
		if (n < 0 && errno != EINTR)
			return fail_errno(path);
		done += n > 0 ? (size_t)n : 0;
	}
	wrong = secret_key_parse((struct str){text, done}, out);
	sodium_memzero(text, sizeof(text));
	return wrong ? cli_file_error(path, "can't use the key: %s", wrong) : CLI_OK;
}

void key_file_wipe(struct secret_key *key)
{
	sodium_memzero(key, sizeof(*key));
}

int key_file_load(const char *path, struct secret_key *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	int rc;

	if (fd < 0)
		return fail_errno(path);
	rc = fstat(fd, &st) ? fail_errno(path) : check_file(path, &st);
	if (rc == CLI_OK)
		rc = read_key(path, fd, out);
	if (rc == CLI_OK)
		rc = check_owner(path, &st);
	if (rc != CLI_OK)
		key_file_wipe(out);
	close(fd);
	return rc;
}
