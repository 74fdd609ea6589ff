#!/bin/sh
# After installing: postinst of the .deb and %post of the .rpm (how many are installed now).
# The units are enabled for the next boot and not started: installing happens while an image is built.
set -e

case "$1" in
configure | abort-remove | [12]) ;;
*) exit 0 ;;
esac

if command -v systemd-tmpfiles >/dev/null; then
	systemd-tmpfiles --create bootstrap-agent.conf || true
fi
command -v systemctl >/dev/null || exit 0

# Once for each installation: an upgrade leaves alone what was disabled since. A mark, because dpkg tells an upgrade
# and an installation after a removal alike.
mark=/opt/bootstrap-agent/.preset-applied
if [ ! -e $mark ]; then
	while read -r word unit; do
		if [ "$word" = enable ]; then systemctl --quiet preset "$unit"; fi
	done </usr/lib/systemd/system-preset/80-bootstrap-agent.preset
	: >$mark
fi
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
