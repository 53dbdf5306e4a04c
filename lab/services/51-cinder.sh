# Debian's cinder-volume would bring LVM and tgt. Its code is in python3-cinder, the driver that stores nothing too.
packages cinder-api cinder-scheduler
databases cinder
endpoint cinder volumev3 "$LAB_URL:8776/v3/%(project_id)s"

CINDER_CONF=$LAB_ETC/cinder/cinder.conf

service cinder-scheduler health="queue cinder-scheduler" after="keystone rabbitmq" -- \
  /usr/bin/python3 "$LAB_DIR/cinder-service.py" scheduler --config-file "$CINDER_CONF"
# After a long stop the scheduler takes it for dead until it has reported again.
service cinder-volume after=cinder-scheduler \
  health="queue cinder-volume.lab@disk and sql $LAB_SOCKETS/mysql SELECT COUNT(id) FROM cinder.services WHERE
    host='lab@disk' AND updated_at > UTC_TIMESTAMP() - INTERVAL 50 SECOND" -- \
  /usr/bin/python3 "$LAB_DIR/cinder-service.py" volume --config-file "$CINDER_CONF"
# uwsgi waits for a thread of Cinder that does not end.
service cinder-api ports=8776 stop=3 health="http $LAB_URL:8776" after="keystone rabbitmq" -- \
  $(uwsgi_command 8776 "$LAB_DIR/cinder-service.py") --pyargv "--config-file $CINDER_CONF"

configure_cinder() {
  mkdir -p "$LAB_ETC/cinder" "$LAB_DATA/cinder"
  # The key manager has one key for all: enough for types with encryption.
  cat >"$CINDER_CONF" <<CONF
[DEFAULT]
transport_url = $RABBIT_URL
use_stderr = true
host = lab
my_ip = 127.0.0.1
state_path = $LAB_DATA/cinder
api_paste_config = /usr/share/cinder-common/api-paste.ini
resource_query_filters_file = /etc/cinder/resource_filters.json
rootwrap_config = /etc/cinder/rootwrap.conf
auth_strategy = keystone
glance_api_servers = $LAB_URL:9292
default_volume_type = standard
enabled_backends = disk

[disk]
volume_backend_name = disk
volume_driver = volumes.Driver
target_helper = fake

[database]
connection = $(database_url cinder)

[key_manager]
backend = cinder.keymgr.conf_key_mgr.ConfKeyManager
fixed_key = 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
$(authtoken_options cinder)
$(auth_options service_user cinder)
send_service_user_token = true
$(auth_options nova cinder)
$(messaging_options 0)
$(lock_options cinder)
CONF
}

prepare_cinder() { cinder-manage --config-file "$CINDER_CONF" db sync; }
