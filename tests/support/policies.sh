#!/bin/sh
# The example policies, each as a user would take it. In: policies/*/. Every set is formatted, lints
# without a finding, passes its own tests with every rule and condition covered, and compiles. What its
# README.md says about being enforced is what the runtime says, and a set that can run shows a command
# under its sandbox there (docs.sh runs it). A policy.yaml beside a policy.writ means the same, to the
# byte. BUILD is the build directory. Prints a line a set and stops at the first that fails.
set -eu
cd "$(dirname "$0")/../.."
BUILD=$(cd "${BUILD:-build}" && pwd)
PATH=$BUILD:$PATH
export PATH
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
least=8

fail() {
	[ ! -s "$tmp/out" ] || cat "$tmp/out" >&2
	echo "FAIL  $*" >&2
	exit 1
}

# Runs a command that must exit with $1.
expect() {
	want=$1
	shift
	status=0
	"$@" >"$tmp/out" 2>&1 || status=$?
	[ "$status" -eq "$want" ] || fail "$*: exit status $status, not $want"
}

# doctor says what no host can enforce, whatever it is run on; decide then refuses to decide.
enforceable() {
	status=0
	writ doctor -p "$2" >"$tmp/out" 2>&1 || status=$?
	case $status in 0 | 4) ;; *) fail "writ doctor -p $1: exit status $status" ;; esac
	if grep -q "^this version can't enforce: " "$tmp/out"; then
		grep -qF '**This version refuses to enforce it**' "$1/README.md" ||
			fail "$1/README.md does not say that this version refuses the policy"
		expect 4 writ doctor -p "$2"
		expect 4 writ decide -p "$2" --role nobody --tool nothing
		echo "refused by this version, as it says"
	else
		grep -qF '**This version enforces all of it.**' "$1/README.md" ||
			fail "$1/README.md does not say that this version enforces all of the policy"
		sed -n '/^```console$/,/^```$/p' "$1/README.md" | grep -q 'writ run ' ||
			fail "$1/README.md shows no command under a sandbox"
		echo "enforced by this version, as it says"
	fi
}

twin() {
	expect 0 writc lint -W error "$1/policy.yaml"
	expect 0 writc test "$1/policy.yaml"
	expect 0 writc compile --strip "$1/policy.writ" -o "$tmp/writ.wrt"
	expect 0 writc compile --strip "$1/policy.yaml" -o "$tmp/yaml.wrt"
	cmp "$tmp/writ.wrt" "$tmp/yaml.wrt" || fail "$1: policy.writ and policy.yaml are not the same"
	twins=$((twins + 1))
}

n=0
twins=0
for policy in policies/*/policy.writ; do
	set=${policy%/policy.writ}
	expect 0 writc fmt --check "$set"/*.writ
	expect 0 writc lint -W error "$policy"
	expect 0 writc test --coverage-min 100 "$policy"
	expect 0 writc compile "$policy" -o "$tmp/set.wrt"
	said=$(enforceable "$set" "$tmp/set.wrt")
	[ ! -e "$set/policy.yaml" ] || twin "$set"
	echo "ok    $set: clean, tested, $said"
	n=$((n + 1))
done
[ "$n" -ge "$least" ] || fail "policies/: $n sets, not $least"
[ "$twins" -gt 0 ] || fail "policies/: no set is in YAML too"
echo "$n example policies hold, $twins of them in YAML too."
