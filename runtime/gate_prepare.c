/*
 * The net gate of a launch, before there is a child.
 *
 * In: a sandbox's plan of the network. Out: a gate that copies it, as the sandbox may be closed
 * before the launch ends, with what the plan asks for: names, the look into TLS, and the count of
 * bytes, where events are wanted. All of it is the launch's memory; nothing is opened.
 */
#include "runtime/gate_prepare.h"

#include "runtime/error.h"
#include "runtime/net_names.h"

static int prepare_names(struct writ_process *process, struct net_gate *gate,
			 struct writ_error *error)
{
	struct net_names *names;

	if (!gate->plan.has_resolver)
		return 0;
	names = pool_alloc(&process->pool, sizeof(*names));
	if (!names)
		return error_nomem(error);
	names->plan = &gate->plan;
	names->servers = &process->servers;
	names->pins = &gate->pins;
	names->events = &gate->events;
	names->ends = gate->ends;
	gate->names = names;
	return 0;
}

/* How much went either way is told by events only. */
static int prepare_ends(struct pool *pool, struct net_gate *gate, struct writ_error *error)
{
	if (!gate->events.log)
		return 0;
	gate->ends = pool_alloc(pool, sizeof(*gate->ends));
	if (!gate->ends)
		return error_nomem(error);
	gate->ends->events = &gate->events;
	return 0;
}

static int prepare_tls(struct pool *pool, struct net_gate *gate, struct writ_error *error)
{
	if (!gate->plan.has_tls)
		return 0;
	gate->tls = pool_alloc(pool, sizeof(*gate->tls));
	if (!gate->tls)
		return error_nomem(error);
	gate->tls->owner = gate;
	gate->tls->ends = gate->ends;
	gate->tls->may_name = net_gate_may_name;
	return 0;
}

int gate_prepare(struct net_gate **out, struct writ_process *process, const struct net_plan *plan,
		 struct writ_net_log *log, struct writ_error *error)
{
	struct pool *pool = &process->pool;
	struct net_gate *gate = pool_alloc(pool, sizeof(*gate));
	int rc;

	if (!gate || net_plan_copy(&gate->plan, pool, plan))
		return error_nomem(error);
	*out = gate;
	gate->events.log = log;
	if (log && !net_log_take(log))
		return error_set(error, WRIT_E_INVALID, "a log of the network is of one launch");
	rc = prepare_ends(pool, gate, error);
	if (!rc)
		rc = prepare_tls(pool, gate, error);
	return rc ? rc : prepare_names(process, gate, error);
}
