#!/bin/bash
# Brings the lab up: installs, configures, starts and seeds whatever of that is not done yet.
. "$(dirname "$0")/lib.sh"
. "$LAB_DIR/openstack.sh"

bash "$LAB_DIR/install.sh" || exit 1
began=$SECONDS
make_state
take_lock
load_services
packages_stamp=$(dpkg-query -W -f '${Package} ${Version}\n' "${PACKAGES[@]}" | sort | sha256sum | cut -c1-16)

# Somebody else's daemon on one of our ports would pass for ours.
for name in "${SERVICES[@]}"; do
  [ "$name" != epmd ] && ! running "$name" >/dev/null || continue
  for port in ${SERVICE_PORTS[$name]}; do
    owner=$(ss -Hltnp "sport = :$port" | head -n 1)
    [ -z "$owner" ] || fail "$name needs port $port, but another process has it: $owner"
  done
done

# Schemas: those of all groups at once. A migration that was cut off cannot go on: its databases start anew.
prepare_group() {
  local databases=${GROUP_DATABASES[$1]:-}
  [ -z "$databases" ] || create_databases $databases || return
  "prepare_$1" && return
  [ -n "$databases" ] && [ ! -e "$LAB_STATE/done/prepare-$1" ] || return 1
  drop_databases $databases && create_databases $databases && "prepare_$1"
}
declare -A preparing
begin_preparing() {
  local group
  for group in "${SERVICE_GROUPS[@]}"; do
    declare -F "prepare_$group" >/dev/null || continue
    once "$packages_stamp" "prepare-$group" prepare_group "$group" &
    preparing[$group]=$!
  done
}

each_group configure
start_services epmd rabbitmq mariadb memcached bind
once "$packages_stamp" rabbit-policy rabbit_policy
begin_preparing
wait "${preparing[keystone]}" || exit 1
start_services keystone
once "$(cat "$LAB_DIR/bootstrap.py" - <<<"${ENDPOINTS[*]}" | sha256sum | cut -c1-16)" bootstrap \
  /usr/bin/python3 "$LAB_DIR/bootstrap.py" "$LAB_STATE" "${ENDPOINTS[@]}"
for group in "${!preparing[@]}"; do
  [ "$group" = keystone ] || wait "${preparing[$group]}" || exit 1
done
# Designate's configuration names a project that bootstrap has made.
configure_designate
start_services "${SERVICES[@]}"

for group in "${SERVICE_GROUPS[@]}"; do
  ! declare -F "register_$group" >/dev/null || once "$packages_stamp" "register-$group" "register_$group"
done
once "$(sha256sum <"$LAB_DIR/seed.py" | cut -c1-16)" seed /usr/bin/python3 "$LAB_DIR/seed.py" "$LAB_STATE"
say "the lab is up after $((SECONDS - began)) s; export OS_CLIENT_CONFIG_FILE=$LAB_STATE/clouds.yaml"
