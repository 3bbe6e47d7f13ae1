/*
 * What makes two policies comparable: texts as keys, and what is known about two paths, hosts,
 * ports or patterns whatever the parameters in them turn out to be.
 *
 * Every relation is claimed only when it holds for all values of the parameters: "${w}/a" is below
 * "${w}", but nothing is known about "${w}" and "/srv". A parameter's value may hold "..", so a
 * text is below another only when what it has more is literal and clean.
 */
#include "ir/ir_diff_impl.h"

#include <inttypes.h>
#include <string.h>

#include "ir/ir_endpoint.h"

struct diff_unit {
	uint64_t factor;
	const char *name;
};

static const char home_mark[] = {'\0', '~', '\0'};

void diff_put(struct arena *arena, struct diff_bytes *out, const void *bytes, size_t n)
{
	const char *from = bytes;

	for (size_t i = 0; i < n; i++)
		vec_add(arena, out, from[i]);
}

void diff_put_str(struct arena *arena, struct diff_bytes *out, struct str text)
{
	uint64_t len = text.len;

	diff_put(arena, out, &len, sizeof(len));
	diff_put(arena, out, text.ptr, text.len);
}

static void put_part(struct arena *arena, struct diff_bytes *out, const struct ir_policy *policy,
		     const struct ir_part *part)
{
	struct str name;

	switch (part->kind) {
	case IR_PART_LITERAL:
		diff_put(arena, out, part->literal.ptr, part->literal.len);
		break;
	case IR_PART_PARAM:
		name = policy->params.items[part->param].name;
		vec_add(arena, out, '\0');
		diff_put(arena, out, name.ptr, name.len);
		vec_add(arena, out, '\0');
		break;
	case IR_PART_HOME:
		diff_put(arena, out, home_mark, sizeof(home_mark));
		break;
	}
}

struct str diff_key(struct arena *arena, const struct ir_policy *policy, const struct ir_text *text)
{
	struct diff_bytes out = {0};

	for (size_t i = 0; i < text->n; i++)
		put_part(arena, &out, policy, &text->parts[i]);
	return out.n ? (struct str){out.items, out.n} : STR("");
}

bool diff_key_is_literal(struct str key)
{
	return !memchr(key.ptr, '\0', key.len);
}

static bool is_clean_component(const char *at, size_t len)
{
	if (len == 0 || (len == 1 && at[0] == '.') || (len == 2 && at[0] == '.' && at[1] == '.'))
		return false;
	return !memchr(at, '\0', len);
}

/* Literal names only, so that it can't lead anywhere else whatever the parameters are. */
static bool is_clean(struct str tail)
{
	size_t begin = 0;

	for (size_t i = 0; i <= tail.len; i++) {
		if (i < tail.len && tail.ptr[i] != '/')
			continue;
		if (!is_clean_component(tail.ptr + begin, i - begin))
			return false;
		begin = i + 1;
	}
	return true;
}

static struct str tail_from(struct str text, size_t at)
{
	return (struct str){text.ptr + at, text.len - at};
}

static bool ends_name(struct str path, size_t at)
{
	return at == path.len || path.ptr[at] == '/';
}

/* Just behind the last slash before a place; 0: there is none. */
static size_t name_begin(struct str path, size_t at)
{
	while (at > 0 && path.ptr[at - 1] != '/')
		at--;
	return at;
}

/* "/" is the tree of the empty name. */
static struct str without_slash(struct str path)
{
	if (path.len > 0 && path.ptr[path.len - 1] == '/')
		path.len--;
	return path;
}

enum diff_relation diff_paths(struct str a, struct str b)
{
	size_t n = 0, name;

	a = without_slash(a);
	b = without_slash(b);
	while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
		n++;
	if (n == a.len && n == b.len)
		return DIFF_SAME;
	if (n == a.len && ends_name(b, n))
		return is_clean(tail_from(b, n + 1)) ? DIFF_ABOVE : DIFF_UNRELATED;
	if (n == b.len && ends_name(a, n))
		return is_clean(tail_from(a, n + 1)) ? DIFF_BELOW : DIFF_UNRELATED;
	name = name_begin(a, n);
	if (name == 0 || !is_clean(tail_from(a, name)) || !is_clean(tail_from(b, name)))
		return DIFF_UNRELATED;
	return DIFF_APART;
}

struct diff_host diff_host(struct arena *arena, const struct ir_policy *policy,
			   const struct ir_endpoint *endpoint)
{
	struct diff_host host = {.endpoint = endpoint,
				 .name = diff_key(arena, policy, &endpoint->name)};

	if (endpoint->param != IR_NONE)
		host.param = policy->params.items[endpoint->param].name;
	return host;
}

static enum diff_relation nets(const struct ir_endpoint *a, const struct ir_endpoint *b)
{
	if (ir_net_holds(a, b->address, b->prefix))
		return a->prefix == b->prefix ? DIFF_SAME : DIFF_ABOVE;
	if (ir_net_holds(b, a->address, a->prefix))
		return DIFF_BELOW;
	return DIFF_APART;
}

