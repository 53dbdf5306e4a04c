packages neutron-server
databases neutron
endpoint neutron network "$LAB_URL:9696"

service neutron-server ports=9696 health="http $LAB_URL:9696" after="keystone rabbitmq" -- \
  neutron-server --config-file "$LAB_ETC/neutron.conf"
# Ports do not bind on a host whose agent has not reported lately.
service network-agents after=neutron-server \
  health="queue l3_agent.fake1 and sql $LAB_SOCKETS/mysql SELECT COUNT(id) = 3 FROM neutron.agents WHERE
    heartbeat_timestamp > UTC_TIMESTAMP() - INTERVAL 60 SECOND" -- \
  /usr/bin/python3 "$LAB_DIR/network-agents.py" --config-file "$LAB_ETC/neutron.conf"

configure_neutron() {
  mkdir -p "$LAB_DATA/neutron"
  cat >"$LAB_ETC/neutron.conf" <<CONF
[DEFAULT]
transport_url = $RABBIT_URL
use_stderr = true
bind_host = 127.0.0.1
bind_port = 9696
api_workers = 2
rpc_workers = 1
rpc_state_report_workers = 0
state_path = $LAB_DATA/neutron
api_paste_config = /usr/share/neutron-common/api-paste.ini
auth_strategy = keystone
core_plugin = ml2
service_plugins = router,port_forwarding
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
agent_down_time = 75

[database]
connection = $(database_url neutron)

[agent]
root_helper =
report_interval = 20

[ml2]
type_drivers = flat,vxlan
tenant_network_types = vxlan
mechanism_drivers = openvswitch
extension_drivers = port_security

[ml2_type_flat]
flat_networks = public

[ml2_type_vxlan]
vni_ranges = 1:10000
$(authtoken_options neutron)
$(auth_options nova nova)
$(auth_options placement neutron)
$(messaging_options)
$(lock_options neutron)
CONF
}

prepare_neutron() { neutron-db-manage --config-file "$LAB_ETC/neutron.conf" upgrade heads; }
