#!/bin/bash
# run.sh FOLDER [COMMAND…]: the image as its own configuration starts it (entry point, user, environment), FOLDER as its working
# folder, on this machine's network. With COMMAND, that is run in it instead of the entry point.
set -euo pipefail
data=$(realpath "$1"); shift
cd "$(dirname "$0")/../.."
. lab/image/store.sh
container=$(store from --pull-never "$IMAGE")
trap 'store rm "$container" >/dev/null 2>&1' EXIT
if [ $# -eq 0 ]; then mapfile -t command < <(store inspect --type image --format '{{range .OCIv1.Config.Entrypoint}}{{println .}}{{end}}' "$IMAGE" | sed '/^$/d')
else command=("$@"); fi
# Paths of the entry point are of the image's own working folder.
for n in "${!command[@]}"; do case ${command[$n]} in src/*) command[$n]=/app/${command[$n]} ;; esac; done
pass=(); for name in PORT REFLEX_CONFIG REFLEX_URL OS_CLIENT_CONFIG_FILE; do [ -z "${!name:-}" ] || pass+=(--env "$name=${!name}"); done
store run --isolation chroot --network host --user node --volume "$data:/srv" --workingdir /srv "${pass[@]}" "$container" -- "${command[@]}" &
child=$!
trap 'kill -TERM $child 2>/dev/null' TERM INT
wait $child || code=$?
# A trapped signal ends the first wait before the process has ended.
while kill -0 $child 2>/dev/null; do wait $child && code=0 || code=$?; done
exit "${code:-0}"
