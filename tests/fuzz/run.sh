#!/bin/sh
# Runs each fuzzer for FUZZ_SECONDS, from the policies of this tree and the inputs in tests/fuzz/corpus,
# which reached what no policy does; new inputs stay in $BUILD/corpus. Arguments: the fuzzers' names.
# An input has 60 seconds: policies near the limit of the proof (E0410) take several under the sanitizers.
set -eu
BUILD=${BUILD:-build}
seconds=${FUZZ_SECONDS:-60}

# The words of the language, from the same rows as the lexer's.
dictionary=$BUILD/fuzz/policy.dict
grep -oE '"[a-z_]+"' grammar/keywords.def | sort -u >"$dictionary"

# Copies files under names that tell where they are from.
seed() {
	for file in "$@"; do
		cp "$file" "$corpus/$(echo "$file" | tr '/' '_')"
	done
}

seed_bundles() {
	cp "$BUILD"/policies/*.wrt "$corpus/"
	for policy in tests/golden/*/*.writ; do
		"$BUILD/writc" compile "$policy" -o "$corpus/$(basename "$policy").wrt" 2>/dev/null || true
	done
}

# Keys; and bundles, signed and not, behind the place of a byte to change.
seed_sign() {
	rm -f "$corpus"/key.*
	"$BUILD/writc" keygen "$corpus/key" >/dev/null
	for policy in policies/*/policy.writ; do
		example=$(basename "$(dirname "$policy")")
		"$BUILD/writc" compile "$policy" -o "$corpus/signed" --sign "$corpus/key.key" 2>/dev/null
		{ printf 'bab'; cat "$corpus/signed"; } >"$corpus/$example.signed"
		{ printf 'bab'; cat "$BUILD/policies/$example.wrt"; } >"$corpus/$example.unsigned"
	done
	for key in "$corpus"/key.*; do
		{ printf k; cat "$key"; } >"$corpus/k${key##*.}"
	done
	rm -f "$corpus"/key.* "$corpus/signed"
}

# A session, and what a client sends first.
seed_lsp() {
	printf '\001\001\005\020\377\012\006\004x\377\005\006\004\377\010\005\005z' >"$corpus/session"
	printf '\000Content-Length: 58\r\n\r\n{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}' \
		>"$corpus/bytes"
}

# A pattern, two names, what is below them, and a path.
seed_broker() {
	printf '/w/**/.env\377/w/a\377/w/b\377/.env\377\000\000\005\003' >"$corpus/move"
	printf '/w/.git/hooks\377/w/.git\377/w/g\377/hooks\377\001\000\011\006' >"$corpus/way"
}

# A client's query and a server's answer; and a resolv.conf.
seed_dns() {
	printf '\001\005\000\000\013\000\001\141\003\157\162\147\000\000\001\000\001\002\077\000\000\001\020\000\300\014\000\001\000\001\000\000\000\074\000\004\300\000\002\001\000' >"$corpus/answered"
	printf '\001\005\000\000\013\000\001\141\003\157\162\147\000\000\001\000\001\002\077\000\000\002\037\000\300\014\000\005\000\001\000\000\000\074\000\003\001\142\000\300\043\000\001\000\001\000\000\000\074\000\004\300\000\002\001\000' >"$corpus/cname"
	printf 'nameserver 10.0.0.1\nnameserver fe80::1%%eth0\n' >"$corpus/resolv.conf"
}

# How to cut it, and a message, in records already or not.
seed_hello() {
	printf '\203\001\000\000\071\003\003\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\000\000\002\023\001\001\000\000\016\000\000\000\012\000\010\000\000\005\141\056\157\162\147' >"$corpus/message"
	printf '\003\026\003\001\000\075\001\000\000\071\003\003\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\162\000\000\002\023\001\001\000\000\016\000\000\000\012\000\010\000\000\005\141\056\157\162\147' >"$corpus/record"
}

# Every kind of value, a list of objects, and numbers that are no doubles or no integers.
seed_args_json() {
	printf '{"path":"/a\\u0000b","n":-1,"f":1.5e3,"big":18446744073709551616,"t":true,"z":null,"l":[1,"x",[2],{}],"o":{"p":"q"},"e":[{"a":1},{"a":[2],"b":{"c":"d"}}]}' \
		>"$corpus/all.json"
}

# Room, a pattern, and three arguments.
seed_mask() {
	printf '\020(a|b)*c{2,3}[x-z]\001\000name\001value\001tail\001\004x\001y\001z\001\001n\001\001' >"$corpus/arguments"
}

# One of each target and of each alert.
seed_alerts() {
	printf '%s\n' '# whom' 'to ops webhook https://h.example/x timeout 5s retries 2 ca /c.pem' \
		'to page command /bin/echo "a \"b\" c"' 'to host syslog' \
		'alert d denials 20 in 1m by user to ops host every 10m' 'alert e escapes to page' \
		'alert e2 escapes 3 in 1h by tool to page' 'alert t limit duration 80% of 60s to host' \
		'alert m limit memory 50% of 1G to host' 'alert g gaps to host every 1s' \
		'alert r reload-failures to host' >"$corpus/all"
	split -l 1 "$corpus/all" "$corpus/line-"
}

# Docker's capabilities, both architectures, no kernel; then the profile.
seed_import() {
	for file in tests/golden/import/*.json tests/oci/*.json tests/bad/*.json; do
		{ printf 1; cat "$file"; } >"$corpus/$(echo "$file" | tr '/' '_')"
	done
}

for name in "$@"; do
	corpus=$BUILD/corpus/$name
	more=
	leaks=1
	mkdir -p "$corpus"
	case $name in
	fuzz_alerts) seed_alerts ;;
	fuzz_args_json) seed_args_json ;;
	fuzz_mask) seed_mask ;;
	fuzz_bundle) seed_bundles ;;
	fuzz_sign) seed_sign ;;
	fuzz_decide) leaks=0 ;; # it keeps its policies: looking for leaks is nearly all it would do then
	fuzz_lsp) seed_lsp ;;
	fuzz_broker) seed_broker ;;
	fuzz_dns) seed_dns ;;
	fuzz_hello) seed_hello ;;
	fuzz_import) seed_import ;;
	fuzz_yaml) seed tests/golden/yaml/*.yaml tests/bad/*.yaml ;;
	*) seed policies/*/*.writ tests/bad/*.writ tests/golden/*/*.writ ;;
	esac
	[ ! -d "tests/fuzz/corpus/$name" ] || more=tests/fuzz/corpus/$name
	echo "== $name, $seconds s"
	# shellcheck disable=SC2086
	"$BUILD/fuzz/$name" -dict="$dictionary" -max_total_time="$seconds" -max_len=65536 -timeout=60 \
		-rss_limit_mb=4096 -detect_leaks="$leaks" -print_final_stats=1 \
		-artifact_prefix="$BUILD/fuzz/" "$corpus" $more \
		2>"$BUILD/fuzz/$name.log" || {
		tail -n 40 "$BUILD/fuzz/$name.log" >&2
		echo "$name: FAILED; the input is in $BUILD/fuzz/" >&2
		exit 1
	}
	grep -aE 'stat::(number_of_executed_units|average_exec_per_sec)' "$BUILD/fuzz/$name.log"
done
echo "All fuzzers clean."
