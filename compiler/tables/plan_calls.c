/*
 * The lists of system calls that plans are made by: metadata.def, mediated.def and net_calls.def
 * made into arrays.
 */
#include "tables/plan_calls.h"

#include <stddef.h>

#define METADATA(name) #name,
#define METADATA_REQUEST(value)
static const char *const metadata[] = {
#include "tables/metadata.def"
};
#undef METADATA
#undef METADATA_REQUEST

#define METADATA(name)
#define METADATA_REQUEST(value) (value),
static const uint32_t requests[] = {
#include "tables/metadata.def"
};
#undef METADATA
#undef METADATA_REQUEST

#define MEDIATED(name) #name,
#define EVADES(name)
static const char *const mediated[] = {
#include "tables/mediated.def"
};
#undef MEDIATED
#undef EVADES

#define MEDIATED(name)
#define EVADES(name) #name,
static const char *const evading[] = {
#include "tables/mediated.def"
};
#undef MEDIATED
#undef EVADES

#define GATED(name) #name,
static const char *const gated[] = {
#include "tables/net_calls.def"
};
#undef GATED

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

const char *call_metadata_at(uint32_t index)
{
	return index < LEN(metadata) ? metadata[index] : NULL;
}

const char *call_evading_at(uint32_t index)
{
	return index < LEN(evading) ? evading[index] : NULL;
}

uint32_t call_metadata_request_at(uint32_t index)
{
	return index < LEN(requests) ? requests[index] : 0;
}

static bool is_one_of(struct str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq_cstr(name, names[i]))
			return true;
	}
	return false;
}

bool call_is_metadata(struct str name)
{
	return is_one_of(name, metadata, LEN(metadata));
}

bool call_is_mediated(struct str name)
{
	return is_one_of(name, mediated, LEN(mediated));
}

bool call_is_gated(struct str name)
{
	return is_one_of(name, gated, LEN(gated));
}
