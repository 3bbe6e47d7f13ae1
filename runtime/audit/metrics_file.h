/*
 * A file that is replaced at once, or stays as it was.
 */
#ifndef WRIT_AUDIT_METRICS_FILE_H
#define WRIT_AUDIT_METRICS_FILE_H

#include "runtime/writ.h"

/* Errors: SYSTEM, INVALID (the name is too long). */
WRIT_MUST_CHECK int metrics_file_replace(const char *path, const char *text, size_t len,
					 struct writ_error *error);

#endif
