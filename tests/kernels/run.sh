#!/bin/sh
# `make test-kernels`: boots each kernel of kernels.tab in a virtual machine, lets Writ and the live attacks run
# there as root and as an ordinary user, and compares what is said with expected/NAME.txt:
#
#	run.sh [--offline] [--again] [--update] [NAME...]
#
# One machine at a time, each with a deadline (KERNELS_SECONDS). Whatever a machine said stays in
# $BUILD/kernels/NAME.console; --again judges what is there instead of booting. A kernel that can't be fetched is
# not run, and that is a failure unless --offline says that only what has been fetched before is to be used.
# Of the attacks it tries those that kernels.tab names. With KERNEL_ROWS, names or parts of names with blanks between
# them, or "all", it tries only these attacks, whatever kernels.tab says, and shows how they end.
# --update writes expected/ and the table of docs/kernels.md anew; an attack that is not stopped where it has to be
# is a failure even then.
set -u
build=${BUILD:-build}
work=$build/kernels
here=tests/kernels
seconds=${KERNELS_SECONDS:-1800}
chosen=$(echo "${KERNEL_ROWS:-}" | tr ' ' ,)
offline=
update=
again=

while :; do
	case ${1:-} in
	--offline) offline=--offline ;;
	--update) update=1 ;;
	--again) again=1 ;;
	*) break ;;
	esac
	shift
done
wanted=" $* "
mkdir -p "$work"

# ---- what the machines carry ----

compile() {
	"$build/writc" compile "$1" -o "$2" 2>"$work/compile.log" || {
		cat "$work/compile.log" >&2
		exit 1
	}
}

# The policy of the attacks, the same with every sandbox content with less, and one sandbox for each
# step of Landlock.
compile_bundles() {
	compile $here/ladder.writ "$work/ladder.wrt"
	compile $here/remembered.writ "$work/remembered.wrt"
	compile tests/live/live.writ "$work/live.wrt"
	sed 's/^\(sandbox [^{]*{\)/\1 best_effort;/' tests/live/live.writ >"$work/best-effort.writ"
	compile "$work/best-effort.writ" "$work/best-effort.wrt"
}

# The initramfs of an architecture, made once a run.
make_initramfs() {
	[ "${made#* "$1" }" = "$made" ] || return 0
	case $1 in
	amd64) programs=$build ;;
	*) programs=$build/$1 ;;
	esac
	busybox=$($here/fetch.sh $offline "$work" "$1" busybox bookworm) || return 1
	# It takes libraries that a cross compiler has not: only the host's own architecture has one.
	audit=$programs/writ-audit
	[ -x "$audit" ] || audit=
	$here/initramfs.sh "$work/$1.cpio.gz" "${busybox#* }" $here/init $here/ladder $here/policies $here/remembered \
		"$programs/writ" "$programs/writ-doctor" "$programs/writ-learn" "$programs/live/driver" "$programs/live/probe" \
		"$work/live.wrt" "$work/best-effort.wrt" "$work/ladder.wrt" "$work/remembered.wrt" ${audit:+"$audit"} \
		"$build"/policies/*.wrt || return 1
	made="$made$1 "
}

# ---- machines ----

# boot ARCH ACCELERATOR KERNEL SECONDS [WORD-FOR-THE-KERNEL]
#
# A translated machine's clock counts its instructions and skips what it sleeps, so that a busy host makes none of
# the attacks miss its time. It copies memory in words: the instruction that copies bytes is translated into a loop.
boot() {
	initramfs=$work/$1.cpio.gz
	image=$3
	deadline=$4
	words=${5:-}
	case $1-$2 in
	amd64-kvm) console=ttyS0 && set -- qemu-system-x86_64 -machine q35 -accel kvm -cpu max ;;
	amd64-tcg) console=ttyS0 && set -- qemu-system-x86_64 -machine q35 -accel tcg -cpu max,-erms,-fsrm -icount shift=2,sleep=off ;;
	arm64-kvm) console=ttyAMA0 && set -- qemu-system-aarch64 -machine virt,gic-version=host -accel kvm -cpu host ;;
	arm64-tcg) console=ttyAMA0 && set -- qemu-system-aarch64 -machine virt -accel tcg -cpu cortex-a72 -icount shift=2,sleep=off ;;
	esac
	timeout --foreground --kill-after=5 "$deadline" "$@" -m 1024 -smp 1 -display none -nodefaults -net none -no-reboot \
		-serial stdio -kernel "$image" -initrd "$initramfs" -append "console=$console quiet panic=-1 $words" \
		</dev/null 2>&1
}

# Sets how: kvm where the host's processor is of the same kind and KVM not only opens but boots, which is tried
# once. Else every instruction is translated, which is some ten times slower.
choose_accelerator() {
	how=tcg
	case $1-$(uname -m) in
	amd64-x86_64 | arm64-aarch64) ;;
	*) return ;;
	esac
	if [ -z "$native" ]; then
		native=tcg
		if [ -r /dev/kvm ] && [ -w /dev/kvm ] && boot "$1" kvm "$2" 20 writ.trial | grep -q '^| up'; then
			native=kvm
		fi
	fi
	how=$native
}

# ---- what they said ----

# Of the console: what is the same in every run. Of the attacks: which were not tried and why, and which are open.
result_of() {
	tr -d '\r' <"$1" | sed -n 's/^| //p' | awk '
		!NF || /^kernel / { next }
		/^== / { attacks = /the live attacks/; print; next }
		!attacks || /^skip (root|user) / { print; next }
		/^(FAIL|open) (root|user) / { print $1, $2, $3 }'
}

# How many of the attacks and tools ended in each of some ways.
count() {
	tr -d '\r' <"$1" | grep -cE "^\| ($2) +(root|user) "
}

# How many attacks and tools have such names: all, or NAME,NAME... One is no row of the tables.
rows_named() {
	{
		sed -n 's/^[A-Z]*("\([^"]*\)".*/\1/p' tests/live/*.def
		echo rs-forkbomb
	} | if [ "$1" = all ]; then wc -l; else grep -cF "$(echo "$1" | tr , '\n')"; fi
}