/* Is name below suffix, that is: does it end with "." and the suffix? */
static bool is_subdomain(struct str name, struct str suffix)
{
	size_t rest;

	if (name.len < suffix.len + 2)
		return false;
	rest = name.len - suffix.len;
	return name.ptr[rest - 1] == '.' && memcmp(name.ptr + rest, suffix.ptr, suffix.len) == 0;
}

/* Both are NAME or SUFFIX. */
static enum diff_relation names(const struct diff_host *a, const struct diff_host *b)
{
	bool a_suffix = a->endpoint->kind == IR_HOST_SUFFIX;
	bool b_suffix = b->endpoint->kind == IR_HOST_SUFFIX;

	if (str_eq(a->name, b->name) && a_suffix == b_suffix)
		return DIFF_SAME;
	if (a_suffix && is_subdomain(b->name, a->name))
		return DIFF_ABOVE;
	if (b_suffix && is_subdomain(a->name, b->name))
		return DIFF_BELOW;
	return diff_key_is_literal(a->name) && diff_key_is_literal(b->name) ? DIFF_APART
									    : DIFF_UNRELATED;
}

enum diff_relation diff_hosts(const struct diff_host *a, const struct diff_host *b)
{
	enum ir_host_kind a_kind = a->endpoint->kind, b_kind = b->endpoint->kind;

	if (a_kind == IR_HOST_ANY)
		return b_kind == IR_HOST_ANY ? DIFF_SAME : DIFF_ABOVE;
	if (b_kind == IR_HOST_ANY)
		return DIFF_BELOW;
	if (a_kind == IR_HOST_NET && b_kind == IR_HOST_NET)
		return nets(a->endpoint, b->endpoint);
	if (a_kind != IR_HOST_NET && b_kind != IR_HOST_NET)
		return names(a, b);
	/* A parameter's value may be an address; a written name is none. */
	return diff_key_is_literal(a->name) && diff_key_is_literal(b->name) ? DIFF_APART
									    : DIFF_UNRELATED;
}

bool diff_ports_within(const struct diff_host *a, const struct diff_host *b)
{
	bool b_any = !b->param.len && b->endpoint->first == 0 && b->endpoint->last == UINT16_MAX;

	if (a->param.len || b->param.len)
		return b_any || str_eq(a->param, b->param);
	return b->endpoint->first <= a->endpoint->first && a->endpoint->last <= b->endpoint->last;
}

bool diff_glob_covers(struct str p, struct str q)
{
	size_t i = 0, n = 0, star = SIZE_MAX, resume = 0;

	/*
	 * q is read as a text whose "*" and "?" are letters: only a "*" of p takes a "*". That is
	 * enough to be sure, though not all that is true.
	 */
	while (n < q.len) {
		bool q_star = q.ptr[n] == '*';

		if (i < p.len && p.ptr[i] == '*') {
			star = i++;
			resume = n;
		} else if (i < p.len && !q_star && (p.ptr[i] == q.ptr[n] || p.ptr[i] == '?')) {
			i++;
			n++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			n = ++resume;
		} else {
			return false;
		}
	}
	while (i < p.len && p.ptr[i] == '*')
		i++;
	return i == p.len;
}

struct ir_diff_entry *diff_entry(struct diff *diff, struct diff_entries *list,
				 enum ir_diff_change change, enum ir_diff_effect effect)
{
	struct ir_diff_entry *entry = vec_push(diff->arena, list);

	entry->change = change;
	entry->effect = effect;
	entry->before = entry->after = entry->example = entry->note = STR("");
	return entry;
}

void diff_object(struct diff *diff, struct ir_diff_entry *entry, struct str name,
		 const struct ir_origin *origin, int side)
{
	struct ir_diff_object *object = vec_push(diff->arena, &entry->objects);

	object->name = name;
	object->in_old = side == OLD;
	if (origin)
		object->origin = *origin;
}

enum ir_diff_effect diff_effect_join(enum ir_diff_effect a, enum ir_diff_effect b)
{
	if (a == IR_DIFF_NEUTRAL || a == b)
		return b;
	return b == IR_DIFF_NEUTRAL ? a : IR_DIFF_CHANGED;
}

enum ir_diff_effect diff_effect_of(const struct diff_entries *list)
{
	enum ir_diff_effect effect = IR_DIFF_NEUTRAL;

	for (size_t i = 0; i < list->n; i++)
		effect = diff_effect_join(effect, list->items[i].effect);
	return effect;
}

/* The greatest unit that a value is a whole number of. */
static struct str with_unit(struct diff *diff, uint64_t value, const struct diff_unit *units)
{
	while (units->factor > 1 && (value < units->factor || value % units->factor))
		units++;
	return str_printf(diff->arena, "%" PRIu64 "%s", value / units->factor, units->name);
}

struct str diff_size_text(struct diff *diff, uint64_t bytes)
{
	static const struct diff_unit units[] = {{1u << 30, "GiB"},
						 {1u << 20, "MiB"},
						 {1u << 10, "KiB"},
						 {1, " bytes"}};

	return with_unit(diff, bytes, units);
}

struct str diff_duration_text(struct diff *diff, uint64_t ms)
{
	static const struct diff_unit units[] = {{3600000, "h"},
						 {60000, "m"},
						 {1000, "s"},
						 {1, "ms"}};

	return with_unit(diff, ms, units);
}
