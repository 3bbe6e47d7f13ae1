#!/bin/sh
# `make test`: everything a contributor must pass, in order of how fast it fails. BUILD is the build
# directory. Says when each part begins, and how long all took; exits non-zero at the first that fails.
set -eu
BUILD=${BUILD:-build}

begun=$(date +%s)
part() {
	printf '\n== %s (after %d s)\n' "$1" $(($(date +%s) - begun))
}

part "build, warnings are errors"
make --no-print-directory -j2 DEVELOPER=1 all
part "unit, golden, bad-policy and format tests"
make --no-print-directory -j2 DEVELOPER=1 unit
part "the same under AddressSanitizer and UndefinedBehaviorSanitizer"
make --no-print-directory -j2 DEVELOPER=1 SAN=1 "$BUILD/san/unit-tests" "$BUILD/san/writc" "$BUILD/san/writ-host"
make --no-print-directory -j2 DEVELOPER=1 SAN=1 unit
# The unit tests leave their compilations to the end of their process; what must not leak is the runtime.
leaks() {
	want=$1
	shift
	status=0
	ASAN_OPTIONS=detect_leaks=1 "$BUILD/san/writ-host" "$@" >"$BUILD/san/leaks.out" 2>&1 || status=$?
	[ "$status" -eq "$want" ] || {
		cat "$BUILD/san/leaks.out" >&2
		echo "writ-host $*: status $status, expected $want" >&2
		exit 1
	}
}
bundle=$BUILD/policies/dev-agent.wrt
leaks 0 decide -p "$bundle" --param workspace=/tmp --user alice --tool git_log
leaks 1 decide -p "$bundle" --param workspace=/tmp --role guest --tool git_log
leaks 3 decide -p "$bundle" --user alice --tool git_log
leaks 3 decide -p Makefile --user alice --tool git_log
leaks 0 run -p "$bundle" --param workspace=/tmp --sandbox shell -- /bin/true
leaks 127 run -p "$bundle" --param workspace=/tmp --sandbox shell -- /bin/no-such-command
echo "No leaks in writ."
part "what threads share, under ThreadSanitizer"
make --no-print-directory -j2 DEVELOPER=1 tsan
part "the example policies"
tests/support/policies.sh
part "the example policies' filters, by z3"
"$BUILD/writc" compile tests/oracles/conditions.writ --target x86_64,aarch64,riscv64 -o "$BUILD/conditions.wrt"
python3 tests/oracles/z3_filters.py "$BUILD/writc" "$BUILD"/policies/*.wrt "$BUILD/conditions.wrt"
part "the arguments of system calls, by the kernel's prototypes"
python3 tests/oracles/syscall_widths.py
part "the documentation's programs and commands"
tests/support/docs.sh
part "the language server"
make --no-print-directory -j2 DEVELOPER=1 lsp
part "the table of attacks names the tests, and the tests the table"
tests/support/attacks.sh
part "attacks, each with its control"
make --no-print-directory -j2 DEVELOPER=1 live
part "clients and servers in sandboxes, as root and as an ordinary user"
NETWORK_ALL=1 make --no-print-directory -j2 DEVELOPER=1 network
part "launches with every system call made to fail, in short (make faults)"
FAULTS=short make --no-print-directory -j2 DEVELOPER=1 faults
part "launches that leave nothing, in short (make stress)"
STRESS="100 500 100" make --no-print-directory -j2 DEVELOPER=1 stress
printf '\nAll tests passed in %d s.\n' $(($(date +%s) - begun))
