#!/bin/bash
# Stops every service that the lab has started. --purge deletes its state too.
. "$(dirname "$0")/lib.sh"
. "$LAB_DIR/openstack.sh"

case ${1:-} in '' | --purge) ;; *) fail "usage: down.sh [--purge]" ;; esac
[ -d "$LAB_STATE" ] || exit 0
make_state
take_lock
load_services

# Wave by wave: all services that no running one depends on.
while :; do
  needed=' '
  left=()
  for name in "${SERVICES[@]}"; do
    running "$name" >/dev/null || continue
    left+=("$name")
    needed+="${SERVICE_AFTER[$name]} "
  done
  wave=()
  for name in "${left[@]}"; do [[ $needed == *" $name "* ]] || wave+=("$name"); done
  [ ${#wave[@]} -gt 0 ] || break
  for name in "${wave[@]}"; do stop_service "$name" & done
  wait
  # epmd stays for as long as another node uses it.
  [ "${wave[*]}" != epmd ] || break
done

[ "${1:-}" = --purge ] || exit 0
[ "$LAB_SOCKETS" = "$LAB_RUN" ] || rm -rf "$LAB_SOCKETS"
rm -rf "$LAB_STATE"
say "deleted $LAB_STATE"
