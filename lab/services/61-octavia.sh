packages octavia-api octavia-worker
databases octavia
endpoint octavia load-balancer "$LAB_URL:9876"

OCTAVIA_ETC=$LAB_ETC/octavia

service octavia-worker health="queue octavia_provisioning_v2" after="keystone rabbitmq" -- \
  /usr/bin/python3 "$LAB_DIR/octavia-worker.py" \
  --config-file "$OCTAVIA_ETC/octavia.conf" --config-file "$OCTAVIA_ETC/worker.conf"
service octavia-api ports=9876 health="http $LAB_URL:9876" after="keystone rabbitmq" -- \
  $(uwsgi_command 9876 /usr/bin/octavia-wsgi) --pyargv "--config-file $OCTAVIA_ETC/octavia.conf"

configure_octavia() {
  mkdir -p "$OCTAVIA_ETC" "$LAB_DATA/octavia"
  # Amphorae that do not exist get certificates all the same.
  [ -s "$OCTAVIA_ETC/ca.pem" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=lab \
    -keyout "$OCTAVIA_ETC/ca.key" -out "$OCTAVIA_ETC/ca.pem" 2>/dev/null
  cat >"$OCTAVIA_ETC/octavia.conf" <<CONF
[DEFAULT]
transport_url = $RABBIT_URL
use_stderr = true

[api_settings]
enabled_provider_drivers = amphora:The amphora driver
default_provider_driver = amphora

[database]
connection = $(database_url octavia)

[oslo_messaging]
topic = octavia_prov

[certificates]
ca_certificate = $OCTAVIA_ETC/ca.pem
ca_private_key = $OCTAVIA_ETC/ca.key

[controller_worker]
client_ca = $OCTAVIA_ETC/ca.pem
network_driver = allowed_address_pairs_driver
$(authtoken_options octavia)
$(auth_options service_auth octavia)
$(messaging_options 0)
$(lock_options octavia)
CONF
  # With these the API would give every load balancer the VIP 198.51.100.1.
  cat >"$OCTAVIA_ETC/worker.conf" <<CONF
[controller_worker]
amphora_driver = amphora_noop_driver
compute_driver = compute_noop_driver
image_driver = image_noop_driver
network_driver = network_noop_driver
amp_active_wait_sec = 1
workers = 1

[task_flow]
max_workers = 2
CONF
}

prepare_octavia() { octavia-db-manage --config-file "$OCTAVIA_ETC/octavia.conf" upgrade head; }
