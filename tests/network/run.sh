#!/bin/sh
# Clients and servers beside a sandbox's network section: tests/network/run.sh [PART-OF-A-NAME...]
# As root they get a network of their own, where addresses and ports are all theirs.
set -eu
build=${BUILD:-build}
python=/usr/bin/python3
# Its warnings are meant: they are shown only when it fails.
"$build/writc" compile tests/network/network.writ -o "$build/network.wrt" 2>"$build/network.log" || {
	cat "$build/network.log" >&2
	exit 1
}
"$build/writ" doctor -p "$build/network.wrt" --param box=/tmp --param programs=/usr --param port=1 \
	>"$build/network.log" 2>&1 || {
	cat "$build/network.log"
	echo "skip: this host can't enforce tests/network/network.writ (above)"
	exit 0
}
# A package that Debian has not, of npm's, where there is a registry.
export NETWORK_MODULES="$build/network/node_modules"
if command -v npm >/dev/null && [ ! -d "$NETWORK_MODULES" ]; then
	npm install --silent --no-audit --no-fund --ignore-scripts --fetch-retries=0 --prefix "$build/network" \
		axios@1.7.9 >/dev/null 2>&1 || rm -rf "$NETWORK_MODULES"
fi
set -- "$python" -B tests/network/network_test.py "$build" "$@"
if [ "$(id -u)" -eq 0 ] && unshare -n ip link set lo up 2>/dev/null; then
	export NETWORK_OWN=1
	exec unshare -n sh -c 'ip link set lo up && exec "$@"' sh "$@"
fi
exec "$@"
