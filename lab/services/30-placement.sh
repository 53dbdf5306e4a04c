packages placement-api
databases placement
endpoint placement placement "$LAB_URL:8778"

service placement ports=8778 health="http $LAB_URL:8778" after=keystone -- \
  env OS_PLACEMENT_CONFIG_DIR="$LAB_ETC/placement" $(uwsgi_command 8778 /usr/bin/placement-api)

configure_placement() {
  mkdir -p "$LAB_ETC/placement"
  cat >"$LAB_ETC/placement/placement.conf" <<CONF
[DEFAULT]
use_stderr = true

[api]
auth_strategy = keystone

[placement_database]
connection = $(database_url placement)
$(authtoken_options placement)
CONF
}

prepare_placement() { placement-manage --config-file "$LAB_ETC/placement/placement.conf" db sync; }
