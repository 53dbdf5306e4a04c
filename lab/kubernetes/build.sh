#!/bin/bash
# Only builds the API server and kubectl, ahead of time: up.sh waits for it. Run at a low priority it costs what would be idle.
. "$(dirname "$0")/services.sh"
. "$K8S_DIR/apiserver.sh"

make_state
take_lock
build_apiserver
