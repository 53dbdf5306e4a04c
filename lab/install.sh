#!/bin/bash
# Installs the Debian packages that the lab's services need and that are missing. Starts no daemon.
. "$(dirname "$0")/lib.sh"
. "$LAB_DIR/openstack.sh"
LAB_SOCKETS=$LAB_RUN load_services

[ "$(id -u)" = 0 ] || fail "run this as root"
grep -q '^VERSION_ID="12"' /etc/os-release || fail "this needs Debian 12: its packages are OpenStack Zed"

missing=()
for package in $(printf '%s\n' "${PACKAGES[@]}" | sort -u); do
  [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" = 'ii ' ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

log=$(mktemp /tmp/lab-install.XXXXXX)
say "install ${missing[*]} (log: $log)"
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt_get() { apt-get -q -y -o DPkg::Lock::Timeout=600 "$@" </dev/null >>"$log" 2>&1 || fail "apt-get $1 failed" "$log"; }
# An installation cut off in the middle.
dpkg --configure -a </dev/null >>"$log" 2>&1
apt_get update
apt_get install --no-install-recommends "${missing[@]}"
say "installed"
