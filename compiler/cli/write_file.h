/*
 * Output files that are there completely or not at all.
 */
#ifndef WRIT_CLI_WRITE_FILE_H
#define WRIT_CLI_WRITE_FILE_H

#include <stddef.h>

/*
 * Replaces the file at path by size bytes: written to a temporary file beside it, synced, renamed.
 * A file that was there lends the new one its permissions. 0, or a negative errno, and then path is
 * as it was before. A path that exists and is not a regular file is -EISDIR or -EEXIST. SIGHUP,
 * SIGINT, SIGQUIT and SIGTERM are held back meanwhile; when one comes early enough the answer is
 * -EINTR.
 */
__attribute__((warn_unused_result)) int write_file(const char *path, const void *bytes,
						   size_t size);

#endif
