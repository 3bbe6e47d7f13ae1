/*
 * Validation of what a sandbox may reach, beyond what Landlock is told: endpoints, denied paths,
 * scratch directories and unix sockets.
 *
 * In: an image whose parameters and parts have been accepted. One record at a time; which of them
 * belong to a sandbox is runtime/verify_sandbox.c's to check.
 */
#include "runtime/verify.h"

#define ENDPOINT_FLAGS                                                                             \
	(WRIT_ENDPOINT_CONNECT | WRIT_ENDPOINT_BIND | WRIT_ENDPOINT_DENY | WRIT_ENDPOINT_UDP |     \
	 WRIT_ENDPOINT_SNI)
#define SNI_FLAGS    (WRIT_ENDPOINT_CONNECT | WRIT_ENDPOINT_SNI)
#define ADDRESS_BITS 128u
#define MAX_SCRATCH  (UINT64_C(1) << 62)

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
