#!/bin/sh
# Makes a plain machine the image of a node: installs the agent and the roles, bakes the classes, seals.
#
#     provision.sh <folder>
#
# The folder holds the agent's package (one .deb or .rpm), roles/, and, where there are such, agent.yaml and environment.
# CLASSES: what to bake, by name. UPGRADE=true: install the distribution's pending updates first. BAKE_OPTIONS: further
# options of `agent bake`. Root only. Packer runs it on the building instance, and the tests in the tree of the machines
# that they boot; a metadata service may be there or not.
set -eu

say() { printf '== %s\n' "$*"; }
fail() {
	printf 'provision.sh: %s\n' "$*" >&2
	exit 78
}

[ "$(id -u)" = 0 ] || fail "root is needed to install packages: run it by sudo"
[ -d "${1-}" ] || fail "wanted the folder with the agent's package and roles/, found '${1-}'"
from=$(cd "$1" && pwd)
[ -n "${CLASSES-}" ] || fail "CLASSES names no class: set it to what to bake, such as 'tomcat php'"
[ -d "$from/roles" ] || fail "$from/roles is not there: it becomes /etc/bootstrap-agent/roles"

# The first boot of a public image goes on after SSH answers: cloud-init writes the package sources, and timers take
# the lock of dpkg for minutes.
await_first_boot() {
	[ -d /run/systemd/system ] || return 0
	if command -v cloud-init >/dev/null; then
		say "waiting for cloud-init"
		# Its exit code tells of any module that found something to complain about; what matters here will fail below.
		cloud-init status --wait || true
	fi
	if command -v apt-get >/dev/null; then
		systemctl stop apt-daily.timer apt-daily-upgrade.timer 2>/dev/null || true
		# Not stopped but awaited: an upgrade that is cut off leaves packages half installed.
		while systemctl show -p ActiveState apt-daily.service apt-daily-upgrade.service | grep -q =activating; do
			sleep 1
		done
	fi
}

apt() {
	DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
		apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@"
}

install_agent() {
	for format in deb rpm; do
		for package in "$from"/bootstrap-agent*."$format"; do
			if [ -e "$package" ]; then
				say "installing ${package##*/}"
				"install_$format" "$package"
				return
			fi
		done
	done
	fail "no bootstrap-agent*.deb or bootstrap-agent*.rpm in $from: npm run package makes them"
}

install_deb() {
	command -v apt-get >/dev/null || fail "$1 is for Debian and Ubuntu; this machine has no apt-get"
	# --reinstall: the same version built anew is another package.
	apt install --reinstall --allow-downgrades --no-install-recommends "$1"
}

install_rpm() {
	command -v dnf >/dev/null || fail "$1 is for Amazon Linux and Fedora; this machine has no dnf"
	dnf install -y "$1"
}

# What was there before is gone: a role that was taken out must not stay in an image that is made from an image.
install_roles() {
	say "installing the roles"
	rm -rf /etc/bootstrap-agent/roles
	cp -R "$from/roles" /etc/bootstrap-agent/roles
	for name in agent.yaml environment; do
		[ ! -e "$from/$name" ] || cp "$from/$name" "/etc/bootstrap-agent/$name"
	done
	chown -R root:root /etc/bootstrap-agent
	chmod -R u=rwX,go=rX /etc/bootstrap-agent
	# Now, and not after minutes of installing packages.
	agent validate /etc/bootstrap-agent/roles
}

# The seal removes what is temporary, but nothing that a running command names, as this one does. A folder that somebody
# keeps elsewhere is left alone.
remove_uploads() {
	case $from in
	/tmp/*) rm -rf "$from" ;;
	esac
}

upgrade() {
	[ "${UPGRADE-}" = true ] || return 0
	say "installing pending updates"
	if command -v apt-get >/dev/null; then
		apt update
		# With new packages: that is how a new kernel comes.
		apt upgrade --with-new-pkgs
	elif grep -qx 'ID="amzn"' /etc/os-release; then
		# Amazon Linux 2023 stays at the release that its image was made from unless another is named.
		dnf upgrade -y --refresh --releasever=latest
	else
		dnf upgrade -y --refresh
	fi
}

# What systemd gives the agent at every boot (EnvironmentFile= of its unit), the bake gets as well.
take_environment() {
	[ -e /etc/bootstrap-agent/environment ] || return 0
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		'' | '#'* | ';'*) continue ;;
		[A-Za-z_]*=\"*\")
			line=${line%\"}
			export "${line%%=*}=${line#*=\"}"
			;;
		[A-Za-z_]*=*) export "${line?}" ;;
		*) fail "/etc/bootstrap-agent/environment: not NAME=value: '$line'" ;;
		esac
	done </etc/bootstrap-agent/environment
}

bake() {
	say "baking $CLASSES"
	# Words, each an argument of its own.
	# shellcheck disable=SC2086
	agent bake $CLASSES ${BAKE_OPTIONS-} --seal
}

await_first_boot
install_agent
install_roles
remove_uploads
upgrade
take_environment
bake
