#!/bin/bash
# Stops the API server and its etcd. --purge deletes their state too; what was built stays.
. "$(dirname "$0")/services.sh"

case ${1:-} in '' | --purge) ;; *) fail "usage: down.sh [--purge]" ;; esac
[ -d "$LAB_STATE" ] || exit 0
make_state
take_lock
stop_service apiserver
stop_service etcd
[ "${1:-}" = --purge ] || exit 0
rm -rf "$LAB_STATE"
say "deleted $LAB_STATE"
