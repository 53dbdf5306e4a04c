packages glance-api
databases glance
endpoint glance image "$LAB_URL:9292"

service glance ports=9292 health="http $LAB_URL:9292" after="keystone rabbitmq" -- \
  /usr/bin/python3 -m glance.cmd.api --config-file "$LAB_ETC/glance.conf"

configure_glance() {
  mkdir -p "$LAB_DATA"/glance/{images,staging,tasks}
  cat >"$LAB_ETC/glance.conf" <<CONF
[DEFAULT]
transport_url = $RABBIT_URL
use_stderr = true
bind_host = 127.0.0.1
bind_port = 9292
workers = 1
node_staging_uri = file://$LAB_DATA/glance/staging

[database]
connection = $(database_url glance)

[glance_store]
stores = file
default_store = file
filesystem_store_datadir = $LAB_DATA/glance/images

[paste_deploy]
flavor = keystone
config_file = /usr/share/glance-common/glance-api-paste.ini
$(authtoken_options glance)
$(messaging_options)
$(lock_options glance)
CONF
}

prepare_glance() { glance-manage --config-file "$LAB_ETC/glance.conf" db_sync; }
