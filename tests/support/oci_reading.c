/*
 * The second reading of a profile: one function a clause of the specification.
 */
#include "support/oci_reading.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

static bool list_has(const json_t *list, const char *word)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		if (strcmp(json_string_value(item), word) == 0)
			return true;
	}
	return false;
}

static bool has_cap(const struct oci_reading *reading, const char *cap)
{
	if (!reading->caps)
		return true;
	for (const char *const *held = reading->caps; *held; held++) {
		if (strcmp(*held, cap) == 0)
			return true;
	}
	return false;
}

static bool kernel_at_least(const struct oci_reading *reading, const char *version)
{
	unsigned major, minor;

	cr_assert_eq(sscanf(version, "%u.%u", &major, &minor), 2);
	return reading->kernel[0] > major ||
	       (reading->kernel[0] == major && reading->kernel[1] >= minor);
}

static bool is_excluded(const struct oci_reading *reading, const json_t *excludes)
{
	const json_t *kernel = json_object_get(excludes, "minKernel");
	size_t i;
	json_t *cap;

	if (list_has(json_object_get(excludes, "arches"), reading->goarch))
		return true;
	json_array_foreach(json_object_get(excludes, "caps"), i, cap)
	{
		if (has_cap(reading, json_string_value(cap)))
			return true;
	}
	return kernel && kernel_at_least(reading, json_string_value(kernel));
}

static bool is_included(const struct oci_reading *reading, const json_t *includes)
{
	const json_t *archs = json_object_get(includes, "arches");
	const json_t *kernel = json_object_get(includes, "minKernel");
	size_t i;
	json_t *cap;

	if (json_array_size(archs) && !list_has(archs, reading->goarch))
		return false;
	json_array_foreach(json_object_get(includes, "caps"), i, cap)
	{
		if (!has_cap(reading, json_string_value(cap)))
			return false;
	}
	return !kernel || kernel_at_least(reading, json_string_value(kernel));
}

static bool is_about(const struct oci_reading *reading, const json_t *rule, const char *call)
{
	const char *name = json_string_value(json_object_get(rule, "name"));

	if (!(name && strcmp(name, call) == 0) && !list_has(json_object_get(rule, "names"), call))
		return false;
	return is_included(reading, json_object_get(rule, "includes")) &&
	       !is_excluded(reading, json_object_get(rule, "excludes"));
}

static bool arg_holds(const json_t *arg, const uint64_t args[6])
{
	const char *op = json_string_value(json_object_get(arg, "op"));
	uint64_t value = (uint64_t)json_integer_value(json_object_get(arg, "value"));
	uint64_t two = (uint64_t)json_integer_value(json_object_get(arg, "valueTwo"));
	uint64_t is = args[json_integer_value(json_object_get(arg, "index"))];

	if (strcmp(op, "SCMP_CMP_NE") == 0)
		return is != value;
	if (strcmp(op, "SCMP_CMP_LT") == 0)
		return is < value;
	if (strcmp(op, "SCMP_CMP_LE") == 0)
		return is <= value;
	if (strcmp(op, "SCMP_CMP_EQ") == 0)
		return is == value;
	if (strcmp(op, "SCMP_CMP_GE") == 0)
		return is >= value;
	if (strcmp(op, "SCMP_CMP_GT") == 0)
		return is > value;
	cr_assert_str_eq(op, "SCMP_CMP_MASKED_EQ");
	return (is & value) == two;
}

/* Conditions on one argument are rules of their own, with all others of the rule: as runc does. */
static bool args_hold(const json_t *list, const uint64_t args[6])
{
	unsigned count[6] = {0}, holding = 0;
	bool split = false;
	size_t i;
	json_t *arg;

	json_array_foreach(list, i, arg)
	{
		split |= ++count[json_integer_value(json_object_get(arg, "index"))] > 1;
		holding += arg_holds(arg, args);
	}
	return split ? holding > 0 : holding == json_array_size(list);
}

static uint32_t action_value(const char *action, const json_t *errno_ret)
{
	uint32_t error = errno_ret ? (uint32_t)json_integer_value(errno_ret) : EPERM;

	if (strcmp(action, "SCMP_ACT_ALLOW") == 0)
		return SECCOMP_RET_ALLOW;
	if (strcmp(action, "SCMP_ACT_ERRNO") == 0)
		return SECCOMP_RET_ERRNO | error;
	if (strcmp(action, "SCMP_ACT_LOG") == 0)
		return SECCOMP_RET_LOG;
	if (strcmp(action, "SCMP_ACT_NOTIFY") == 0)
		return SECCOMP_RET_USER_NOTIF;
	cr_assert_eq(strncmp(action, "SCMP_ACT_KILL", 13), 0, "%s", action);
	return SECCOMP_RET_KILL_PROCESS;
}

uint32_t oci_reading_verdict(const struct oci_reading *reading, const char *call,
			     const uint64_t args[6])
{
	uint32_t verdict =
		action_value(json_string_value(json_object_get(reading->profile, "defaultAction")),
			     json_object_get(reading->profile, "defaultErrnoRet"));
	bool found = false;
	size_t i;
	json_t *rule;

	json_array_foreach(json_object_get(reading->profile, "syscalls"), i, rule)
	{
		uint32_t said;

		if (!is_about(reading, rule, call) ||
		    !args_hold(json_object_get(rule, "args"), args))
			continue;
		said = action_value(json_string_value(json_object_get(rule, "action")),
				    json_object_get(rule, "errnoRet"));
		cr_assert(!found || said == verdict, "two verdicts for %s", call);
		verdict = said;
		found = true;
	}
	return verdict;
}

int oci_reading_tests(const struct oci_reading *reading, const char *call, int index)
{
	size_t i, n;
	json_t *rule, *arg;

	json_array_foreach(json_object_get(reading->profile, "syscalls"), i, rule)
	{
		json_array_foreach(json_object_get(rule, "args"), n, arg)
		{
			if (json_integer_value(json_object_get(arg, "index")) == index &&
			    is_about(reading, rule, call))
				return 1;
		}
	}
	return 0;
}
