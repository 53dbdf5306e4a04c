#!/usr/bin/python3
"""Drives as many kinds of operations as the lab can do, so that the bus shows as many kinds of notifications.

Leaves nothing behind. A step that fails is reported and does not stop the others; the exit code tells.
"""
import contextlib
import sys
import time
import traceback
import uuid

from cloud import connect, dig, gone, server_status, wait

RUN = uuid.uuid4().hex[:6]
admin, dev, prod, infra = (connect(name) for name in ("admin", "dev-user", "prod-user", "infra"))
tiny, small = (dev.compute.find_flavor(name) for name in ("m1.tiny", "m1.small"))
image = dev.image.find_image("tiny")
net = next(dev.network.networks(name="dev-net"))
net2 = next(dev.network.networks(name="dev-net2"))
public = dev.network.find_network("public")
STEPS = []


def step(function):
    STEPS.append(function)
    return function


def boot(name, cloud=dev, flavor=None, **arguments):
    arguments.setdefault("networks", [{"uuid": net.id}])
    return cloud.compute.create_server(
        name=f"{name}-{RUN}", image_id=image.id, flavor_id=(flavor or tiny).id, **arguments)


def active(server, *statuses):
    return server_status(dev, server.id, *(statuses or ("ACTIVE",)))


def delete(server):
    dev.compute.delete_server(server.id, ignore_missing=True)
    wait("server deleted", lambda: gone(dev.compute.get_server, server.id))


@contextlib.contextmanager
def running(name, **arguments):
    server = boot(name, **arguments)
    try:
        yield active(server)
    finally:
        delete(server)


def act(server, action, body=None, cloud=dev, microversion="2.79"):
    answer = cloud.compute.post(f"/servers/{server.id}/action", json={action: body}, microversion=microversion)
    assert answer.status_code < 300, answer.text


def port_of(server):
    return next(dev.network.ports(device_id=server.id))


def host_of(server):
    return admin.compute.get_server(server.id).hypervisor_hostname


def other_host(server):
    return {"fake1": "fake2", "fake2": "fake1"}[host_of(server)]


@step
def server_power_and_state():
    with running("life") as server:
        for action, status, back in (("os-stop", "SHUTOFF", "os-start"), ("pause", "PAUSED", "unpause"),
                                     ("suspend", "SUSPENDED", "resume")):
            act(server, action)
            active(server, status)
            act(server, back)
            active(server)
        for kind in ("SOFT", "HARD"):
            act(server, "reboot", {"type": kind})
            active(server)
        act(server, "lock")
        act(server, "unlock")
        dev.compute.update_server(server, name=f"life-renamed-{RUN}")
        dev.compute.set_server_metadata(server, stackreflex="off")
        dev.compute.delete_server_metadata(server, ["stackreflex"])
        act(server, "rebuild", {"imageRef": image.id})
        active(server)
        act(server, "createImage", {"name": f"snap-{RUN}"})
        snapshot = wait("snapshot", lambda: dev.image.find_image(f"snap-{RUN}"))
        active(server)
        dev.image.delete_image(snapshot)


@step
def server_shelve():
    with running("shelf") as server:
        act(server, "shelve")
        active(server, "SHELVED_OFFLOADED", "SHELVED")
        act(server, "unshelve")
        active(server)


@step
def server_resize():
    with running("grow") as server:
        act(server, "resize", {"flavorRef": small.id})
        active(server, "VERIFY_RESIZE")
        act(server, "confirmResize")
        active(server)
        act(server, "resize", {"flavorRef": tiny.id})
        active(server, "VERIFY_RESIZE")
        act(server, "revertResize")
        active(server)


@step
def server_migrations():
    with running("move") as server:
        act(server, "migrate", cloud=admin, microversion="2.1")
        active(server, "VERIFY_RESIZE")
        act(server, "confirmResize", cloud=admin)
        active(server)
        target = other_host(server)
        act(server, "os-migrateLive", {"host": target, "block_migration": "auto"}, cloud=admin, microversion="2.30")
        wait("live migration", lambda: host_of(server) == target and
             dev.compute.get_server(server.id).status == "ACTIVE")


@step
def server_state_reset():
    with running("reset") as server:
        act(server, "os-resetState", {"state": "error"}, cloud=admin)
        act(server, "os-resetState", {"state": "active"}, cloud=admin)


