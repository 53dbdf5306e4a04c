# Debian's nova-compute would bring qemu and libvirt. Its code is in python3-nova, the fake driver too.
packages nova-api nova-scheduler nova-conductor
databases nova nova_api nova_cell0
endpoint nova compute "$LAB_URL:8774/v2.1"

NOVA_HOSTS=(fake1 fake2)

service nova-conductor health="queue conductor" after="keystone rabbitmq" -- \
  nova-conductor --config-file "$LAB_ETC/nova/nova.conf"
service nova-scheduler health="queue scheduler" after="placement" -- \
  nova-scheduler --config-file "$LAB_ETC/nova/nova.conf"
service nova-api ports=8774 health="http $LAB_URL:8774" after="keystone rabbitmq" -- \
  env OS_NOVA_CONFIG_DIR="$LAB_ETC/nova" OS_NOVA_DISABLE_EVENTLET_PATCHING=1 \
  $(uwsgi_command 8774 /usr/bin/nova-api-wsgi)
# After a long stop the scheduler takes a host for dead until it has reported again.
for host in "${NOVA_HOSTS[@]}"; do
  service "nova-compute-$host" after="nova-conductor placement" \
    health="queue compute.$host and sql $LAB_SOCKETS/mysql SELECT COUNT(id) FROM nova.services WHERE
      host='$host' AND last_seen_up > UTC_TIMESTAMP() - INTERVAL 50 SECOND" -- \
    /usr/bin/python3 "$LAB_DIR/nova-compute.py" --config-file "$LAB_ETC/nova/$host.conf"
done

configure_nova() {
  local host
  mkdir -p "$LAB_ETC/nova"
  cp /usr/share/nova-common/api-paste.ini "$LAB_ETC/nova/"
  {
    nova_options nova
    # Only these may see the databases: nova-compute refuses to start with them.
    cat <<CONF

[api_database]
connection = $(database_url nova_api)

[database]
connection = $(database_url nova)

[conductor]
workers = 1

[scheduler]
workers = 1
discover_hosts_in_cells_interval = 15
CONF
    messaging_options 0
  } >"$LAB_ETC/nova/nova.conf"
  for host in "${NOVA_HOSTS[@]}"; do
    {
      nova_options "nova/$host"
      messaging_options
    } >"$LAB_ETC/nova/$host.conf"
    sed -i "/^\[DEFAULT\]/a host = $host\ncompute_driver = hypervisor.Driver" "$LAB_ETC/nova/$host.conf"
  done
}

nova_options() { # <state folder>
  mkdir -p "$LAB_DATA/$1/instances"
  cat <<CONF
[DEFAULT]
transport_url = $RABBIT_URL
use_stderr = true
my_ip = 127.0.0.1
state_path = $LAB_DATA/$1
enabled_apis = osapi_compute
allow_resize_to_same_host = true

[notifications]
notification_format = both
notify_on_state_change = vm_and_task_state
versioned_notifications_topics = versioned_notifications

[vnc]
enabled = false

[glance]
region_name = RegionOne

[cinder]
os_region_name = RegionOne
$(authtoken_options nova)
$(auth_options service_user nova)
send_service_user_token = true
$(auth_options placement nova)
$(auth_options neutron nova)
$(lock_options "$1")
CONF
}

nova_manage() { nova-manage --config-file "$LAB_ETC/nova/nova.conf" "$@"; }

prepare_nova() {
  nova_manage api_db sync &&
    nova_manage cell_v2 map_cell0 --database_connection "$(database_url nova_cell0)" &&
    nova_manage db sync || return
  nova_manage cell_v2 create_cell --name cell1
  [ $? -eq 0 ] || nova_manage cell_v2 list_cells | grep -q cell1
}

# Computes register themselves a few seconds after they listen, the scheduler sees them only once they are mapped.
register_nova() {
  local end=$((SECONDS + LAB_WAIT)) mapped
  while :; do
    nova_manage cell_v2 discover_hosts || return
    mapped=$(nova_manage cell_v2 list_hosts | grep -c 'fake[0-9]')
    [ "$mapped" -lt ${#NOVA_HOSTS[@]} ] || return 0
    [ $SECONDS -lt $end ] || return 1
    sleep 1
  done
}
