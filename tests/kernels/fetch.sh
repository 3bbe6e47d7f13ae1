#!/bin/sh
# Fetches one file out of the newest package of that kind that some suites of the Debian archive have, and
# prints its version and where it is:
#
#	fetch.sh [--offline] CACHE ARCH kernel|busybox SUITE...
#
# Everything is checked against the archive's signature: InRelease by gpgv, the index by InRelease's digest,
# the package by the index's. DEBIAN_MIRROR and DEBIAN_SECURITY_MIRROR name other mirrors than the ones this
# machine's apt uses, DEBIAN_KEYRING other keys than Debian's. With --offline, what CACHE holds is all there is. Exits with 1 and a reason when there
# is nothing to print.
set -eu

keyring=${DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}

fail() {
	echo "$*" >&2
	exit 1
}

offline=
if [ "$1" = --offline ]; then
	offline=1
	shift
fi
cache=$1
arch=$2
kind=$3
shift 3
mkdir -p "$cache/index" "$cache/pool"

# Where a suite is published: the mirror apt is told to use, else the archive's own name.
mirror_of() {
	case $1 in
	*-security) own=${DEBIAN_SECURITY_MIRROR:-} what=debian-security ;;
	*) own=${DEBIAN_MIRROR:-} what=debian ;;
	esac
	# shellcheck disable=SC2016
	[ -n "$own" ] || own=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null |
		grep -E "^https?://.*/$what/?\$" | head -n 1) || own=
	[ -n "$own" ] || own=http://deb.debian.org/$what
	echo "${own%/}"
}

download() {
	curl -fsSL --retry 2 --connect-timeout 20 --max-time 900 -o "$2.part" "$1" || fail "can't fetch $1"
}

has_digest() {
	[ "$(sha256sum "$1" | cut -d ' ' -f 1)" = "$2" ]
}

# The digest that a signed InRelease has for a path.
released() {
	awk -v path="$2" '/^[^ ]/ { inside = $1 == "SHA256:" } inside && $3 == path { print $1 }' "$1"
}

# What is of use here of a suite's index: the stanzas of kernels and of busybox, kept under the digest of the
# index they were taken from.
refresh_index() {
	suite=$1
	base=$(mirror_of "$suite")/dists/$suite
	listed=main/binary-$arch/Packages.xz
	at=$cache/index/$suite-$arch

	download "$base/InRelease" "$at.release"
	gpgv --quiet --keyring "$keyring" --output "$at.signed" "$at.release.part" 2>"$at.gpgv" ||
		fail "the signature of $base/InRelease is not good: $(grep '^gpgv:' "$at.gpgv" | tail -n 1)"
	grep -qE "^(Codename|Suite): $suite\$" "$at.signed" || fail "$base/InRelease is of another suite"
	digest=$(released "$at.signed" "$listed")
	[ -n "$digest" ] || fail "$base has no $listed"
	[ "$(head -n 1 "$at" 2>/dev/null)" != "$digest" ] || return 0
	download "$base/$listed" "$at.xz"
	has_digest "$at.xz.part" "$digest" || fail "$base/$listed is not what was signed"
	{
		echo "$digest"
		echo
		xz -dc "$at.xz.part" |
			awk 'BEGIN { RS = ""; ORS = "\n\n" } $2 ~ /^(linux-(image|binary)-.*cloud-|busybox-static$)/'
	} >"$at.part"
	mv "$at.part" "$at"
	rm -f "$at.xz.part" "$at.release.part" "$at.gpgv"
}

# A field of a package of a suite; of a version, when one is given.
field() {
	[ -e "$cache/index/$1-$arch" ] || return 0
	awk -v name="$2" -v field="$3:" -v version="${4:-}" '
		BEGIN { RS = ""; FS = "\n" }
		{
			split("", has)
			for (i = 1; i <= NF; i++) {
				key = substr($i, 1, index($i, ":"))
				has[key] = substr($i, length(key) + 2)
			}
		}
		has["Package:"] == name && (version == "" || has["Version:"] == version) { print has[field]; exit }
	' "$cache/index/$1-$arch"
}

# The package that holds a kernel's image, by way of the one that depends on the newest.
kernel_package() {
	name=$(field "$1" "linux-image-cloud-$arch" Depends | tr -s ', ' '\n' | grep '^linux-image-[0-9]') || return 0
	# Since 7.2 the image is in a package of its own.
	binary=linux-binary-${name#linux-image-}
	if [ -n "$(field "$1" "$binary" Version)" ]; then
		echo "$binary"
	else
		echo "$name"
	fi
}

# Sets suite, package and version to the newest that any of the suites has.
choose() {
	version=
	for candidate; do
		case $kind in
		kernel) found=$(kernel_package "$candidate") ;;
		busybox) found=busybox-static ;;
		*) fail "fetch.sh: $kind?" ;;
		esac
		[ -n "$found" ] || continue
		newest=$(field "$candidate" "$found" Version)
		if [ -n "$newest" ] && { [ -z "$version" ] || dpkg --compare-versions "$newest" gt "$version"; }; then
			suite=$candidate package=$found version=$newest
		fi
	done
	[ -n "$version" ] || fail "no $kind for $arch in $*"
}

# Sets out to the one file that is wanted; it is there only if its package was what was signed.
fetch_file() {
	path=$(field "$suite" "$package" Filename "$version")
	out=$cache/pool/$(basename "$path" .deb).$kind
	[ ! -s "$out" ] || return 0
	[ -z "$offline" ] || fail "$package $version is not in $cache, and nothing is fetched (--offline)"
	case $kind in
	kernel) member='*/vmlinuz*' ;;
	busybox) member='*bin/busybox' ;;
	esac
	deb=$cache/pool/package
	download "$(mirror_of "$suite")/$path" "$deb"
	has_digest "$deb.part" "$(field "$suite" "$package" SHA256 "$version")" ||
		fail "$package $version is not what was signed"
	dpkg-deb --fsys-tarfile "$deb.part" | tar -xO --wildcards "$member" >"$out.part"
	[ -s "$out.part" ] || fail "$package $version has no $member"
	mv "$out.part" "$out"
	rm -f "$deb.part"
}

[ -n "$offline" ] || for each; do
	refresh_index "$each"
done
choose "$@"
fetch_file
echo "$version $out"