@step
def server_no_host_can_take():
    flavor = admin.compute.create_flavor(name=f"huge-{RUN}", vcpus=1, ram=900_000_000, disk=1)
    quota = {"quota_set": {"ram": -1}}
    before = admin.get_compute_quotas("dev").ram
    admin.compute.put(f"/os-quota-sets/{admin.identity.find_project('dev').id}", json=quota)
    server = boot("toobig", flavor=flavor)
    server_status(dev, server.id, "ERROR")
    delete(server)
    admin.set_compute_quotas("dev", ram=before)
    admin.compute.delete_flavor(flavor)


@step
def server_with_given_port_and_two_networks():
    port = dev.network.create_port(network_id=net.id, name=f"own-{RUN}")
    server = boot("two", networks=[{"port": port.id}, {"uuid": net2.id}])
    active(server)
    delete(server)
    dev.network.delete_port(port)


@step
def interface_attach_detach():
    with running("nic") as server:
        made = dev.compute.create_server_interface(server, net_id=net2.id)
        wait("two interfaces", lambda: len(list(dev.compute.server_interfaces(server))) == 2)
        dev.compute.delete_server_interface(made, server=server)
        wait("one interface", lambda: len(list(dev.compute.server_interfaces(server))) == 1)


@step
def servers_of_one_name_in_one_request():
    boot("many", min_count=2, max_count=2)
    servers = list(dev.compute.servers(name=f"many-{RUN}"))
    assert len(servers) == 2, servers
    for server in servers:
        active(server)
    for server in servers:
        delete(server)


@step
def ports():
    port = dev.network.create_port(network_id=net.id, name=f"one-{RUN}")
    dev.network.update_port(port, name=f"uno-{RUN}")
    subnet = next(dev.network.subnets(name="dev-net-v4"))
    dev.network.update_port(port, fixed_ips=[{"subnet_id": subnet.id}, {"subnet_id": subnet.id}])
    dev.network.delete_port(port)
    bulk = list(dev.network.create_ports([{"network_id": net.id, "name": f"bulk{i}-{RUN}"} for i in range(3)]))
    for port in bulk:
        dev.network.delete_port(port)


@step
def floating_ips():
    with running("float") as server:
        port = port_of(server)
        fip = dev.network.create_ip(floating_network_id=public.id, description="later")
        dev.network.update_ip(fip, port_id=port.id)
        wait("ACTIVE", lambda: dev.network.get_ip(fip.id).status == "ACTIVE")
        dev.network.update_ip(fip, port_id=None)
        wait("DOWN", lambda: dev.network.get_ip(fip.id).status == "DOWN")
        dev.network.delete_ip(fip)
        born = dev.network.create_ip(floating_network_id=public.id, port_id=port.id)
        wait("ACTIVE", lambda: dev.network.get_ip(born.id).status == "ACTIVE")
        dev.network.delete_ip(born)  # while it is associated
        kept = dev.network.create_ip(floating_network_id=public.id, port_id=port.id)
    # The server's deletion disassociates it without saying so.
    wait("disassociated", lambda: dev.network.get_ip(kept.id).port_id is None)
    dev.network.delete_ip(kept)


@step
def floating_ip_moved_and_its_ptr():
    with running("from") as one, running("to") as two:
        fip = dev.network.create_ip(floating_network_id=public.id, port_id=port_of(one).id)
        dev.network.update_ip(fip, port_id=port_of(two).id)
        path = f"/reverse/floatingips/RegionOne:{fip.id}"
        dev.dns.patch(path, json={"ptrdname": f"to-{RUN}.dev.public.lab."})
        wait("PTR", lambda: dig("-x", fip.floating_ip_address))
        dev.dns.patch(path, json={"ptrdname": None})
        wait("no PTR", lambda: not dig("-x", fip.floating_ip_address))
        dev.network.delete_ip(fip)


@step
def networks_and_routers():
    network = dev.network.create_network(name=f"net-{RUN}")
    dev.network.update_network(network, description="changed")
    subnet = dev.network.create_subnet(network_id=network.id, ip_version=4, cidr="192.168.77.0/24", name=f"sub-{RUN}")
    dev.network.update_subnet(subnet, dns_nameservers=["192.0.2.53"])
    router = dev.network.create_router(name=f"router-{RUN}")
    dev.network.update_router(router, external_gateway_info={"network_id": public.id})
    dev.network.add_interface_to_router(router, subnet_id=subnet.id)
    dev.network.remove_interface_from_router(router, subnet_id=subnet.id)
    dev.network.delete_router(router)
    policy = dev.network.create_rbac_policy(
        object_type="network", object_id=network.id, action="access_as_shared",
        target_tenant=prod.current_project_id)
    dev.network.delete_rbac_policy(policy)
    dev.network.delete_subnet(subnet)
    dev.network.delete_network(network)


