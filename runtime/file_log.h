/*
 * A log of refused files, as the broker sees it: something to call. What is behind it is linked
 * only into programs that open a log.
 */
#ifndef WRIT_RUNTIME_FILE_LOG_H
#define WRIT_RUNTIME_FILE_LOG_H

#include "runtime/broker.h"
#include "runtime/writ_files.h"

/* What every log begins with. */
struct file_log {
	/* In the keeper: the call in broker->notif was given a negative errno for broker->refused.
	 */
	void (*add)(struct file_log *log, const struct broker *broker, long result);
};

#endif
