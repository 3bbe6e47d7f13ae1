#include <criterion/criterion.h>

#include "base/map.h"

Test(map, an_empty_map_has_nothing)
{
	struct map map = {0};

	cr_assert_not(map_get(&map, STR("x"), NULL));
}

Test(map, a_second_put_of_a_key_is_refused)
{
	struct arena arena;
	struct map map = {0};
	uint32_t value = 0;

	arena_init(&arena);
	cr_assert(map_put(&arena, &map, STR("role"), 1));
	cr_assert_not(map_put(&arena, &map, STR("role"), 2));
	cr_assert(map_get(&map, STR("role"), &value));
	cr_assert_eq(value, 1);
	cr_assert_eq(map.n, 1);
	arena_fini(&arena);
}

Test(map, keys_compare_by_all_their_bytes)
{
	struct arena arena;
	struct map map = {0};

	arena_init(&arena);
	cr_assert(map_put(&arena, &map, STR(""), 0));
	cr_assert(map_put(&arena, &map, (struct str){"a\0b", 3}, 1));
	cr_assert(map_put(&arena, &map, (struct str){"a\0c", 3}, 2));
	cr_assert(map_get(&map, STR(""), NULL));
	cr_assert_not(map_get(&map, STR("a"), NULL));
	arena_fini(&arena);
}

Test(map, ten_thousand_keys_survive_growth)
{
	struct arena arena;
	struct map map = {0};
	uint32_t value = 0;

	arena_init(&arena);
	for (uint32_t i = 0; i < 10000; i++)
		cr_assert(map_put(&arena, &map, str_printf(&arena, "tool_%u", i), i));
	for (uint32_t i = 0; i < 10000; i++) {
		cr_assert(map_get(&map, str_printf(&arena, "tool_%u", i), &value));
		cr_assert_eq(value, i);
	}
	cr_assert_not(map_get(&map, STR("tool_10000"), NULL));
	arena_fini(&arena);
}