# complaint CONSOLE RESULT ROWS: prints what is wrong with a machine's output as such, if anything.
complaint() {
	if ! grep -q '^| == the end' "$1"; then
		echo "the machine did not come to its end"
	elif [ "$(count "$1" 'ok|skip|FAIL|open')" -ne $((2 * $(rows_named "$3"))) ]; then
		echo "not every attack was tried or skipped as root and as an ordinary user"
	elif grep -qE '^(FAIL |[a-z-]+: FAIL|.*WRONG)' "$2"; then
		echo "attacks were not stopped, or the rules stopped what they grant:"
		grep -aE '^\| .*(FAIL|WRONG)' "$1"
	elif ! grep -q '^| status 0' "$1"; then
		echo "the driver of the attacks failed"
	fi
}

# The row of docs/kernels.md.
row_of() {
	release=$(sed -n 's/^| kernel \([^ ]*\).*/\1/p' "$2" | tr -d '\r')
	abi=$(sed -n 's/^Landlock  *\(ABI [0-9]*\|no\) .*/\1/p' "$3" | head -n 1)
	ran=$(grep -c ': exit 0, ran$' "$3")
	refused=$(grep -c ': exit 4, not run$' "$3")
	policies=$(grep -c 'exit 0, [0-9]* sandboxes enforced' "$3")
	kind=$(sed -n 's/, of those named .*/, a part/; s/^== the live attacks\(.*\)/\1/p' "$3")
	printf '| %s | %s | %s | %d run, %d refused | %d of %d | %d stopped, %d open, %d skipped%s | %s |\n' \
		"$1" "$release" "$abi" "$ran" "$refused" "$policies" "$(grep -c 'sandboxes enforced' "$3")" \
		"$(count "$2" ok)" "$(grep -c '^open' "$3")" "$(grep -c '^skip' "$3")" "$kind" "$(date -u +%F)"
}

# ---- one kernel ----

failed=0
not_run=0

fail() {
	echo "FAIL $*"
	failed=$((failed + 1))
}

judge() {
	[ -e "$work/$1.console" ] || { fail "$1: it has said nothing yet" && return; }
	result_of "$work/$1.console" >"$work/$1.result"
	wrong=$(complaint "$work/$1.console" "$work/$1.result" "$2")
	if [ -n "$wrong" ]; then
		fail "$1: $wrong"
		return
	fi
	row=$(row_of "$1" "$work/$1.console" "$work/$1.result")
	if [ -n "$update" ]; then
		mkdir -p $here/expected
		cp "$work/$1.result" "$here/expected/$1.txt"
		sed -i "s~^| $1 |.*~$row~" docs/kernels.md
	fi
	if diff -u "$here/expected/$1.txt" "$work/$1.result"; then
		echo "ok   $row"
	else
		fail "$1: not what expected/$1.txt says, above"
	fi
}

# What became of the attacks that were chosen.
show() {
	sed -n 's/^| //p' "$work/$1.chosen" | tr -d '\r' | grep -v '^kernel '
	grep -q '^| status 0' "$work/$1.chosen" || fail "$1: not all of these rows end as they have to"
}

# run_kernel NAME ARCH ROWS SUITE...
run_kernel() {
	name=$1
	arch=$2
	rows=${chosen:-$3}
	said=${chosen:+chosen}
	said=$work/$name.${said:-console}
	shift 3
	if [ -n "$again" ]; then
		judge "$name" "$rows"
		return
	fi
	if ! kernel=$($here/fetch.sh $offline "$work" "$arch" kernel "$@") || ! make_initramfs "$arch"; then
		echo "not run: $name"
		not_run=$((not_run + 1))
		return
	fi
	choose_accelerator "$arch" "${kernel#* }"
	echo "---- $name: Debian's $kernel, $how"
	start=$(date +%s)
	boot "$arch" "$how" "${kernel#* }" "$seconds" "writ.rows=$rows ${chosen:+writ.look=no}" >"$said" ||
		echo "(the machine ended with status $?; 124 is its deadline of $seconds seconds)"
	echo "     $(($(date +%s) - start)) seconds; all it said is in $said"
	if [ -n "$chosen" ]; then
		show "$name"
	else
		judge "$name" "$rows"
	fi
}

made=" "
native=
ran=0
[ -n "$again" ] || compile_bundles
while read -r name arch named suites <&3; do
	case $name in '' | '#'*) continue ;; esac
	[ "$wanted" = "  " ] || [ "${wanted#* "$name" }" != "$wanted" ] || continue
	ran=$((ran + 1))
	# shellcheck disable=SC2086
	run_kernel "$name" "$arch" "$named" $suites
done 3<$here/kernels.tab
[ $ran -gt 0 ] || { echo "kernels.tab has no such kernel: $*" >&2; exit 2; }
echo "$((ran - failed - not_run)) kernels as expected, $failed not, $not_run not run"
[ $failed -eq 0 ] && { [ $not_run -eq 0 ] || [ -n "$offline" ]; }
