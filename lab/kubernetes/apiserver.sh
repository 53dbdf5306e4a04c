# Builds the API server where there is none yet. Sourced by up.sh and build.sh, which hold the lock.

build_apiserver() {
  local building=$SECONDS
  if [ ! -x "$APISERVER" ]; then
    [ -n "$GO" ] && "$GO" version | grep -Eq 'go1\.(2[6-9]|[3-9][0-9])' ||
      fail "a kube-apiserver must be built with Go 1.26 or newer (go.dev/dl; Debian's is too old), or set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd"
    say "build kube-apiserver $K8S_VERSION: this takes minutes, once (log: $LAB_LOG/build.log)"
    mkdir -p "$K8S_CACHE"
    x=k8s.io/component-base/version
    minor=${K8S_VERSION#1.}
    # Without what a debugger needs: it only costs time here. Moved into place when it is whole.
    (cd "$K8S_DIR" && "$GO" build -trimpath -buildvcs=false -o "$K8S_CACHE/building" \
      -gcflags=all=-dwarf=false -ldflags "-s -w -X $x.gitVersion=v$K8S_VERSION -X $x.gitMajor=1 -X $x.gitMinor=${minor%%.*}" \
      k8s.io/kubernetes/cmd/kube-apiserver) >"$LAB_LOG/build.log" 2>&1 9>&- ||
      fail "the build of kube-apiserver failed" "$LAB_LOG/build.log"
    mv "$K8S_CACHE/building" "$APISERVER"
    say "kube-apiserver $K8S_VERSION was built in $((SECONDS - building)) s"
  fi
}
