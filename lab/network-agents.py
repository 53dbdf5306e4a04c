#!/usr/bin/python3
"""The network agents without a network: they tell Neutron that everything it asks for is done.

One "Open vSwitch agent" a host lets ports bind and go ACTIVE, the "L3 agent" of the first host does so for floating IPs.
"""
import sys
import threading

from neutron.common import eventlet_utils

eventlet_utils.monkey_patch()

import oslo_messaging
from neutron.agent import rpc as agent_rpc
from neutron.common import config
from neutron.conf.agent import common
from neutron_lib import constants, context, rpc
from neutron_lib.agent import topics
from oslo_config import cfg
from oslo_log import log
from oslo_utils import timeutils, uuidutils

HOSTS = ["fake1", "fake2"]
L3_HOST = HOSTS[0]
# The first reports are lost when neutron-server does not listen yet, and its answer would be waited for in vain.
REPORT_TIMEOUT = 3

LOG = log.getLogger("network-agents")


def ovs_agent(host):
    return {
        "binary": "neutron-openvswitch-agent", "agent_type": constants.AGENT_TYPE_OVS,
        "host": host, "topic": constants.L2_AGENT_TOPIC, "resource_versions": {},
        "configurations": {
            "bridge_mappings": {"public": "br-ex"}, "tunnel_types": ["vxlan"], "tunneling_ip": "127.0.0.1",
            "datapath_type": "system", "ovs_capabilities": {"datapath_types": [], "iface_types": []},
            "ovs_hybrid_plug": False, "vhostuser_socket_dir": "", "integration_bridge": "br-int",
        },
    }


def l3_agent(host):
    return {
        "binary": "neutron-l3-agent", "agent_type": constants.AGENT_TYPE_L3, "host": host,
        "topic": topics.L3_AGENT, "availability_zone": "nova",
        "configurations": {"agent_mode": "legacy", "handle_internal_only_routers": True, "interface_driver": "none"},
    }


class Server:
    """The calls that the real agents make to neutron-server."""

    def __init__(self):
        self.context = context.get_admin_context_without_session()
        self.plugin = agent_rpc.PluginApi(topics.PLUGIN)
        self.reports = rpc.get_client(
            oslo_messaging.Target(topic=topics.REPORTS, version="1.2", namespace=constants.RPC_NAMESPACE_STATE))
        self.dhcp = rpc.get_client(
            oslo_messaging.Target(topic=topics.PLUGIN, version="1.5", namespace=constants.RPC_NAMESPACE_DHCP_PLUGIN))
        self.l3 = rpc.get_client(oslo_messaging.Target(topic=topics.L3PLUGIN, version="1.1"))

    def report(self, state):
        self.reports.prepare(timeout=REPORT_TIMEOUT).call(
            self.context, "report_state", agent_state={"agent_state": {**state, "uuid": uuidutils.generate_uuid()}},
            time=timeutils.utcnow().strftime(constants.ISO8601_TIME_FORMAT))

    def port_up(self, port_id, host, active):
        agent_id = f"ovs-agent-{host}"
        if not active:  # Asking for the details of an ACTIVE port would turn it to BUILD.
            self.plugin.get_device_details(self.context, port_id, agent_id, host)
        self.plugin.update_device_up(self.context, port_id, agent_id, host)
        # Neutron holds ports on subnets with DHCP back until it hears this.
        self.dhcp.prepare().call(self.context, "dhcp_ready_on_ports", port_ids=[port_id])

    def routers_up(self, router_ids):
        for router in self.l3.prepare().call(self.context, "sync_routers", host=L3_HOST, router_ids=router_ids):
            statuses = {fip["id"]: constants.FLOATINGIP_STATUS_ACTIVE
                        for fip in router.get(constants.FLOATINGIP_KEY, [])}
            self.l3.prepare().call(
                self.context, "update_floatingip_statuses", router_id=router["id"], fip_statuses=statuses)


class PortEvents:
    target = oslo_messaging.Target(version="1.5")

    def __init__(self, server):
        self.server = server

    def port_update(self, context, port, **kwargs):
        host = port.get("binding:host_id")
        if host in HOSTS:
            self.server.port_up(port["id"], host, port["status"] == constants.PORT_STATUS_ACTIVE)

    def binding_activate(self, context, port_id, host, **kwargs):
        if host in HOSTS:
            self.server.port_up(port_id, host, False)

    def binding_deactivate(self, context, **kwargs):
        pass


class RouterEvents:
    target = oslo_messaging.Target(version="1.2")

    def __init__(self, server):
        self.server = server

    def routers_updated(self, context, routers, **kwargs):
        self.server.routers_up([r["id"] if isinstance(r, dict) else r for r in routers])

    def router_added_to_agent(self, context, payload):
        self.server.routers_up(payload)

    def ignore(self, context, **kwargs):
        pass

    router_deleted = router_removed_from_agent = agent_updated = add_arp_entry = del_arp_entry = ignore


class Reporter(threading.Thread):
    """Reports each agent, quickly until the first answer, then at the usual interval."""

    def __init__(self, server, agents):
        super().__init__(daemon=True)
        self.server, self.agents = server, agents

    def run(self):
        pending = {id(agent) for agent in self.agents}
        while True:
            for agent in self.agents:
                try:
                    # start_flag makes Neutron look at everything again: only the first report has it.
                    self.server.report({**agent, "start_flag": True} if id(agent) in pending else agent)
                    pending.discard(id(agent))
                except Exception as error:
                    LOG.warning("report of %s on %s: %r", agent["agent_type"], agent["host"], error)
            threading.Event().wait(1 if pending else cfg.CONF.AGENT.report_interval)


def main():
    config.register_common_config_options()
    common.register_agent_state_opts_helper(cfg.CONF)
    config.init(sys.argv[1:])
    config.setup_logging()
    cfg.CONF.set_override("host", L3_HOST)
    server = Server()
    agent_rpc.create_consumers(
        [PortEvents(server)], topics.AGENT,
        [[topics.PORT, topics.UPDATE], [topics.PORT_BINDING, topics.ACTIVATE],
         [topics.PORT_BINDING, topics.DEACTIVATE]])
    connection = rpc.Connection()
    connection.create_consumer(topics.L3_AGENT, [RouterEvents(server)])
    connection.consume_in_threads()
    reporter = Reporter(server, [ovs_agent(host) for host in HOSTS] + [l3_agent(L3_HOST)])
    reporter.start()
    reporter.join()


if __name__ == "__main__":
    main()
