#!/bin/sh
# Prints what connecting and sending costs: without a sandbox, in one that lists the server's port (Landlock
# keeps it), in one that lists its address (a net gate does), and in srt, whose sandboxes reach the network
# through a proxy. Medians of BENCH_NETWORK rounds, in which all take turns. BENCH_SRT is the program srt.
set -eu
build=${BUILD:-build}
rounds=${BENCH_NETWORK:-9}
megabytes=${BENCH_MEGABYTES:-1000}
srt=${BENCH_SRT:-no-such-srt}
work=$(mktemp -d /tmp/writ-network-XXXXXX)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
bundle=$work/network.wrt
client=$work/bin/bench_network
mkdir "$work/bin"
cp "$build/bench/bench_network" "$work/bin/"
"$build/writc" compile tests/bench/network.writ -o "$bundle" 2>/dev/null

"$client" serve >"$work/port" &
server=$!
while [ ! -s "$work/port" ]; do
	sleep 0.01
done
port=$(cat "$work/port")
places="bare by_port by_address"

# srt's proxy wants the credentials that are in the address that it sets.
cat >"$work/by-proxy" <<'PROXY'
#!/bin/sh
credentials=${HTTP_PROXY#http://}
credentials=$(printf %s "${credentials%@*}" | sed 's/%3D/=/g; s/%2B/+/g; s/%2F/\//g')
export BENCH_PROXY_AUTH="$(printf %s "$credentials" | base64 -w0)" BENCH_PROXY="${HTTP_PROXY##*:}"
exec "$@"
PROXY
chmod +x "$work/by-proxy"
printf '{"network": {"allowedDomains": ["127.0.8.1"], "deniedDomains": []}, "filesystem": {"denyRead": [], "allowWrite": [], "denyWrite": []}}' \
	>"$work/srt.json"

in_place() {
	place=$1
	shift
	case $place in
	bare) "$@" ;;
	srt) "$srt" -s "$work/srt.json" -c "$work/by-proxy $*" ;;
	*) "$build/writ" run -p "$bundle" --param "bin=$work/bin" --param "port=$port" --sandbox "$place" -- "$@" ;;
	esac
}

has() {
	for command in "$@"; do
		command -v "$command" >/dev/null || return
	done
}
if has "$srt" socat rg bwrap && in_place srt "$client" connect "$port" 1 >/dev/null 2>"$work/srt.log"; then
	places="$places srt"
else
	echo "srt is left out: it, or socat, rg or bwrap, which it needs, is not there, or fails"
	[ ! -s "$work/srt.log" ] || tail -3 "$work/srt.log"
fi

# NAME MODE TIMES STREAMS; a proxy is given less to do, as it takes longer.
measure() {
	for _ in $(seq "$rounds"); do
		for place in $places; do
			count=$3
			[ "$place" != srt ] || [ "$2" = bulk ] || count=$(($3 / 10))
			in_place "$place" "$client" "$2" "$port" "$count" "$4" >>"$work/$1-$place"
		done
	done
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# TEXT NAME [FIELD]. Each with its ratio to no sandbox: the median of the rounds' own.
row() {
	printf '%-30s' "$1"
	for place in $places; do
		for of in bare "$place"; do
			cut -d ' ' -f "${3:-1}" "$work/$2-$of" >"$work/of-$of"
		done
		paste "$work/of-bare" "$work/of-$place" | awk '{ print $2 / $1 }' >"$work/ratios"
		printf ' %10s %6.2f' "$(median "$work/of-$place")" "$(median "$work/ratios")"
	done
	echo
}

measure connect connect 2000 1
measure requests requests 3000 1
measure many requests 6000 64
measure bulk bulk "$megabytes" 1
measure streams bulk "$megabytes" 64
# shellcheck disable=SC2086
printf '%-30s'"$(printf ' %%10s  ratio%.0s' $places)"'\n' "the network, $rounds rounds" $places
row "a connection, ns" connect
row "requests a second, 1 stream" requests
row "requests a second, 64 streams" many
row "MB a second, 1 stream" bulk
row "MB a second, 64 streams" streams
row "ms of the processor for 1 GB" bulk 2
row "the same, 64 streams" streams 2
echo "load average: $(cut -d ' ' -f 1-3 /proc/loadavg)"
