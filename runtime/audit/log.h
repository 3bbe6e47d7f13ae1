/*
 * An open log, for the parts of libwrit-audit that take part in writing it.
 */
#ifndef WRIT_AUDIT_LOG_H
#define WRIT_AUDIT_LOG_H

#include "runtime/audit/writer.h"

struct writ_audit {
	struct writer writer;
	struct writ_audit_options options;
	void *page;                   /* memory that is zero in a child of a fork */
	_Atomic unsigned char *alive; /* its first byte */
};

#endif
