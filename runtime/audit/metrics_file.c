/*
 * Metrics in a file, for a collector that reads whatever file stands there: a temporary one beside
 * it is written whole and then takes its name, so that no half of it is ever read.
 */
#include "runtime/audit/metrics_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/audit/fail.h"
#include "runtime/writ_metrics.h"

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Root's rename() puts a file in the place of a device or a pipe as well. */
static bool may_replace(const char *path)
{
	struct stat st;

	return lstat(path, &st) || S_ISREG(st.st_mode) || S_ISLNK(st.st_mode);
}

int metrics_file_replace(const char *path, const char *text, size_t len, struct writ_error *error)
{
	char temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	int fd, failed, saved;

	if (n < 0 || (size_t)n >= sizeof(temporary))
		return fail_set(error, WRIT_E_INVALID, "the file's name is too long");
	if (!may_replace(path))
		return fail_set(error, WRIT_E_INVALID, "%.300s is not a regular file", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, "%.300s", temporary);
	/* Whoever collects may be another user. */
	failed = write_all(fd, text, len) || fchmod(fd, 0644);
	failed |= close(fd);
	if (!failed && !rename(temporary, path))
		return 0;
	saved = errno;
	(void)unlink(temporary);
	return fail_errno(error, saved, "%.300s", path);
}

int writ_metrics_write(struct writ_metrics *metrics, const char *path, struct writ_error *error)
{
	char *text = NULL;
	size_t len = 0;
	int rc = writ_metrics_text(metrics, &text, &len, error);

	if (!rc)
		rc = metrics_file_replace(path, text, len, error);
	free(text);
	return rc;
}