@step
def security_groups():
    group = dev.network.create_security_group(name=f"group-{RUN}")
    dev.network.update_security_group(group, description="changed")
    rule = dev.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", ethertype="IPv4", protocol="tcp", port_range_min=22,
        port_range_max=22, remote_ip_prefix="0.0.0.0/0")
    dev.network.delete_security_group_rule(rule)
    with running("guarded") as server:
        dev.compute.add_security_group_to_server(server, group)
        dev.compute.remove_security_group_from_server(server, group)
    dev.network.delete_security_group(group)


def volume_status(cloud, volume_id, *statuses):
    def probe():
        answer = cloud.block_storage.get(f"/volumes/{volume_id}")
        status = "deleted" if answer.status_code == 404 else answer.json()["volume"]["status"]
        assert not status.startswith("error") or status in statuses, f"volume {volume_id} is {status}"
        return status in statuses
    return wait(f"volume {'/'.join(statuses)}", probe)


def volume_act(volume, action, body, microversion=None):
    answer = dev.block_storage.post(f"/volumes/{volume.id}/action", json={action: body}, microversion=microversion)
    assert answer.status_code < 300, answer.text


def new_volume(name, **arguments):
    volume = dev.block_storage.create_volume(name=f"{name}-{RUN}", size=1, **arguments)
    volume_status(dev, volume.id, "available")
    return volume


def delete_volume(cloud, volume):
    answer = cloud.block_storage.delete(f"/volumes/{volume.id}")
    assert answer.status_code == 202, answer.text
    volume_status(cloud, volume.id, "deleted")


@step
def volumes():
    volume = new_volume("disk", volume_type="dev-disk")
    dev.block_storage.put(f"/volumes/{volume.id}", json={"volume": {"description": "changed"}})
    volume_act(volume, "os-extend", {"new_size": 2})
    volume_status(dev, volume.id, "available")
    with running("host") as server:
        path = f"/servers/{server.id}/os-volume_attachments"
        answer = dev.compute.post(path, json={"volumeAttachment": {"volumeId": volume.id}})
        assert answer.status_code == 200, answer.text
        volume_status(dev, volume.id, "in-use")
        volume_act(volume, "os-extend", {"new_size": 3}, microversion="3.42")
        volume_status(dev, volume.id, "in-use")
        wait("detach", lambda: dev.compute.delete(f"{path}/{volume.id}").status_code == 202)
        volume_status(dev, volume.id, "available")
    snapshot = dev.block_storage.create_snapshot(volume_id=volume.id, name=f"snapshot-{RUN}")
    wait("snapshot", lambda: dev.block_storage.get_snapshot(snapshot.id).status == "available")
    dev.block_storage.delete_snapshot(snapshot)
    wait("snapshot deleted", lambda: gone(dev.block_storage.get_snapshot, snapshot.id))
    delete_volume(dev, volume)


@step
def volumes_of_images_and_with_encryption():
    for arguments in ({"volume_type": "encrypted"}, {"image_id": image.id}):
        delete_volume(dev, new_volume("kind", **arguments))


@step
def volume_transfer():
    volume = new_volume("given", volume_type="standard")
    made = dev.block_storage.post(
        "/os-volume-transfer", json={"transfer": {"volume_id": volume.id, "name": f"transfer-{RUN}"}}).json()["transfer"]
    answer = prod.block_storage.post(
        f"/os-volume-transfer/{made['id']}/accept", json={"accept": {"auth_key": made["auth_key"]}})
    assert answer.status_code == 202, answer.text
    volume_status(prod, volume.id, "available")
    delete_volume(prod, volume)


@step
def volume_types():
    type_ = admin.block_storage.create_type(name=f"type-{RUN}", is_public=False)
    admin.block_storage.add_type_access(type_, dev.current_project_id)
    admin.block_storage.update_type_extra_specs(type_, pool_name="slow")
    admin.block_storage.remove_type_access(type_, dev.current_project_id)
    admin.block_storage.delete_type(type_)


