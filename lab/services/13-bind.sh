packages bind9 bind9-utils bind9-dnsutils

service bind ports="53 953" health="tcp 953" -- named -g -c "$LAB_ETC/named.conf"

configure_bind() {
  mkdir -p "$LAB_DATA/bind"
  [ -s "$LAB_ETC/rndc.key" ] || rndc-confgen -a -k lab -c "$LAB_ETC/rndc.key" >/dev/null 2>&1
  cat >"$LAB_ETC/named.conf" <<CONF
include "$LAB_ETC/rndc.key";
controls { inet 127.0.0.1 port 953 allow { 127.0.0.1; } keys { "lab"; }; };
options {
  directory "$LAB_DATA/bind";
  pid-file "$LAB_RUN/named";
  session-keyfile "$LAB_RUN/named-session.key";
  listen-on port 53 { 127.0.0.1; };
  listen-on-v6 { none; };
  allow-new-zones yes;
  allow-query { 127.0.0.1; };
  allow-transfer { 127.0.0.1; };
  allow-notify { 127.0.0.1; };
  recursion no;
  dnssec-validation no;
  empty-zones-enable no;
  notify no;
  serial-query-rate 1000;
};
CONF
}
