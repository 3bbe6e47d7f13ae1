/*
 * In: a line without control characters. Out: one message to whoever listens at a path, in the form
 * that every syslog daemon and journald take there (RFC 3164, section 4.1, without a host's name).
 * syslog(3) would do the same, but tells nobody when there is no such daemon: an alert would count
 * as delivered that is nowhere.
 */
#include "runtime/audit/alert_syslog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* The length of the message, which the caller frees; -1 with errno. */
static int make_message(const char *line, char **out)
{
	/* Not strftime: a locale has other names. */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return -1;
	return asprintf(out, "<%d>%.3s %2d %02d:%02d:%02d writ[%ld]: %s",
			LOG_AUTHPRIV | LOG_WARNING, months + (size_t)3 * (size_t)tm.tm_mon,
			tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (long)getpid(), line);
}

/* A descriptor, or -1 with errno. *is_stream: messages end with a NUL there. */
static int connect_to(const char *path, int *is_stream)
{
	static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int saved = EPROTOTYPE;

	if (strlen(path) >= sizeof(to.sun_path))
		return errno = ENAMETOOLONG, -1;
	memcpy(to.sun_path, path, strlen(path) + 1);
	for (*is_stream = 0; *is_stream < 2 && saved == EPROTOTYPE; ++*is_stream) {
		int fd = socket(AF_UNIX, types[*is_stream] | SOCK_CLOEXEC, 0);

		if (fd >= 0 && !connect(fd, (const struct sockaddr *)&to, sizeof(to)))
			return fd;
		saved = errno;
		if (fd >= 0)
			(void)close(fd);
	}
	return errno = saved, -1;
}

static int send_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return errno;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int alert_syslog_send(const char *path, const char *line)
{
	char *message = NULL;
	int is_stream;
	int n = make_message(line, &message);
	int fd;
	int rc;

	if (n < 0)
		return ENOMEM;
	fd = connect_to(path, &is_stream);
	rc = fd < 0 ? errno : send_all(fd, message, (size_t)n + (is_stream ? 1 : 0));
	if (fd >= 0)
		(void)close(fd);
	free(message);
	return rc;
}
