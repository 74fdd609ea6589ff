#!/bin/sh
# Before removing: prerm of the .deb (remove) and %preun of the .rpm (0 will be left). Nothing on an upgrade.
set -e

case "$1" in
remove | 0) ;;
*) exit 0 ;;
esac

rm -rf /opt/bootstrap-agent/.preset-applied /var/cache/bootstrap-agent/compiled /var/cache/bootstrap-agent/read-ahead
command -v systemctl >/dev/null || exit 0
if [ -d /run/systemd/system ]; then systemctl stop 'bootstrap-agent*.service' 'bootstrap-agent*.target' || true; fi
while read -r word unit; do
	case "$word" in enable | disable) systemctl --quiet disable "$unit" ;; esac
done </usr/lib/systemd/system-preset/80-bootstrap-agent.preset
