#!/bin/sh
# Installs the Debian packages that are missing. Arguments: build (what `make` and `make demo` need),
# test (what `make test` and `make check` need beside) and kernels (what `make test-kernels` needs
# beside build). Quick and silent when nothing is missing.
set -eu

# What to look for and the package that brings it: a command in PATH, or a file below /usr.
build='
gcc gcc
make make
flex flex
bison bison
musl-gcc musl-tools
python3 python3
/usr/include/stdio.h libc6-dev
/usr/include/linux/seccomp.h linux-libc-dev
/usr/include/seccomp.h libseccomp-dev
/usr/include/sodium.h libsodium-dev
/usr/include/jansson.h libjansson-dev
/usr/include/yaml.h libyaml-dev
/usr/include/sqlite3.h libsqlite3-dev
curl-config libcurl4-openssl-dev
strip binutils'
test='
git git
node nodejs
curl curl
z3 z3
bwrap bubblewrap
ctags universal-ctags
clang-tidy clang-tidy
clang-format clang-format
clang-14 clang-14
gcovr gcovr
man man-db
pgrep procps
pkg-config pkg-config
unshare util-linux
ip iproute2
openssl openssl
wget wget
ssh openssh-client
/usr/sbin/sshd openssh-server
nc netcat-openbsd
dig bind9-dnsutils
psql postgresql-client
go golang-go
java default-jre-headless
/usr/lib/python3/dist-packages/requests python3-requests
/usr/include/criterion/criterion.h libcriterion-dev
/usr/lib/llvm-14/lib/clang/14.0.6/include/fuzzer/FuzzedDataProvider.h libclang-rt-14-dev'
kernels='
curl curl
gpg gpg
gpgv gpgv
xz xz-utils
cpio cpio
qemu-system-x86_64 qemu-system-x86
qemu-system-aarch64 qemu-system-arm
aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
/usr/aarch64-linux-gnu/include/stdio.h libc6-dev-arm64-cross
/usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring'

missing=
for set in "$@"; do
	case $set in
	build) rows=$build ;;
	test) rows=$test ;;
	kernels) rows=$kernels ;;
	*) echo "install-deps.sh: no such set: $set" >&2; exit 2 ;;
	esac
	while read -r what package; do
		case $what in
		'') continue ;;
		/*) [ -e "$what" ] || missing="$missing $package" ;;
		*) command -v "$what" >/dev/null 2>&1 || missing="$missing $package" ;;
		esac
	done <<-ROWS
	$rows
	ROWS
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "Please install what is missing (names of Debian's packages):$missing" >&2
	exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "Please have an administrator run: apt-get install$missing" >&2
		exit 1
	fi
	as_root=sudo
fi
echo "Installing:$missing" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
