#!/bin/sh
# The walls of docs/architecture.md, checked from what the compiler and linker themselves say: which
# headers each object included (.d files), which symbols libwrit needs and which it exports.
set -eu
BUILD=${BUILD:-build}
fail=0

# layer: the layers it may include from (besides itself).
allowed() {
	case $1 in
	base) echo "" ;;
	front | tables) echo "base" ;;
	ir | import) echo "base tables" ;;
	sema) echo "base front tables ir" ;;
	lint) echo "base front tables ir sema" ;;
	backend) echo "base tables ir" ;;
	verify) echo "base tables ir" ;;
	link) echo "base tables ir backend verify" ;;
	judge) echo "base tables ir verify link" ;;
	top) echo "base front tables ir sema lint backend verify link" ;;
	lsp) echo "base front tables ir sema lint backend verify link top" ;;
	cli) echo "base front tables ir sema lint backend verify link judge top lsp import" ;;
	*) echo "NONE" ;;
	esac
}

layer_of() {
	case $1 in
	compiler/*/*) l=${1#compiler/}; echo "${l%%/*}" ;;
	compiler/*) echo top ;;
	*) echo other ;;
	esac
}

for source in compiler/*.c compiler/*/*.c; do
	dep=$BUILD/obj/${source%.c}.d
	[ -f "$dep" ] || { echo "layers: no dependency file for $source: build first" >&2; exit 1; }
	from=$(layer_of "$source")
	for header in $(tr -d '\\' <"$dep" | tr ' ' '\n' | grep -E '^(compiler|runtime)/.*\.(h|def)$' | sort -u); do
		case $header in
		runtime/writ_format.h | runtime/writ_format_sign.h | runtime/limits.def) continue ;;
		runtime/writ.h | runtime/writ_*.h)
			# The public library: what a bundle is worth is for one place to say.
			case $source in compiler/cli/* | compiler/compile.c) continue ;; esac
			echo "layers: $source includes $header: only compile.c and cli/ may use libwrit" >&2
			fail=1
			continue
			;;
		runtime/*)
			echo "layers: $source includes $header: writ_format.h is all that both sides share" >&2
			fail=1
			continue
			;;
		esac
		to=$(layer_of "$header")
		[ "$to" = "$from" ] && continue
		case " $(allowed "$from") " in
		*" $to "*) ;;
		*) echo "layers: $source ($from) includes $header ($to)" >&2; fail=1 ;;
		esac
	done
done

# A back end knows no other back end: only the assembler and the automaton are for others to use.
for source in compiler/backend/*.c; do
	own=$(basename "$source" .c)
	for header in $(tr -d '\\' <"$BUILD/obj/${source%.c}.d" | tr ' ' '\n' | grep '^compiler/backend/.*\.h$' | sort -u); do
		other=$(basename "$header" .h)
		case $own in "$other" | "$other"_*) continue ;; esac
		case $other in bpf | automaton | landlock_abi | "${own%%_*}"*) continue ;; esac
		echo "layers: back end $source includes $header" >&2
		fail=1
	done
done

for source in runtime/*.c runtime/monitor/*.c runtime/audit/*.c runtime/audit/cli/*.c runtime/cli/*.c runtime/prove/*.c; do
	if tr -d '\\' <"$BUILD/obj/${source%.c}.d" 2>/dev/null | tr ' ' '\n' | grep -q '^compiler/'; then
		echo "layers: $source includes a compiler header" >&2
		fail=1
	fi
done

# A helper stands by itself: what it knows of the compiler's tables is generated.
for source in runtime/learn/*.c; do
	other=$(tr -d '\\' <"$BUILD/obj/${source%.c}.d" | tr ' ' '\n' | grep -E '^(\./)?(compiler|runtime)/' |
		grep -vE "^(\./)?${source%/*}/" | sort -u || true)
	[ -z "$other" ] || { echo "layers: $source includes" $other >&2; fail=1; }
done

# libwrit-audit sees of libwrit what every program sees, and a bundle's bytes where it checks a signature; the
# core sees nothing of it.
public=$(make -s public-headers)
for source in runtime/audit/*.c; do
	for header in $(tr -d '\\' <"$BUILD/obj/${source%.c}.d" | tr ' ' '\n' | grep '^runtime/.*\.h$' | sort -u); do
		case " $public runtime/writ_format.h runtime/writ_format_sign.h " in *" $header "*) continue ;; esac
		case $header in runtime/audit/*) continue ;; esac
		echo "layers: $source includes $header" >&2
		fail=1
	done
done
for source in runtime/*.c runtime/monitor/*.c; do
	if tr -d '\\' <"$BUILD/obj/${source%.c}.d" | tr ' ' '\n' | grep -qE '^runtime/(audit/|writ_(audit|identity|sign|args|metrics))'; then
		echo "layers: $source includes what is libwrit-audit's" >&2
		fail=1
	fi
done
bad=$(nm -D --defined-only "$BUILD/libwrit-audit.so" | awk '{ print $3 }' | grep -v '^writ_' || true)
[ -z "$bad" ] || { echo "layers: libwrit-audit exports:" $bad >&2; fail=1; }

# libwrit's core: what it needs from outside, and what it shows.
nm -u "$BUILD/libwrit.so" | awk '{ print $2 }' | sed 's/@.*//' | grep -vE '^(_ITM_|__gmon_start__|__cxa_finalize)' |
	sort -u >"$BUILD/imports.now"
grep -v '^#' runtime/imports.allow | sed '/^$/d' | sort -u >"$BUILD/imports.allow"
extra=$(comm -23 "$BUILD/imports.now" "$BUILD/imports.allow")
if [ -n "$extra" ]; then
	echo "layers: libwrit imports what runtime/imports.allow does not list:" $extra >&2
	fail=1
fi
bad=$(nm -D --defined-only "$BUILD/libwrit.so" | awk '{ print $3 }' | grep -v '^writ_' || true)
if [ -n "$bad" ]; then
	echo "layers: libwrit exports:" $bad >&2
	fail=1
fi
declared=$(grep -oE -h '\bwrit_[a-z_]+\(' $public | tr -d '(' | sort -u)
for symbol in $(nm -D --defined-only "$BUILD/libwrit.so" | awk '{ print $3 }' | sort -u); do
	echo "$declared" | grep -qx "$symbol" || { echo "layers: $symbol is exported but in no public header" >&2; fail=1; }
done
# The static writ formats by runtime/static/format.c, which knows these conversions only.
unknown=$(cat runtime/*.c runtime/monitor/*.c runtime/cli/*.c runtime/*.def | sed 's/" PRI[dux]64 "/lu/g; s/" PRI[dux]64/lu"/g' |
	grep -oE '"([^"\\]|\\.)*"' | sed 's/%%//g' | grep -oE '%.{0,12}' |
	grep -vE '^%(-?0?[0-9]*(\.([0-9]+|\*))?(ll?|z)?[scduxX]|\[|eax)' || true)
if [ -n "$unknown" ]; then
	echo "layers: a conversion that runtime/static/format.c does not know: $unknown" >&2
	fail=1
fi
[ $fail -eq 0 ] && echo "layers: ok"
exit $fail