def balanced(balancer):
    """Octavia refuses every change until the one before is done."""
    def probe():
        status = dev.load_balancer.get_load_balancer(balancer.id).provisioning_status
        assert status != "ERROR", "load balancer is in ERROR"
        return status == "ACTIVE"
    return wait("load balancer ACTIVE", probe)


@step
def load_balancers():
    subnet = next(dev.network.subnets(name="dev-net-v4"))
    octavia = dev.load_balancer
    balancer = octavia.create_load_balancer(name=f"balancer-{RUN}", vip_subnet_id=subnet.id)
    balanced(balancer)
    octavia.update_load_balancer(balancer, description="changed")
    balanced(balancer)
    listener = octavia.create_listener(
        name=f"listener-{RUN}", load_balancer_id=balancer.id, protocol="HTTP", protocol_port=80)
    balanced(balancer)
    pool = octavia.create_pool(
        name=f"pool-{RUN}", listener_id=listener.id, protocol="HTTP", lb_algorithm="ROUND_ROBIN")
    balanced(balancer)
    octavia.create_member(pool, address="10.10.0.250", protocol_port=8080, subnet_id=subnet.id)
    balanced(balancer)
    fip = dev.network.create_ip(floating_network_id=public.id, port_id=balancer.vip_port_id)
    dev.network.delete_ip(fip)
    assert octavia.delete(f"/lbaas/loadbalancers/{balancer.id}?cascade=true").status_code == 204
    wait("load balancer deleted", lambda: gone(octavia.get_load_balancer, balancer.id))
    assert gone(dev.network.get_port, balancer.vip_port_id), "the VIP's port is still there"


def network_quota(**limits):
    answer = admin.network.put(f"/quotas/{dev.current_project_id}", json={"quota": limits})
    assert answer.status_code == 200, answer.text


def volume_quota(**limits):
    answer = admin.block_storage.put(f"/os-quota-sets/{dev.current_project_id}", json={"quota_set": limits})
    assert answer.status_code == 200, answer.text


def compute_quota(**limits):
    answer = admin.compute.put(f"/os-quota-sets/{dev.current_project_id}", json={"quota_set": limits})
    assert answer.status_code == 200, answer.text


def balancer_quota(**limits):
    answer = admin.load_balancer.put(f"/lbaas/quotas/{dev.current_project_id}", json={"quota": limits})
    assert answer.status_code == 202, answer.text


@step
def quota_refusals():
    """Each service refuses in its own way, and none of them tells the bus."""
    subnet = next(dev.network.subnets(name="dev-net-v4"))
    server = {"name": f"refused-{RUN}", "flavorRef": tiny.id, "imageRef": image.id, "networks": [{"uuid": net.id}]}
    volume = {"name": f"refused-{RUN}", "size": 1, "volume_type": "dev-disk"}
    for change, none, given, refused, request in (
            (compute_quota, {"instances": 0}, {"instances": 100}, 403,
             lambda: dev.compute.post("/servers", json={"server": server})),
            (network_quota, {"floatingip": 0}, {"floatingip": 100}, 409,
             lambda: dev.network.post("/floatingips", json={"floatingip": {"floating_network_id": public.id}})),
            (volume_quota, {"gigabytes_dev-disk": 0}, {"gigabytes_dev-disk": 1000}, 413,
             lambda: dev.block_storage.post("/volumes", json={"volume": volume})),
            (balancer_quota, {"load_balancer": 0}, {"load_balancer": 20}, 403,
             lambda: dev.load_balancer.post("/lbaas/loadbalancers", json={"loadbalancer": {"vip_subnet_id": subnet.id}}))):
        change(**none)
        try:
            answer = request()
            assert answer.status_code == refused, f"{answer.status_code}: {answer.text}"
        finally:
            change(**given)


@step
def keystone():
    identity = admin.identity
    project = identity.create_project(name=f"project-{RUN}", domain_id="default")
    identity.update_project(project, description="changed")
    identity.update_project(project, is_enabled=False)
    user = identity.create_user(name=f"user-{RUN}", password="secret", domain_id="default")
    identity.update_user(user, description="changed")
    group = identity.create_group(name=f"group-{RUN}", domain_id="default")
    identity.update_group(group, description="changed")
    identity.add_user_to_group(user, group)
    identity.remove_user_from_group(user, group)
    role = identity.create_role(name=f"role-{RUN}")
    identity.assign_project_role_to_user(project, user, role)
    identity.unassign_project_role_from_user(project, user, role)
    identity.assign_project_role_to_group(project, group, role)
    identity.unassign_project_role_from_group(project, group, role)
    identity.delete_role(role)
    identity.delete_group(group)
    identity.delete_user(user)
    identity.delete_project(project)


