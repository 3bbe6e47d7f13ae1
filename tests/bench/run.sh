#!/bin/sh
# Prints the tables of `make bench`. BENCH_ROUNDS is the number of launches of each kind.
# `run.sh compiler` prints the compiler's only.
set -eu
build=${BUILD:-build}
work=$build/bench/work
mkdir -p "$work"
what=${1:-all}

set --
for lines in 1000 10000 100000; do
	"$build/bench/gensource" "$lines" >"$work/source-$lines.writ"
	set -- "$@" "$work/source-$lines.writ"
done
"$build/bench/bench_compile" "$build/writc" "$work/source.wrt" "$@"
"$build/bench/bench_lsp" "$build/writc" "$work/source-10000.writ"
rm -f "$work/source.wrt"
[ "$what" != compiler ] || exit 0
echo

set --
for size in "10 20" "10 200" "10 2000" "100 20" "100 200" "100 2000" "1000 20" "1000 200" "1000 2000"; do
	name=$work/$(echo "$size" | tr ' ' x)
	# shellcheck disable=SC2086
	"$build/bench/genpolicy" $size 10 >"$name.writ"
	"$build/writc" compile "$name.writ" -o "$name.wrt"
	# shellcheck disable=SC2086
	set -- "$@" "$name.wrt" $size
done
"$build/bench/bench_check" "$@"
echo

set --
for size in "10 20" "1000 2000"; do
	name=$work/conditions-$(echo "$size" | tr ' ' x)
	# shellcheck disable=SC2086
	"$build/bench/genpolicy" $size 10 conditions >"$name.writ"
	"$build/writc" compile "$name.writ" -o "$name.wrt"
	# shellcheck disable=SC2086
	set -- "$@" "$name.wrt" $size
done
"$build/bench/bench_check" --conditions "$@"
echo
"$build/bench/genpolicy" 1000 2000 10 rates >"$work/rates.writ"
"$build/writc" compile "$work/rates.writ" -o "$work/rates.wrt"
"$build/bench/bench_monitor" "$work/1000x2000.wrt" 1000 2000
echo "with rates:"
"$build/bench/bench_monitor" "$work/rates.wrt" 1000 2000
echo
"$build/bench/bench_rate"
echo
"$build/bench/bench_audit" "$work"
echo
"$build/bench/bench_whole" "$work/1000x2000.wrt" "$work/rates.wrt" 1000 2000 "$work"
echo
"$build/bench/bench_mask"
echo
"$build/bench/bench_identity" "$work/1000x2000.wrt" "$work"
echo

# Other engines, of the versions in tests/bench/peers/package.json, where there is a Node and a registry.
peers() {
	name=$work/$1x$2
	"$build/bench/genpolicy" "$1" "$2" 10 rates >"$name-rates.writ"
	"$build/writc" compile "$name-rates.writ" -o "$name-rates.wrt"
	whole=$("$build/bench/bench_whole" --mean "$name.wrt" "$name-rates.wrt" "$1" "$2" "$work")
	# shellcheck disable=SC2046
	set -- "$name.writ" "$1" "$2" $("$build/bench/bench_check" --names "$name.wrt" "$1" "$2") \
		"$whole" "$work"
	printf '%-34s %9s %12s %9s %12s %9s\n' "$2 roles, $3 tools" "load ms" "ns" "x Writ" \
		"all three" "x Writ"
	printf '%-34s %9s %12s %9s %12s %9s\n' "Writ, by names" "" "$4" 1 "$6" 1
	"$build/bench/bench_sqlite" "$@"
	[ ! -d "$modules" ] || NODE_PATH=$modules node tests/bench/peers/peers.js "$@"
	echo
}
modules=$build/bench/peers/node_modules
if command -v npm >/dev/null && [ ! -d "$modules" ]; then
	mkdir -p "$build/bench/peers"
	cp tests/bench/peers/package.json tests/bench/peers/package-lock.json "$build/bench/peers"
	npm ci --silent --no-audit --no-fund --prefix "$build/bench/peers" >/dev/null 2>&1 ||
		rm -rf "$modules"
fi
[ -d "$modules" ] || echo "Node, npm or its registry is not there: casbin, Cedar, CASL and a JS Map are left out"
peers 10 20
peers 1000 2000

"$build/writc" compile tests/bench/bench.writ -o "$work/bench.wrt"
ordinary="setpriv --reuid=65534 --regid=65534 --clear-groups"
as=
who=
launches() {
	echo "sandbox '$1'$who"
	# shellcheck disable=SC2086
	$as "$build/bench/bench_launch" "$build/writ" "$work/bench.wrt" "$@" --rounds "${BENCH_ROUNDS:-500}"
	echo
}

launches single,reader,bench
launches gated,named
launches counted
launches bounded
launches single --heap 1024
# One after another the kernel enters cgroups of version 1 sooner than when it has been idle.
BENCH_ROUNDS=$((${BENCH_ROUNDS:-500} / 10 + 1)) launches bounded --pause 50
# Others than root pay for a user namespace, wherever there are namespaces or processes are counted.
# shellcheck disable=SC2086
if [ "$(id -u)" -eq 0 ] && $ordinary test -x "$build/writ" -a -r "$work/bench.wrt" 2>/dev/null; then
	as=$ordinary
	who=", as an ordinary user"
	launches single,reader,bench
	launches gated,named
	launches counted
	launches bounded
fi

"$build/writc" compile tests/stress/kills.writ -o "$work/kills.wrt"
"$build/bench/bench_end" "$build/writ" "$work/kills.wrt" "$(cd "$build" && pwd)/stress" --runs "${BENCH_ENDS:-200}"
echo

filters=tests/bench/filters
"$build/bench/bench_filters" $filters/a1.writ $filters/a2.writ $filters/b.writ $filters/c.writ \
	--rounds "${BENCH_ROUNDS:-500}"
"$build/bench/bench_filters" --prove policies/*/policy.writ

echo
BUILD=$build tests/bench/files.sh

echo
BUILD=$build BENCH_SRT=$modules/.bin/srt tests/bench/network.sh
