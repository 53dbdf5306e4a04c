#!/bin/bash
# One service of the lab: ctl.sh start|stop|restart|log <service>, ctl.sh status [service], ctl.sh rabbitmqctl ...
. "$(dirname "$0")/lib.sh"
. "$LAB_DIR/openstack.sh"

[ -d "$LAB_STATE" ] || fail "there is no lab in $LAB_STATE: run up.sh"
make_state
load_services

status() {
  local pid
  pid=$(running "$1") || pid=-
  printf '%-20s %-8s %-10s %s\n' "$1" "$pid" "$(healthy "$1" && echo healthy || echo down)" "${SERVICE_PORTS[$1]}"
}

verb=${1:-status} name=${2:-}
case $verb in
  rabbitmqctl) shift; rabbitmqctl "$@"; exit ;;
  status) [ -n "$name" ] || { for name in "${SERVICES[@]}"; do status "$name"; done; exit; } ;;
  start | stop | restart | log) ;;
  *) fail "usage: ctl.sh start|stop|restart|status|log <service>" ;;
esac
[[ " ${SERVICES[*]} " == *" $name "* ]] || fail "no such service: '$name'. There are: ${SERVICES[*]}"

case $verb in
  log) exec tail -n 200 "$LAB_LOG/$name.log" ;;
  status) status "$name"; healthy "$name" ;;
  *)
    take_lock
    [ "$verb" = start ] || stop_service "$name"
    [ "$verb" = stop ] || start_services "$name"
    ;;
esac
