/*
 * What the parts of `writc show` share: one file a group of sections, each with a text and a JSON
 * form.
 */
#ifndef WRIT_CLI_SHOW_H
#define WRIT_CLI_SHOW_H

#include <jansson.h>
#include <stdio.h>

#include "link/bundle_read.h"
#include "tables/syscalls.h"

struct show {
	struct arena *arena;
	const struct bundle_image *image;
	FILE *out;
	uint32_t sandbox;    /* only this one, or WRIT_NONE */
	uint32_t audit_arch; /* only filters for it, or 0 */
};

/* The sections of the whole policy. */
void show_policy_text(const struct show *show);
json_t *show_policy_json(const struct show *show);
void show_rbac_text(const struct show *show);
json_t *show_rbac_json(const struct show *show);

/* The sections of a sandbox: printed for one at a time, without its name. */
void show_landlock_text(const struct show *show, const struct writ_fmt_sandbox *sandbox);
json_t *show_landlock_json(const struct show *show, const struct writ_fmt_sandbox *sandbox);
void show_network_text(const struct show *show, const struct writ_fmt_sandbox *sandbox);
json_t *show_network_json(const struct show *show, const struct writ_fmt_sandbox *sandbox);
void show_filesystem_text(const struct show *show, const struct writ_fmt_sandbox *sandbox);
json_t *show_filesystem_json(const struct show *show, const struct writ_fmt_sandbox *sandbox);
void show_calls_text(const struct show *show, const struct writ_fmt_sandbox *sandbox);
json_t *show_calls_json(const struct show *show, const struct writ_fmt_sandbox *sandbox);
void show_seccomp_text(const struct show *show, const struct writ_fmt_sandbox *sandbox);
json_t *show_seccomp_json(const struct show *show, const struct writ_fmt_sandbox *sandbox);
void show_limits_text(const struct show *show, const struct writ_fmt_sandbox *sandbox);
json_t *show_limits_json(const struct show *show, const struct writ_fmt_sandbox *sandbox);
void show_plan_text(const struct show *show, const struct writ_fmt_sandbox *sandbox);
json_t *show_plan_json(const struct show *show, const struct writ_fmt_sandbox *sandbox);
void show_env_text(const struct show *show, const struct writ_fmt_sandbox *sandbox);
json_t *show_env_json(const struct show *show, const struct writ_fmt_sandbox *sandbox);

/* The architecture of a filter, or false when this version has no name for it. */
bool show_arch(uint32_t audit_arch, enum arch *out);

/* A run of parts as it is written in a policy: "${workspace}/src", "~/.cache". */
struct str show_parts(const struct show *show, struct writ_fmt_range parts);

/* One of each, in a line: "connect TCP port 443", "deny 10.0.0.0/8:*", "wall 60s". */
struct str show_port(const struct show *show, const struct writ_fmt_port *port);
struct str show_endpoint(const struct show *show, const struct writ_fmt_endpoint *endpoint);
struct str show_limit(struct arena *arena, const struct writ_fmt_limit *limit);

/* "64MiB", in the largest unit that divides it. */
struct str show_size(struct arena *arena, uint64_t bytes);

/*
 * The text a record names, with what could act on a terminal replaced by \xHH: a bundle from
 * elsewhere holds whatever its author put there.
 */
struct str show_str(const struct show *show, struct writ_fmt_str str);

/* The same for a place between quotes: a quote or a backslash has a backslash before it. */
struct str show_quoted(const struct show *show, struct writ_fmt_str str);

/* A JSON string of any bytes; such that are not UTF-8 appear as \xHH. */
json_t *show_json_str(const struct show *show, struct writ_fmt_str str);

#endif
