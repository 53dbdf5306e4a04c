# Builds the API server and kubectl where there is none yet. Sourced by up.sh and build.sh, which hold the lock.

need_go() {
  [ -n "$GO" ] && "$GO" version | grep -Eq 'go1\.(2[6-9]|[3-9][0-9])' ||
    fail "$1 must be built with Go 1.26 or newer (go.dev/dl; Debian's is too old), or set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd and kubectl"
}

build_command() { # build_command NAME FILE
  local building=$SECONDS name=$1 file=$2 minor=${K8S_VERSION#1.} x=k8s.io/component-base/version
  [ ! -x "$file" ] || return 0
  need_go "$name"
  say "build $name $K8S_VERSION: this takes minutes, once (log: $LAB_LOG/build.log)"
  mkdir -p "$K8S_CACHE"
  # Without what a debugger needs: it only costs time here. Moved into place when it is whole.
  (cd "$K8S_DIR" && "$GO" build -trimpath -buildvcs=false -o "$K8S_CACHE/building-$name" \
    -gcflags=all=-dwarf=false -ldflags "-s -w -X $x.gitVersion=v$K8S_VERSION -X $x.gitMajor=1 -X $x.gitMinor=${minor%%.*}" \
    "k8s.io/kubernetes/cmd/$name") >"$LAB_LOG/build.log" 2>&1 9>&- ||
    fail "the build of $name failed" "$LAB_LOG/build.log"
  mv "$K8S_CACHE/building-$name" "$file"
  say "$name $K8S_VERSION was built in $((SECONDS - building)) s"
}

# What kubectl shares with the API server is compiled by then: it takes a quarter of the time.
build_apiserver() {
  build_command kube-apiserver "$APISERVER"
  build_command kubectl "$KUBECTL"
}
