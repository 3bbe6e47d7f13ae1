/*
 * Validation of plans: each bit that builds on another has it, and what a sandbox says of itself
 * has the bits that it calls for. What the bits should be for the rules is proven by the compiler;
 * here it is only made sure that a launch finds what it relies on.
 */
#include "runtime/verify.h"

/* A plan with all of one row's first bits has all of its second. */
static const struct {
	uint32_t has;
	uint32_t needs;
} rows[] = {
	{WRIT_PLAN_READ_ONLY, WRIT_PLAN_MOUNT_NS},
	{WRIT_PLAN_NOEXEC, WRIT_PLAN_MOUNT_NS},
	{WRIT_PLAN_PROC, WRIT_PLAN_MOUNT_NS | WRIT_PLAN_PID_NS},
	{WRIT_PLAN_MOUNT_NS, WRIT_PLAN_PID_NS},
	{WRIT_PLAN_PID_NS, WRIT_PLAN_KEEPER},
	{WRIT_PLAN_BROKER, WRIT_PLAN_KEEPER},
	{WRIT_PLAN_NETWORK, WRIT_PLAN_KEEPER},
	{WRIT_PLAN_RESOLVER, WRIT_PLAN_NETWORK},
};

bool verify_plan(const struct writ_fmt_sandbox *box)
{
	bool strict = box->flags & WRIT_SANDBOX_STRICT_EXEC;
	bool peers = box->endpoints.count || box->unix_sockets.count;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (box->plan & rows[i].has && (box->plan & rows[i].needs) != rows[i].needs)
			return false;
	}
	if (strict != ((box->plan & WRIT_PLAN_NOEXEC) != 0))
		return false;
	if (box->plan & WRIT_PLAN_BROKER && box->denies.count == 0)
		return false;
	if (peers != ((box->plan & WRIT_PLAN_NETWORK) != 0))
		return false;
	return box->scratches.count == 0 || box->plan & WRIT_PLAN_MOUNT_NS;
}
