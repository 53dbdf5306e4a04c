# Paths, the service table and process handling. Sourced by every script of the lab.

set -uo pipefail

LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_STATE=${LAB_STATE:-$(dirname "$LAB_DIR")/.lab}
LAB_STATE=$(realpath -m "$LAB_STATE")

# A pyenv or a venv in front of Debian's Python would hide Debian's OpenStack.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 PYTHONUNBUFFERED=1
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV "${!OS_@}"

LAB_ETC=$LAB_STATE/etc LAB_LOG=$LAB_STATE/log LAB_RUN=$LAB_STATE/run LAB_DATA=$LAB_STATE/data
LAB_WAIT=${LAB_WAIT:-180} # seconds for all services to become healthy

say() { printf '%s %s\n' "$(date +%T)" "$*"; }

# Stops the script: what failed, where it is written, and the end of that.
fail() {
  printf '\nlab: %s\n' "$1" >&2
  if [ -n "${2:-}" ] && [ -s "$2" ]; then
    printf 'lab: log: %s, its last 20 lines:\n' "$2" >&2
    tail -n 20 "$2" | sed 's/^/  | /' >&2
  fi
  exit 1
}

make_state() {
  mkdir -p "$LAB_ETC" "$LAB_LOG" "$LAB_RUN" "$LAB_DATA" "$LAB_STATE/done"
  # A unix socket's path must be shorter than 108 bytes.
  if [ ${#LAB_STATE} -lt 60 ]; then
    LAB_SOCKETS=$LAB_RUN
  else
    [ -s "$LAB_RUN/sockets" ] || mktemp -d /tmp/lab.XXXXXX >"$LAB_RUN/sockets"
    LAB_SOCKETS=$(cat "$LAB_RUN/sockets")
    mkdir -p "$LAB_SOCKETS"
  fi
}

# Only one up, down or ctl at a time. Daemons do not inherit the lock: start_process closes it.
take_lock() {
  exec 9>"$LAB_STATE/lock"
  flock -w 600 9 || fail "another lab script has been running for 10 minutes"
}

# --- The service table: filled by services/*.sh ---

SERVICE_GROUPS=() PACKAGES=() ENDPOINTS=() SERVICES=()
declare -A GROUP_DATABASES SERVICE_AFTER SERVICE_HEALTH SERVICE_PORTS SERVICE_COMMAND SERVICE_STOP

packages() { PACKAGES+=("$@"); }
databases() { GROUP_DATABASES[${SERVICE_GROUPS[-1]}]=$*; }
# endpoint <service user> <type> <url>: a service user and a catalogue entry in Keystone.
endpoint() { ENDPOINTS+=("$*"); }
# service <name> ports="..." health="..." [after="..."] [stop=<seconds>] -- command...
#   ports   for people and for the check that nobody else has them
#   health  arguments of health.py
#   after   services that must be healthy before this one starts
service() {
  local name=$1 ports='' health='' after='' stop=15
  shift
  while [ "$1" != -- ]; do
    local "$1"
    shift
  done
  shift
  SERVICES+=("$name")
  SERVICE_PORTS[$name]=$ports SERVICE_HEALTH[$name]=$health
  SERVICE_AFTER[$name]=$after SERVICE_STOP[$name]=$stop
  SERVICE_COMMAND[$name]=$(printf '%q ' "$@")
}

load_services() {
  local file
  for file in "$LAB_DIR"/services/*.sh; do
    file=${file##*/}
    SERVICE_GROUPS+=("$(sed 's/^[0-9]*-//; s/\.sh$//' <<<"$file")")
    . "$LAB_DIR/services/$file"
  done
}

# each_group <verb>: calls <verb>_<group> of every services file that defines it.
each_group() {
  local group
  for group in "${SERVICE_GROUPS[@]}"; do
    if declare -F "$1_$group" >/dev/null; then "$1_$group"; fi
  done
}

# --- Processes ---

# The start time tells our process from a later one with the same number, the boot id from one after a reboot.
process_stamp() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  set -- ${stat##*) }
  [ "$1" != Z ] || return 1
  printf '%s %s' "${20}" "$(cat /proc/sys/kernel/random/boot_id)"
}

# Prints the pid of a service of ours, or fails.
running() {
  local pid stamp
  [ -s "$LAB_RUN/$1.pid" ] && read -r pid stamp <"$LAB_RUN/$1.pid" || return 1
  [ -n "$stamp" ] && [ "$(process_stamp "$pid")" = "$stamp" ] || return 1
  echo "$pid"
}

healthy() { /usr/bin/python3 "$LAB_DIR/health.py" ${SERVICE_HEALTH[$1]} >/dev/null 2>&1; }

start_process() {
  local name=$1 log=$LAB_LOG/$1.log pid fd
  say "start $name"
  # The log of the run before is kept, so that no log grows for ever.
  [ ! -f "$log" ] || mv "$log" "$log.1"
  {
    # Neither our lock nor one that the caller holds around us may live on in a daemon.
    for fd in /proc/"$BASHPID"/fd/*; do [ "${fd##*/}" -le 2 ] || eval "exec ${fd##*/}>&-"; done
    eval "exec setsid ${SERVICE_COMMAND[$name]}"
  } </dev/null >"$log" 2>&1 &
  pid=$!
  echo "$pid $(process_stamp "$pid")" >"$LAB_RUN/$name.pid"
}

# Starts each named service as soon as those it comes after are healthy, and waits until all are healthy.
start_services() {
  local pending=("$@") started=() name other left end=$((SECONDS + LAB_WAIT))
  local -A ready=() checks=()
  while [ ${#pending[@]} -gt 0 ] || [ ${#started[@]} -gt 0 ]; do
    left=()
    for name in "${pending[@]}"; do
      for other in ${SERVICE_AFTER[$name]}; do
        # What was not asked for is up already, or that is somebody else's decision.
        [[ -n ${ready[$other]:-} || " $* " != *" $other "* ]] || { left+=("$name"); continue 2; }
      done
      start_one "$name"
      started+=("$name")
    done
    pending=("${left[@]}") left=()
    # All at once: a server that is still loading lets each check wait for its answer.
    for name in "${started[@]}"; do healthy "$name" 9>&- & checks[$name]=$!; done
    for name in "${started[@]}"; do
      if wait "${checks[$name]}"; then ready[$name]=1; continue; fi
      running "$name" >/dev/null || fail "$name has died" "$LAB_LOG/$name.log"
      [ $SECONDS -lt $end ] ||
        fail "$name is not healthy after $LAB_WAIT s: health.py ${SERVICE_HEALTH[$name]}" "$LAB_LOG/$name.log"
      left+=("$name")
    done
    started=("${left[@]}")
    [ ${#started[@]} -eq 0 ] || sleep 0.5
  done
}

# A services file may replace how its service starts, or prepare it.
start_one() {
  local hook=${1//-/_}
  ! running "$1" >/dev/null || return 0
  if declare -F "before_$hook" >/dev/null; then "before_$hook"; fi
  if declare -F "start_$hook" >/dev/null; then "start_$hook"; else start_process "$1"; fi
}

# Asks the whole process group to end, and ends it after the time the service is given.
stop_service() {
  local name=$1 pid end
  pid=$(running "$name") || { rm -f "$LAB_RUN/$name.pid"; return 0; }
  if declare -F "may_stop_${name//-/_}" >/dev/null && ! "may_stop_${name//-/_}"; then return 0; fi
  say "stop $name"
  kill -TERM -- "-$pid" 2>/dev/null
  end=$((SECONDS + SERVICE_STOP[$name]))
  while group_alive "$pid" && [ $SECONDS -lt $end ]; do sleep 0.1; done
  kill -KILL -- "-$pid" 2>/dev/null
  rm -f "$LAB_RUN/$name.pid"
}

# Zombies, whose parent has not looked yet, do not count.
group_alive() { pgrep -g "$1" -r DIRST >/dev/null; }

# once <stamp> <name> <command...>: runs it unless it has succeeded with this stamp in this state directory.
# It keeps the lock, so that a run after Ctrl-C waits for what the interrupted one left in the background.
once() {
  local stamp=$1 name=$2 mark=$LAB_STATE/done/$2 log=$LAB_LOG/once-$2.log
  shift 2
  [ "$(cat "$mark" 2>/dev/null)" != "$stamp" ] || return 0
  say "prepare $name"
  ("$@") >"$log" 2>&1 || fail "$name failed" "$log"
  echo "$stamp" >"$mark"
}