@step
def application_credential_and_wrong_password():
    user = dev.current_user_id
    made = dev.identity.create_application_credential(user, f"credential-{RUN}")
    dev.identity.delete_application_credential(user, made)
    answer = dev.session.post(f"{dev.config.auth['auth_url']}/auth/tokens", authenticated=False, raise_exc=False, json={
        "auth": {"identity": {"methods": ["password"], "password": {"user": {
            "name": "dev-user", "domain": {"id": "default"}, "password": "wrong"}}}}})
    assert answer.status_code == 401, answer.text


@step
def images():
    made = dev.image.create_image(
        name=f"image-{RUN}", data=b"\0", disk_format="raw", container_format="bare", visibility="shared")
    dev.image.update_image(made, min_disk=1)
    member = dev.image.add_member(made, member_id=prod.current_project_id)
    prod.image.update_member(member, made, status="accepted")
    dev.image.remove_member(member, made)
    dev.image.delete_image(made)


@step
def zones_and_record_sets():
    zone = infra.dns.create_zone(name=f"zone-{RUN}.example.", email="hostmaster@example.org")
    wait("zone", lambda: infra.dns.get_zone(zone.id).status == "ACTIVE")
    infra.dns.update_zone(zone, ttl=300)
    for type_, value, other in (("A", "192.0.2.1", "192.0.2.2"), ("AAAA", "2001:db8::1", "2001:db8::2"),
                                ("TXT", '"one"', '"two"')):
        name = f"{type_.lower()}.{zone.name}"
        record = infra.dns.create_recordset(zone, name=name, type=type_, records=[value])
        wait("resolves", lambda: dig(name, type_) == [value])
        infra.dns.update_recordset(record, zone_id=zone.id, records=[value, other])
        wait("resolves to both", lambda: len(dig(name, type_)) == 2)
        infra.dns.delete_recordset(record.id, zone)
    infra.dns.delete_zone(zone)
    wait("zone deleted", lambda: gone(infra.dns.get_zone, zone.id))


@step
def nova_furniture():
    key = dev.compute.create_keypair(name=f"key-{RUN}")
    dev.compute.delete_keypair(key)
    group = dev.compute.create_server_group(name=f"group-{RUN}", policies=["anti-affinity"])
    with running("grouped", scheduler_hints={"group": group.id}):
        pass
    dev.compute.delete_server_group(group)
    flavor = admin.compute.create_flavor(name=f"flavor-{RUN}", vcpus=1, ram=64, disk=1, is_public=False)
    admin.compute.flavor_add_tenant_access(flavor, dev.current_project_id)
    admin.compute.create_flavor_extra_specs(flavor, {"hw:mem_page_size": "any"})
    admin.compute.flavor_remove_tenant_access(flavor, dev.current_project_id)
    admin.compute.delete_flavor(flavor)
    aggregate = admin.compute.create_aggregate(name=f"aggregate-{RUN}")
    admin.compute.add_host_to_aggregate(aggregate, "fake2")
    admin.compute.set_aggregate_metadata(aggregate, {"rack": "one"})
    admin.compute.remove_host_from_aggregate(aggregate, "fake2")
    admin.compute.delete_aggregate(aggregate)
    service = next(s for s in admin.compute.services() if s.host == "fake2" and s.binary == "nova-compute")
    admin.compute.disable_service(service, disabled_reason="exercise")
    admin.compute.enable_service(service)


def main():
    failed = 0
    for run in STEPS:
        began = time.monotonic()
        try:
            run()
            result = "ok"
        except Exception:
            failed += 1
            result = "FAILED"
            traceback.print_exc()
        print(f"{time.monotonic() - began:6.2f} s  {run.__name__:42} {result}", flush=True)
    print(f"{len(STEPS) - failed} of {len(STEPS)} steps passed")
    return 1 if failed else 0


if __name__ == "__main__":
    # With names of steps: only those.
    STEPS[:] = [run for run in STEPS if not sys.argv[1:] or run.__name__ in sys.argv[1:]]
    sys.exit(main())
