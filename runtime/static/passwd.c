/*
 * Looking up a user in a file of passwd(5).
 *
 * In: lines of seven fields, separated by colons. Out: the first that matches. A line that is not
 * such a one, or longer than the caller's buffer, is nobody's: it is passed over as a whole.
 */
#include "runtime/static/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK    1024
#define N_FIELDS 7

struct lines {
	int fd;
	ssize_t left; /* bytes at next; negative: they could not be read */
	const char *next;
	char chunk[CHUNK];
};

/* The next byte; -1 at the end. */
static int next_byte(struct lines *in)
{
	if (in->left <= 0) {
		in->left = read(in->fd, in->chunk, CHUNK);
		in->next = in->chunk;
	}
	if (in->left <= 0)
		return -1;
	in->left--;
	return (unsigned char)*in->next++;
}

/* The next line into buffer, empty when it does not fit. False at the end. */
static bool next_line(struct lines *in, char *buffer, size_t size)
{
	size_t len = 0;
	int byte = next_byte(in);

	if (byte < 0)
		return false;
	for (; byte >= 0 && byte != '\n'; byte = next_byte(in)) {
		if (len < size)
			buffer[len++] = (char)byte;
	}
	buffer[len < size ? len : 0] = '\0';
	return true;
}

/* A number of decimal digits alone, as an id is written. */
static bool read_id(const char *text, unsigned int *id)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*id = (unsigned int)number;
	return *text >= '0' && *text <= '9' && !*end && number <= 0xffffffff;
}

/* Cuts a line into its fields. */
static bool read_entry(char *line, struct passwd *entry)
{
	char *fields[N_FIELDS];

	for (size_t i = 0; i < N_FIELDS; i++) {
		char *colon = strchr(line, ':');

		if (!colon != (i == N_FIELDS - 1))
			return false;
		fields[i] = line;
		if (colon) {
			*colon = '\0';
			line = colon + 1;
		}
	}
	*entry = (struct passwd){
		.pw_name = fields[0],
		.pw_passwd = fields[1],
		.pw_gecos = fields[4],
		.pw_dir = fields[5],
		.pw_shell = fields[6],
	};
	return *fields[0] && read_id(fields[2], &entry->pw_uid) &&
	       read_id(fields[3], &entry->pw_gid);
}

int passwd_find(const char *path, const char *name, uid_t uid, struct passwd *entry, char *buffer,
		size_t size, struct passwd **found)
{
	struct lines in = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
	int rc = 0;

	*found = NULL;
	if (in.fd < 0)
		return errno;
	while (!*found && next_line(&in, buffer, size)) {
		if (read_entry(buffer, entry) &&
		    (name ? strcmp(entry->pw_name, name) == 0 : entry->pw_uid == uid))
			*found = entry;
	}
	if (in.left < 0)
		rc = errno;
	(void)close(in.fd);
	return rc;
}
