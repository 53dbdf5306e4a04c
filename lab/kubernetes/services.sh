# Paths, and the two services: etcd and kube-apiserver, loopback only. Sourced by up.sh and down.sh.

# lib.sh leaves only Debian's folders in PATH.
GO=$(command -v go || ls /usr/local/go/bin/go 2>/dev/null)
K8S_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_STATE=${LAB_STATE:-$(dirname "$(dirname "$K8S_DIR")")/.lab}/kubernetes
. "$K8S_DIR/../lib.sh"

K8S_VERSION=$(sed -n 's/^\tk8s.io\/kubernetes v\([0-9.]*\).*/\1/p' "$K8S_DIR/go.mod")
K8S_CACHE=$(dirname "$(dirname "$K8S_DIR")")/.ci/cache/kubernetes/$K8S_VERSION
K8S_PORT=${LAB_KUBERNETES_PORT:-26443}
ETCD_PORT=$((K8S_PORT + 1)) PEER_PORT=$((K8S_PORT + 2))
# health.py asks the API server over TLS.
export SSL_CERT_FILE=$LAB_ETC/ca.crt

if [ -x "${KUBEBUILDER_ASSETS:-}/kube-apiserver" ] && [ -x "${KUBEBUILDER_ASSETS:-}/etcd" ]; then
  APISERVER=$KUBEBUILDER_ASSETS/kube-apiserver ETCD=$KUBEBUILDER_ASSETS/etcd
else
  APISERVER=$K8S_CACHE/kube-apiserver ETCD=/usr/bin/etcd
fi
KUBECTL=${KUBEBUILDER_ASSETS:-}/kubectl
[ -x "$KUBECTL" ] || KUBECTL=$K8S_CACHE/kubectl

service etcd ports="$ETCD_PORT $PEER_PORT" health="http http://127.0.0.1:$ETCD_PORT/health" -- \
  "$ETCD" --name lab --data-dir "$LAB_DATA/etcd" \
  --listen-client-urls "http://127.0.0.1:$ETCD_PORT" --advertise-client-urls "http://127.0.0.1:$ETCD_PORT" \
  --listen-peer-urls "http://127.0.0.1:$PEER_PORT" --initial-advertise-peer-urls "http://127.0.0.1:$PEER_PORT" \
  --initial-cluster "lab=http://127.0.0.1:$PEER_PORT"

# No kubelet gives a service account to a pod; nobody else is to find this API server's address.
service apiserver ports="$K8S_PORT" health="http https://127.0.0.1:$K8S_PORT/readyz" after=etcd -- \
  "$APISERVER" --etcd-servers="http://127.0.0.1:$ETCD_PORT" \
  --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$K8S_PORT" --endpoint-reconciler-type=none \
  --tls-cert-file="$LAB_ETC/server.crt" --tls-private-key-file="$LAB_ETC/server.key" \
  --client-ca-file="$LAB_ETC/ca.crt" --token-auth-file="$LAB_ETC/tokens.csv" --authorization-mode=RBAC \
  --service-account-issuer="https://127.0.0.1:$K8S_PORT" --service-account-key-file="$LAB_ETC/sa.pub" \
  --service-account-signing-key-file="$LAB_ETC/sa.key" --service-cluster-ip-range=10.96.0.0/24 \
  --disable-admission-plugins=ServiceAccount --profiling=false
