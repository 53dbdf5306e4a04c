#!/bin/bash
# Brings a real API server up: etcd and kube-apiserver of KUBEBUILDER_ASSETS, or Debian's etcd and a kube-apiserver that is
# built once. No kubelet, no controllers. Its last line names the kubeconfig.
. "$(dirname "$0")/services.sh"
. "$K8S_DIR/apiserver.sh"

make_state
take_lock
began=$SECONDS

if [ ! -x "$ETCD" ]; then
  [ "$(id -u)" = 0 ] && grep -q '^ID=debian' /etc/os-release ||
    fail "there is no etcd: set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd"
  say "install etcd-server (log: $LAB_LOG/install.log)"
  policy=/usr/sbin/policy-rc.d
  # Debian would start a daemon of its own.
  if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
  fi
  export DEBIAN_FRONTEND=noninteractive
  for words in update 'install --no-install-recommends etcd-server'; do
    apt-get -q -y -o DPkg::Lock::Timeout=600 $words </dev/null >>"$LAB_LOG/install.log" 2>&1 ||
      fail "apt-get $words failed" "$LAB_LOG/install.log"
  done
fi

build_apiserver

# Somebody else's daemon on one of our ports would pass for ours.
for name in "${SERVICES[@]}"; do
  running "$name" >/dev/null && continue
  for port in ${SERVICE_PORTS[$name]}; do
    owner=$(ss -Hltnp "sport = :$port" | head -n 1)
    [ -z "$owner" ] ||
      fail "$name needs port $port, but another process has it (LAB_KUBERNETES_PORT moves all three): $owner"
  done
done

certificates() (
  set -e
  umask 077
  cd "$LAB_ETC"
  new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650"
  openssl req -x509 $new -keyout ca.key -out ca.crt -subj /CN=lab -addext keyUsage=critical,keyCertSign
  signed="-CA ca.crt -CAkey ca.key"
  openssl req -x509 $new $signed -keyout server.key -out server.crt -subj /CN=kube-apiserver \
    -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE
  openssl req -x509 $new $signed -keyout admin.key -out admin.crt -subj /O=system:masters/CN=admin \
    -addext extendedKeyUsage=clientAuth -addext basicConstraints=critical,CA:FALSE
  openssl genrsa -out sa.key 2048
  openssl rsa -in sa.key -pubout -out sa.pub
  for user in admin reader stranger; do echo "$(openssl rand -hex 16),$user,$user$([ $user != admin ] || echo ,system:masters)"; done >tokens.csv
)

# One context for each way of signing in: by token, certificate, credential plug-in, and with a token that nobody has.
kubeconfig() (
  umask 077
  token() { sed -n "s/,$1,.*//p" "$LAB_ETC/tokens.csv"; }
  cat >"$LAB_ETC/credential.sh" <<PLUGIN
#!/bin/sh
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"$(token admin)"}}'
PLUGIN
  chmod +x "$LAB_ETC/credential.sh"
  {
    printf 'apiVersion: v1\nkind: Config\ncurrent-context: admin\n'
    printf 'clusters:\n- {name: lab, cluster: {server: "https://127.0.0.1:%s", certificate-authority: ca.crt}}\n' "$K8S_PORT"
    printf 'contexts:\n'
    for user in admin reader stranger nobody certificate plugin; do
      printf -- '- {name: %s, context: {cluster: lab, user: %s}}\n' $user $user
    done
    printf 'users:\n'
    for user in admin reader stranger; do printf -- '- {name: %s, user: {token: "%s"}}\n' $user "$(token $user)"; done
    printf -- '- {name: nobody, user: {token: nobody-token}}\n'
    printf -- '- {name: certificate, user: {client-certificate: admin.crt, client-key: admin.key}}\n'
    printf -- '- name: plugin\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n'
    printf '      command: %s\n      interactiveMode: Never\n' "$LAB_ETC/credential.sh"
  } >"$LAB_ETC/kubeconfig"
)

once 1 certificates certificates
kubeconfig
# The tests hold us against it.
ln -sf "$KUBECTL" "$LAB_ETC/kubectl"
start_services "${SERVICES[@]}"
say "$("$APISERVER" --version) is up after $((SECONDS - began)) s; export KUBECONFIG=$LAB_ETC/kubeconfig"
