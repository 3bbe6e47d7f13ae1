#!/bin/sh
# Every system call of a launch made to fail: `make faults`; FAULTS=short fails each call once,
# FAULTS_IN="guarded gated" is about the launches of these sandboxes only.
set -eu
build=${BUILD:-build}
how=${FAULTS:-full}
only=${FAULTS_IN:-plain bounded private guarded gated relayed trapped single}
bundle=$build/faults/faults.wrt
"$build/writc" compile tests/faults/faults.writ -o "$bundle"

mkdir -p "$build/faults/box"
box=$(cd "$build/faults/box" && pwd)
"$build/writ" doctor -p "$bundle" --param "box=$box" --param "bin=$box" --param trap=/var --param room=/run \
	>"$build/faults/doctor.log" 2>&1 || {
	cat "$build/faults/doctor.log"
	echo "skip: this host can't enforce tests/faults/faults.writ (above)"
	exit 0
}
failed=0

# launches LAUNCHER SANDBOX...
launches() {
	launcher=$1
	wrong=0
	shift
	for sandbox; do
		case " $only " in
		*" $sandbox "*) ;;
		*) continue ;;
		esac
		# shellcheck disable=SC2086
		$as "$build/faults/faults" "$launcher" "$build/faults/prober" "$bundle" $sandbox "$how" || wrong=1
	done
	return $wrong
}

# Both ways at once: a launch that is traced waits for its tracer, and keeps one processor busy.
faults() {
	zygotes=$build/faults/zygotes.log
	launches "$build/faults/waiter" single plain private guarded gated relayed trapped >"$zygotes" 2>&1 &
	launches "$build/writ" plain bounded private guarded gated relayed trapped || failed=1
	wait $! || failed=1
	echo "by a zygote's child:"
	cat "$zygotes"
}
for sandbox in single plain private; do
	n=$("$build/faults/waiter" count -p "$bundle" --sandbox $sandbox --param box=/tmp --param bin=/tmp \
		--param trap=/var --param room=/run 2>/dev/null)
	[ "$n" = 1 ] || { echo "FAIL $sandbox: $n children wait, 1 is to"; failed=1; }
done

as=
faults
if [ "$(id -u)" -eq 0 ]; then
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	if $as test -x "$build/writ" -a -r "$bundle" 2>/dev/null; then
		echo "as an ordinary user:"
		faults
	else
		echo "skip: an ordinary user can't read $build"
	fi
fi
exit $failed
