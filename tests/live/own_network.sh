#!/bin/sh
# Runs a command in a network of its own, with addresses that no other has, for names to lead to
# (tests/live/probe/zone.c), and where anybody may be a name server: own_network.sh COMMAND... Who may not make one runs it in the host's.
set -eu
if [ "$(id -u)" -ne 0 ] || ! unshare -n ip link set lo up 2>/dev/null; then
	exec "$@"
fi
# The words are the inner shell's.
# shellcheck disable=SC2016
exec unshare -n sh -euc '
	ip link set lo up
	for host in 198.51.100.1 198.51.100.2 198.51.100.3 198.51.100.9 198.51.100.53 169.254.169.254; do
		ip addr add "$host/32" dev lo
	done
	for host in 64:ff9b::7f00:1 2002:a9fe:a9fe::1; do
		ip addr add "$host/128" dev lo nodad
	done
	echo 53 >/proc/sys/net/ipv4/ip_unprivileged_port_start
	exec "$@"' sh "$@"
