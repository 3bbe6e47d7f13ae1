/*
 * See broker_umask.h. The kernel tells a process's umask in procfs; what it tells is the mask of
 * the thread that waits for us, so it can't change but by another one that shares it. The tool's
 * own name comes before it, in which a newline is written as an escape (proc_pid_status(5)).
 */
#include "runtime/broker_umask.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "runtime/broker_path.h"
#include "runtime/raw.h"

#define DEFAULT_UMASK 022u
#define UMASK_BITS    0777u
#define STATUS_BYTES  256 /* the name's line, and this one, which is the second */
#define DIGITS        4

static const char label[] = "\nUmask:\t";

static int parse(const char *status, unsigned int *out)
{
	const char *at = status + strcspn(status, "\n");
	unsigned int mask = 0;

	if (strncmp(at, label, sizeof(label) - 1) != 0)
		return -ENODATA;
	at += sizeof(label) - 1;
	for (int i = 0; i < DIGITS; i++) {
		if (at[i] < '0' || at[i] > '7')
			return -ENODATA;
		mask = mask * 8 + (unsigned int)(at[i] - '0');
	}
	*out = mask;
	return 0;
}

static int read_mask(const struct broker *broker, unsigned int *out)
{
	char path[BROKER_DIGIT + sizeof("/status")];
	char status[STATUS_BYTES];
	size_t len;
	long n;
	int fd;

	broker_number(path, broker->notif.pid);
	len = strlen(path);
	memcpy(path + len, "/status", sizeof("/status"));
	fd = (int)RAW(SYS_openat, broker->proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fd;
	n = RAW(SYS_read, fd, status, sizeof(status) - 1);
	(void)RAW(SYS_close, fd);
	if (n < 0)
		return (int)n;
	status[n] = '\0';
	return parse(status, out);
}

void broker_umask_init(struct broker *broker)
{
	broker->all_umasks = DEFAULT_UMASK;
	broker->has_umasks = false;
	(void)RAW(SYS_umask, DEFAULT_UMASK);
}

void broker_umask_note(struct broker *broker, unsigned int mask)
{
	broker->all_umasks |= mask & UMASK_BITS;
	broker->has_umasks = true;
}

void broker_umask_adopt(struct broker *broker)
{
	unsigned int mask;

	if (!broker->has_umasks)
		return;
	/* Landlock does not let us read what the sandbox grants no /proc for. */
	if (read_mask(broker, &mask))
		mask = broker->all_umasks;
	(void)RAW(SYS_umask, mask);
}
