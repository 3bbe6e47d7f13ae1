/*
 * Questions for tests.
 */
#include "support/requests_maker.h"

#include <criterion/criterion.h>

struct requests *requests_of(const char *directory)
{
	struct requests *requests = NULL;
	struct writ_error error;
	struct state *state;

	cr_assert_eq(state_open(directory, &state, &error), 0, "%s", error.text);
	cr_assert_eq(requests_open(state, &requests, &error), 0, "%s", error.text);
	state_close(state);
	return requests;
}
