# What the OpenStack services' configurations share. Sourced before services/*.sh.

LAB_URL=http://127.0.0.1
RABBIT_URL=rabbit://guest:guest@127.0.0.1:5672/

# uwsgi <port> <wsgi script> : words of a command.
# Without "Connection: close" a client reuses a connection that uwsgi closes without a word.
uwsgi_command() {
  echo uwsgi-core --plugin python3 --master --die-on-term --lazy-apps --need-app --enable-threads \
    --processes 2 --http-socket "127.0.0.1:$1" --wsgi-file "$2" --buffer-size 65535 \
    --add-header Connection:close --disable-logging --log-4xx --log-5xx
}

# Heartbeats need a thread that uwsgi does not let run.
messaging_options() { # [heartbeat seconds]
  cat <<CONF

[oslo_messaging_notifications]
driver = messagingv2
topics = notifications

[oslo_messaging_rabbit]
heartbeat_timeout_threshold = ${1:-60}
CONF
}

auth_options() { # <section> <user>
  cat <<CONF

[$1]
auth_type = password
auth_url = $LAB_URL:5000/v3
region_name = RegionOne
project_domain_name = Default
user_domain_name = Default
project_name = service
username = $2
password = lab
CONF
}

# Service tokens: without them Nova may not detach volumes (CVE-2023-2088).
authtoken_options() { # <user>
  auth_options keystone_authtoken "$1"
  cat <<CONF
www_authenticate_uri = $LAB_URL:5000/v3
memcached_servers = 127.0.0.1:11211
service_token_roles = service
service_token_roles_required = true
CONF
}

lock_options() { # <name>
  mkdir -p "$LAB_DATA/$1/lock"
  printf '\n[oslo_concurrency]\nlock_path = %s\n' "$LAB_DATA/$1/lock"
}
