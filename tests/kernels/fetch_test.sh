#!/bin/sh
# fetch.sh against small archives of our own, signed with a key of our own: what is right is fetched, and what
# somebody has changed on the way is not. Prints what is wrong; silent otherwise.
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export GNUPGHOME="$tmp/gpg" DEBIAN_KEYRING="$tmp/keyring.gpg" DEBIAN_MIRROR="file://$tmp/archive"
suite=$tmp/archive/dists/trixie
index=$suite/main/binary-amd64/Packages
pool=$tmp/archive/pool

make_key() {
	mkdir -m 700 "$GNUPGHOME"
	gpg --batch --quiet --passphrase '' --quick-generate-key archive ed25519 sign never 2>"$tmp/gpg.log"
	gpg --batch --quiet --export >"$DEBIAN_KEYRING"
}

# package NAME VERSION DEPENDS FILE: a package with one file, and its stanza in the index.
package() {
	mkdir -p "$tmp/$1/DEBIAN" "$tmp/$1/$(dirname "$4")" "$pool"
	echo "$1 $2" >"$tmp/$1/$4"
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: t\nDescription: t\n' "$1" "$2" >"$tmp/$1/DEBIAN/control"
	dpkg-deb -b "$tmp/$1" "$pool/$1.deb" >/dev/null
	printf 'Package: %s\nVersion: %s\nDepends: %s\nFilename: pool/%s.deb\nSHA256: %s\n\n' "$1" "$2" "$3" "$1" \
		"$(sha256sum "$pool/$1.deb" | cut -d ' ' -f 1)" >>"$index"
}

publish() {
	xz -f -k "$index"
	printf 'Suite: stable\nCodename: %s\nSHA256:\n %s 1 main/binary-amd64/Packages.xz\n' "$1" \
		"$(sha256sum "$index.xz" | cut -d ' ' -f 1)" >"$suite/Release"
	gpg --batch --quiet --yes --clearsign -o "$suite/InRelease" "$suite/Release"
}

make_archive() {
	rm -rf "$tmp/archive" "$tmp/cache"
	mkdir -p "$(dirname "$index")"
	package linux-image-cloud-amd64 6.2-1 'linux-image-6.2-cloud-amd64 (= 6.2-1), other' usr/share/x
	package linux-image-6.1-cloud-amd64 6.1-1 kmod boot/vmlinuz-6.1
	package linux-image-6.2-cloud-amd64 6.2-1 kmod boot/vmlinuz-6.2
	publish trixie
}

# gives WORDS ARGUMENT...: fetch.sh says so, on either stream, and nothing else.
gives() {
	want=$1
	shift
	got=$(tests/kernels/fetch.sh "$@" 2>&1) || true
	# A pattern.
	# shellcheck disable=SC2254
	case $got in
	$want) ;;
	*) echo "FAIL fetch.sh: expected '$want', got '$got'" && exit 1 ;;
	esac
}

fetch_gives() {
	gives "$1" "$tmp/cache" amd64 kernel trixie
}

make_key
make_archive
fetch_gives "6.2-1 $tmp/cache/pool/linux-image-6.2-cloud-amd64.kernel"
grep -q '^linux-image-6.2-cloud-amd64 6.2-1$' "$tmp/cache/pool/linux-image-6.2-cloud-amd64.kernel"
gives 'no kernel for amd64 in sid' --offline "$tmp/cache" amd64 kernel sid
rm -r "$tmp/archive"
gives "6.2-1 $tmp/cache/pool/*" --offline "$tmp/cache" amd64 kernel trixie
fetch_gives "*can't fetch $DEBIAN_MIRROR/dists/trixie/InRelease"

# Since 7.2 the image is in a package of its own.
make_archive
package linux-binary-6.2-cloud-amd64 6.2-1 linux-base usr/lib/modules/6.2/vmlinuz
publish trixie
fetch_gives "6.2-1 $tmp/cache/pool/linux-binary-6.2-cloud-amd64.kernel"

make_archive
echo changed >>"$pool/linux-image-6.2-cloud-amd64.deb"
fetch_gives 'linux-image-6.2-cloud-amd64 6.2-1 is not what was signed'
gives '*is not in *(--offline)' --offline "$tmp/cache" amd64 kernel trixie

make_archive
echo changed | xz >>"$index.xz"
fetch_gives '*Packages.xz is not what was signed'

make_archive
sed -i 's/^Suite: stable/Suite: stale/' "$suite/InRelease"
fetch_gives '*the signature of *InRelease is not good: *'
cp "$suite/Release" "$suite/InRelease"
fetch_gives '*the signature of *InRelease is not good: *'

make_archive
publish bookworm
fetch_gives '*/trixie/InRelease is of another suite'

make_archive
rm -r "$GNUPGHOME"
DEBIAN_KEYRING=$tmp/other.gpg
GNUPGHOME=$tmp/other
make_key
fetch_gives '*the signature of *InRelease is not good: *'
