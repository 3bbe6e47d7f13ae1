/*
 * Validation of what a sandbox may reach and call, beyond what Landlock is told: endpoints, denied
 * paths, scratch directories, unix sockets, and the system call rules that its filters were made
 * from.
 *
 * In: an image whose parameters and parts have been accepted. One record at a time; which of them
 * belong to a sandbox is runtime/verify_sandbox.c's to check.
 */
#include "runtime/verify.h"

#define ENDPOINT_FLAGS                                                                             \
	(WRIT_ENDPOINT_CONNECT | WRIT_ENDPOINT_BIND | WRIT_ENDPOINT_DENY | WRIT_ENDPOINT_UDP |     \
	 WRIT_ENDPOINT_SNI)
#define SNI_FLAGS        (WRIT_ENDPOINT_CONNECT | WRIT_ENDPOINT_SNI)
#define ADDRESS_BITS     128u
#define MAX_SCRATCH      (UINT64_C(1) << 62)
#define MAX_CALL_CONDS   64u
#define MAX_ERRNO        4095u /* of SECCOMP_RET_DATA, seccomp(2) */
#define N_CALL_ARGS      6u
#define COND_MASKED_FROM 6u /* the operators from here on have a mask */
#define N_COND_OPS       8u

static bool ports_ok(const struct image *image, const struct writ_fmt_endpoint *endpoint)
{
	bool is_any = endpoint->first == 0 && endpoint->last == UINT16_MAX;

	if (endpoint->param == WRIT_NONE)
		return is_any || (endpoint->first && endpoint->first <= endpoint->last);
	return !endpoint->first && !endpoint->last &&
	       endpoint->param < image_count(image, WRIT_SECTION_PARAMS) &&
	       image_PARAMS(image, endpoint->param)->type == WRIT_PARAM_PORT;
}

/* The bits behind the prefix are zero; all are when the endpoint has no address. */
static bool address_ok(const struct writ_fmt_endpoint *endpoint)
{
	if (endpoint->prefix > (endpoint->kind == WRIT_HOST_NET ? ADDRESS_BITS : 0))
		return false;
	for (uint32_t bit = endpoint->prefix; bit < ADDRESS_BITS; bit++) {
		if (endpoint->address[bit / 8] & 0x80u >> bit % 8)
			return false;
	}
	return true;
}

const char *verify_endpoint(const struct image *image, uint32_t index)
{
	const struct writ_fmt_endpoint *endpoint = image_ENDPOINTS(image, index);
	uint32_t grants = endpoint->flags & (WRIT_ENDPOINT_CONNECT | WRIT_ENDPOINT_BIND);
	bool has_name = endpoint->kind == WRIT_HOST_NAME || endpoint->kind == WRIT_HOST_SUFFIX;

	if (endpoint->flags & ~ENDPOINT_FLAGS || (endpoint->flags & WRIT_ENDPOINT_DENY && grants) ||
	    (endpoint->flags & WRIT_ENDPOINT_SNI && (endpoint->flags != SNI_FLAGS || !has_name)))
		return "the flags";
	if (endpoint->kind > WRIT_HOST_NET)
		return "an unknown kind";
	if (has_name ? endpoint->name.count == 0 || !verify_text(image, endpoint->name)
		     : endpoint->name.first || endpoint->name.count)
		return "the name";
	if (!address_ok(endpoint))
		return "the address";
	if (!ports_ok(image, endpoint))
		return "the ports";
	return endpoint->reserved ? "a reserved field is not zero" : NULL;
}

static const char *check_place(const struct image *image, const struct writ_fmt_place *place)
{
	return verify_path_text(image, place->text) ? NULL
						    : "it is not the text of an absolute path";
}

const char *verify_deny(const struct image *image, uint32_t index)
{
	const struct writ_fmt_place *place = image_DENIES(image, index);

	return place->size_bytes ? "a size" : check_place(image, place);
}

const char *verify_scratch(const struct image *image, uint32_t index)
{
	const struct writ_fmt_place *place = image_SCRATCHES(image, index);

	if (place->size_bytes == 0 || place->size_bytes > MAX_SCRATCH)
		return "the size";
	return check_place(image, place);
}

const char *verify_unix_socket(const struct image *image, uint32_t index)
{
	const struct writ_fmt_place *place = image_UNIX_SOCKETS(image, index);

	return place->size_bytes ? "a size" : check_place(image, place);
}

/* Of most records there are, so each byte is looked at once: none that may be there is a NUL. */
static bool call_name_ok(const struct image *image, struct writ_fmt_str name)
{
	const char *bytes;

	if (name.len == 0 || name.len > WRIT_MAX_NAME ||
	    !image_has(image, WRIT_SECTION_STRINGS, name.offset, name.len + 1))
		return false;
	bytes = image_str(image, name);
	for (uint32_t i = 0; i < name.len; i++) {
		char c = bytes[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return !bytes[name.len];
}

const char *verify_call(const struct image *image, uint32_t index)
{
	const struct writ_fmt_call *call = image_CALLS(image, index);
	bool has_error = call->verdict == WRIT_CALL_ERRNO;

	if (!call_name_ok(image, call->name))
		return "the name";
	if (call->verdict > WRIT_CALL_NOTIFY)
		return "an unknown verdict";
	if (has_error ? !call->error || call->error > MAX_ERRNO : call->error != 0)
		return "the error";
	if (call->guard > 1)
		return "guard";
	if (call->conds.count == 0)
		return call->conds.first ? "the range of conditions" : NULL;
	return call->conds.count <= MAX_CALL_CONDS &&
			       image_has(image, WRIT_SECTION_CALL_CONDS, call->conds.first,
					 call->conds.count)
		       ? NULL
		       : "the range of conditions";
}

const char *verify_call_cond(const struct image *image, uint32_t index)
{
	const struct writ_fmt_call_cond *cond = image_CALL_CONDS(image, index);

	if (cond->arg >= N_CALL_ARGS)
		return "the argument";
	if (cond->op >= N_COND_OPS)
		return "an unknown operator";
	if (cond->is_64 > 1)
		return "is_64";
	if (cond->op < COND_MASKED_FROM && cond->mask)
		return "a mask";
	if (!cond->is_64 && (cond->mask > UINT32_MAX || cond->value > UINT32_MAX))
		return "a value wider than the argument";
	return NULL;
}
