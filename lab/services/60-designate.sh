packages designate-api designate-central designate-worker designate-producer designate-mdns
databases designate
endpoint designate dns "$LAB_URL:9001"

# The one pool there is has this id in every Designate.
DESIGNATE_POOL=794ccc2c-d751-44fe-b57f-8894c9f5c842

designate_service() { # <name> <health> <after> [ports]
  service "designate-$1" ports="${4:-}" health="$2" after="$3" -- \
    "designate-$1" --config-file "$LAB_ETC/designate/designate.conf"
}

designate_service central "queue central" "keystone rabbitmq"
designate_service mdns "tcp 5354" designate-central 5354
designate_service worker "queue worker" "designate-central bind"
# A producer that asks before central listens never runs that periodic task again.
designate_service producer "queue producer" designate-central
service designate-api ports=9001 health="http $LAB_URL:9001" after=designate-central -- \
  env OS_DESIGNATE_CONFIG_DIR="$LAB_ETC/designate" $(uwsgi_command 9001 /usr/bin/designate-api-wsgi)

configure_designate() {
  mkdir -p "$LAB_ETC/designate" "$LAB_DATA/designate"
  cp /usr/share/designate-common/api-paste.ini "$LAB_ETC/designate/"
  cat >"$LAB_ETC/designate/designate.conf" <<CONF
[DEFAULT]
transport_url = $RABBIT_URL
use_stderr = true
state_path = $LAB_DATA/designate
root_helper =

[service:api]
auth_strategy = keystone
enable_api_v2 = true
enable_api_admin = true
enabled_extensions_admin = quotas
enable_host_header = true

[service:central]
workers = 1
managed_resource_email = hostmaster@cloud.lab
managed_resource_tenant_id = $(cat "$LAB_STATE/done/managed-project" 2>/dev/null)

[service:mdns]
workers = 1
listen = 127.0.0.1:5354

[service:worker]
workers = 1
poll_delay = 1
poll_retry_interval = 1
poll_max_retries = 15
threads = 20
all_tcp = true

[service:producer]
workers = 1

[storage:sqlalchemy]
connection = $(database_url designate)

[network_api:neutron]
endpoints = RegionOne|$LAB_URL:9696
endpoint_type = publicURL
timeout = 30
$(authtoken_options designate)
$(messaging_options 0)
$(lock_options designate)
CONF
  cat >"$LAB_ETC/designate/pools.yaml" <<CONF
- name: default
  id: $DESIGNATE_POOL
  description: BIND on loopback
  attributes: {}
  ns_records:
    - hostname: ns1.lab.
      priority: 1
  nameservers:
    - host: 127.0.0.1
      port: 53
  targets:
    - type: bind9
      description: BIND on loopback
      masters:
        - host: 127.0.0.1
          port: 5354
      options:
        host: 127.0.0.1
        port: 53
        rndc_host: 127.0.0.1
        rndc_port: 953
        rndc_key_file: $LAB_ETC/rndc.key
CONF
}

designate_manage() { designate-manage --config-file "$LAB_ETC/designate/designate.conf" "$@"; }

prepare_designate() { designate_manage database sync; }

register_designate() { designate_manage pool update --file "$LAB_ETC/designate/pools.yaml"; }
