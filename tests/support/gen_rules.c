#include "support/gen_rules.h"

#include "support/ir_maker.h"

/* Constants that fall into and out of ranges, masks and each other's halves. */
static const uint64_t constants[] = {
	0,           1,           2,
	3,           7,           8,
	9,           0xf,         0x10,
	0xff,        0x100,       0x20000,
	0x20008,     0x7fffffff,  0x80000000,
	0x80000001,  0xffffff00,  0xfffffffe,
	0xffffffff,  1ull << 32,  0x1000000ff,
	0x140000000, 0x700000007, 0x7fffffffffffffff,
	1ull << 63,  UINT64_MAX,  0xffffffffull << 32,
};
#define N_CONSTANTS (sizeof(constants) / sizeof(constants[0]))

uint64_t gen_constant(uint64_t *random)
{
	return constants[maker_random(random) % N_CONSTANTS];
}

static struct call_cond random_cond(uint64_t *random, unsigned n_args)
{
	struct call_cond cond = {.arg = (uint8_t)(maker_random(random) % n_args),
				 .is_64 = maker_random(random) % 3 == 0,
				 .op = (enum cond_op)(maker_random(random) % 8),
				 .mask = gen_constant(random),
				 .value = gen_constant(random)};

	if (!cond.is_64) {
		cond.mask &= UINT32_MAX;
		cond.value &= UINT32_MAX;
	}
	if (maker_random(random) % 4)
		cond.value = cond.op >= COND_MASKED_EQ ? cond.value & cond.mask : cond.value;
	return cond;
}

void gen_rules(struct ir_sandbox *sandbox, uint64_t *random)
{
	unsigned n_rules = 1 + (unsigned)(maker_random(random) % 7);
	unsigned n_args = 1 + (unsigned)(maker_random(random) % 3);

	for (unsigned i = 0; i < n_rules; i++) {
		uint32_t n = (uint32_t)(maker_random(random) % 4);
		struct call_cond *conds = arena_alloc(maker_arena(), 4 * sizeof(*conds));

		for (uint32_t c = 0; c < n; c++)
			conds[c] = random_cond(random, n_args);
		maker_call(sandbox, "bpf", (enum ir_call_verdict)(maker_random(random) % 5), conds,
			   n);
	}
}
