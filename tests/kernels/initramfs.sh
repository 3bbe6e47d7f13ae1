#!/bin/sh
# Packs what the test machine starts from, an initramfs: initramfs.sh OUT BUSYBOX FILE...
# Every FILE is put into /t under its own name, init becomes /init. Nobody has to be root for it: cpio says
# that root owns everything.
set -eu

out=$1
busybox=$2
shift 2
root=$out.root
rm -rf "$root"
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/etc" \
	"$root/t" "$root/lib" "$root/lib64" "$root/usr"
chmod 755 "$root" "$root"/*
install -m 755 "$busybox" "$root/bin/busybox"
echo 'root:x:0:0::/:/bin/sh
user:x:61234:61234::/tmp:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:
user:x:61234:' >"$root/etc/group"
for file; do
	install -m 755 "$file" "$root/t/$(basename "$file")"
done
ln -s /t/init "$root/init"
(cd "$root" && find . | LC_ALL=C sort | cpio --quiet --owner=0:0 -o -H newc) | gzip -1 >"$out.part"
mv "$out.part" "$out"
rm -rf "$root"
