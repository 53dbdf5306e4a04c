packages keystone uwsgi-core uwsgi-plugin-python3 python3-openstacksdk python3-venv
databases keystone

service keystone ports=5000 health="http $LAB_URL:5000/v3" after="mariadb memcached rabbitmq" -- \
  env OS_KEYSTONE_CONFIG_DIR="$LAB_ETC/keystone" $(uwsgi_command 5000 /usr/bin/keystone-wsgi-public)

configure_keystone() {
  mkdir -p "$LAB_ETC/keystone"
  # bcrypt's usual 12 rounds cost a quarter of a second for every login.
  cat >"$LAB_ETC/keystone/keystone.conf" <<CONF
[DEFAULT]
transport_url = $RABBIT_URL
use_stderr = true

[database]
connection = $(database_url keystone)

[identity]
password_hash_rounds = 4

[token]
provider = fernet

[fernet_tokens]
key_repository = $LAB_DATA/keystone/fernet

[credential]
key_repository = $LAB_DATA/keystone/credential

[cache]
enabled = true
backend = dogpile.cache.pymemcache
memcache_servers = 127.0.0.1:11211
$(messaging_options 0)
CONF
}

keystone_manage() { keystone-manage --config-file "$LAB_ETC/keystone/keystone.conf" "$@"; }

prepare_keystone() {
  mkdir -p "$LAB_DATA/keystone"
  keystone_manage fernet_setup --keystone-user root --keystone-group root &&
    keystone_manage credential_setup --keystone-user root --keystone-group root &&
    keystone_manage db_sync &&
    keystone_manage bootstrap --bootstrap-password lab --bootstrap-region-id RegionOne \
      --bootstrap-admin-url "$LAB_URL:5000/v3" --bootstrap-internal-url "$LAB_URL:5000/v3" \
      --bootstrap-public-url "$LAB_URL:5000/v3"
}
