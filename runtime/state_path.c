/*
 * The usual place of a monitor's state: of root below /run; of others in what their session has for
 * such, if it is theirs alone, or in /tmp under their number. Nobody is asked but the environment
 * of whoever starts the monitor; whether the directory may be used is looked at when it is opened.
 */
#include "runtime/state_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRIVATE "private" /* WRIT_STATE_PRIVATE */

/* May nobody but the caller put something into it? */
static bool is_own(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
	       (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int usual_path(char *path)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		return snprintf(path, PATH_MAX, "/run/writ");
	if (runtime && *runtime == '/' && is_own(runtime))
		return snprintf(path, PATH_MAX, "%s/writ", runtime);
	return snprintf(path, PATH_MAX, "/tmp/writ-%u", (unsigned int)geteuid());
}

bool state_path(const char *directory, char path[PATH_MAX])
{
	int n;

	if (directory && strcmp(directory, PRIVATE) == 0)
		return false;
	n = directory ? snprintf(path, PATH_MAX, "%s", directory) : usual_path(path);
	return n > 0 && n < PATH_MAX;
}
