#!/bin/sh
# After removing: postrm of the .deb (remove, purge) and %postun of the .rpm (0 left), which knows no purge.
# /etc/bootstrap-agent is never touched: what is in it, people put there.
set -e

state='/var/lib/bootstrap-agent /var/cache/bootstrap-agent /run/bootstrap-agent'

case "$1" in
remove) for folder in $state; do [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty "$folder"; done ;;
purge | 0)
	# shellcheck disable=SC2086 # three folders, each a word of its own
	rm -rf $state
	;;
esac

# dpkg takes /opt away with the last thing in it; Debian's base-files made it, and owns it in no book.
[ -d /opt ] || mkdir -m 0755 /opt

if [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then systemctl daemon-reload || true; fi
