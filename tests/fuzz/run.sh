#!/bin/sh
# Runs each fuzzer for FUZZ_SECONDS from the seeds in tests/fuzz/seeds/<name> and the policies of this
# tree; new inputs stay in $BUILD/corpus. Arguments: the fuzzers' names.
set -eu
BUILD=${BUILD:-build}
seconds=${FUZZ_SECONDS:-60}

for name in "$@"; do
	corpus=$BUILD/corpus/$name
	mkdir -p "$corpus"
	case $name in
	fuzz_bundle)
		cp "$BUILD"/policies/*.wrt "$corpus/"
		for f in tests/golden/ir/*.writ; do
			"$BUILD/writc" compile "$f" -o "$corpus/$(basename "$f").wrt" 2>/dev/null || true
		done ;;
	fuzz_yaml) for f in tests/golden/yaml/*.yaml tests/bad/*.yaml; do cp "$f" "$corpus/$(echo "$f" | tr '/' '_')"; done ;;
	fuzz_decide) printf '\001\002\000/srv/work/src/../x\377\001https://api.example.com:443/' >"$corpus/seed" ;;
	*) for f in policies/*/*.writ tests/bad/*.writ tests/golden/*/*.writ; do cp "$f" "$corpus/$(echo "$f" | tr '/' '_')"; done ;;
	esac
	dictionary=
	[ "$name" = fuzz_bundle ] || dictionary=-dict=$BUILD/fuzz/policy.dict
	# The words of the language, from the same rows as the lexer's.
	grep -oE '"[a-z_]+"' grammar/keywords.def | sort -u >"$BUILD/fuzz/policy.dict"
	echo "== $name, $seconds s"
	# shellcheck disable=SC2086
	"$BUILD/fuzz/$name" $dictionary -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=4096 \
		-print_final_stats=1 -artifact_prefix="$BUILD/fuzz/" "$corpus" 2>"$BUILD/fuzz/$name.log" || {
		tail -n 40 "$BUILD/fuzz/$name.log" >&2
		echo "$name: FAILED; the input is in $BUILD/fuzz/" >&2
		exit 1
	}
	grep -E 'stat::(number_of_executed_units|average_exec_per_sec)' "$BUILD/fuzz/$name.log"
done
echo "All fuzzers clean."
