packages rabbitmq-server python3-amqp

RABBIT_HOME=$LAB_DATA/rabbitmq
# The binaries behind Debian's wrappers: no switch to the user rabbitmq, no file outside the state directory.
RABBIT_ENV=(env HOME="$RABBIT_HOME"
  RABBITMQ_NODENAME=stackreflex-lab@localhost RABBITMQ_CONF_ENV_FILE=/dev/null
  RABBITMQ_CONFIG_FILE="$LAB_ETC/rabbitmq" RABBITMQ_ENABLED_PLUGINS_FILE="$LAB_ETC/rabbitmq-plugins"
  RABBITMQ_MNESIA_BASE="$RABBIT_HOME/mnesia" RABBITMQ_LOG_BASE="$LAB_LOG" RABBITMQ_LOGS=-
  RABBITMQ_PID_FILE="$RABBIT_HOME/pid" ERL_EPMD_ADDRESS=127.0.0.1)

# An epmd started by the node itself would listen on every address.
service epmd ports=4369 health="tcp 4369" -- epmd -address 127.0.0.1
service rabbitmq ports="5672 25672" health=amqp after=epmd stop=40 -- \
  "${RABBIT_ENV[@]}" RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-start_epmd false" /usr/lib/rabbitmq/bin/rabbitmq-server

rabbitmqctl() { "${RABBIT_ENV[@]}" /usr/lib/rabbitmq/bin/rabbitmqctl "$@" 9>&-; }

configure_rabbitmq() {
  mkdir -p "$RABBIT_HOME"
  echo '[].' >"$LAB_ETC/rabbitmq-plugins"
  cat >"$LAB_ETC/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:5672
log.console.level = warning
CONF
  cat >"$LAB_ETC/rabbitmq-advanced.config" <<CONF
[{kernel, [{inet_dist_use_interface, {127,0,0,1}}]}].
CONF
}

# Another RabbitMQ on this machine may have started the epmd of all.
start_epmd() { healthy epmd || start_process epmd; }
may_stop_epmd() { [ -z "$(epmd -names 2>/dev/null | grep '^name ')" ]; }

# Publishers declare a queue for each topic and priority, and without a consumer it grows without limit.
rabbit_policy() {
  rabbitmqctl set_policy --apply-to queues cap-notifications \
    '^(versioned_)?notifications\.' '{"max-length":5000}'
}
