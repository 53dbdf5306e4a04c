#!/usr/bin/python3
"""Projects, users, networks, flavors, an image, volume types and zones to work with: seed.py <state>.

Run again it adds what is missing and changes nothing else.
"""
import concurrent.futures
import json
import pathlib
import sys

import openstack

AUTH_URL = "http://127.0.0.1:5000/v3"
PROJECTS = ("dev", "prod", "infra")
NETWORKS = {  # name: (project, IPv4, IPv6)
    "dev-net": ("dev", "10.10.0.0/16", "fd00:10:10::/64"),
    "dev-net2": ("dev", "10.11.0.0/16", None),
    "prod-net": ("prod", "10.20.0.0/16", "fd00:10:20::/64"),
    "infra-net": ("infra", "10.30.0.0/16", "fd00:10:30::/64"),
}
# Disk 0 cannot boot from an image for ordinary users.
FLAVORS = {"m1.tiny": (1, 64, 1), "m1.small": (1, 512, 2)}
# Public ones; each project has one of its own besides: dev-disk, prod-disk, infra-disk.
VOLUME_TYPES = ("standard", "encrypted")
# The last one is fd00:10::/32.
ZONES = ("cloud.lab.", "public.lab.", "10.in-addr.arpa.", "0.1.0.0.0.0.d.f.ip6.arpa.")


def entry(project, user):
    return {
        "auth": {"auth_url": AUTH_URL, "username": user, "password": "lab", "project_name": project,
                 "user_domain_name": "Default", "project_domain_name": "Default"},
        "region_name": "RegionOne", "interface": "public", "identity_api_version": 3,
    }


def connect(project, user):
    return openstack.connection.Connection(
        config=openstack.config.OpenStackConfig(load_yaml_config=False, load_envvars=False).get_one(
            **entry(project, user)))


def projects(keystone):
    # Octavia asks for roles of its own.
    roles = {name: keystone.find_role(name) or keystone.create_role(name=name)
             for name in ("member", "reader", "load-balancer_member", "load-balancer_admin")}
    keystone.assign_project_role_to_user(
        keystone.find_project("admin"), keystone.find_user("admin"), roles["load-balancer_admin"])

    def user(name, project, *role_names):
        found = keystone.find_user(name) or keystone.create_user(name=name, password="lab", domain_id="default")
        for role in role_names:
            keystone.assign_project_role_to_user(project, found, roles[role])

    found = {}
    for name in PROJECTS:
        project = found[name] = keystone.find_project(name) or keystone.create_project(
            name=name, domain_id="default")
        user("reflex", project, "member", "reader", "load-balancer_member")
        user(f"{name}-user", project, "member", "load-balancer_member")
    return found


def quotas(admin, projects):
    for project in projects.values():
        admin.set_compute_quotas(project.id, instances=100, cores=200, ram=204800, key_pairs=200, server_groups=50)
        admin.network.update_quota(
            project.id, networks=100, subnets=100, ports=500, routers=50, floating_ips=100,
            security_groups=100, security_group_rules=1000)
        # No room in the types of others.
        private = {f"gigabytes_{name}-disk": 1000 if name == project.name else 0 for name in PROJECTS}
        admin.set_volume_quotas(
            project.id, volumes=100, snapshots=100, gigabytes=3000, backups=10, backup_gigabytes=1000, groups=10,
            per_volume_gigabytes=1000, gigabytes_standard=1000, gigabytes_encrypted=1000, **private)
        admin.load_balancer.update_quota(
            project.id, load_balancers=20, listeners=50, pools=50, health_monitors=50, members=200)


def public_network(admin):
    public = admin.network.find_network("public") or admin.network.create_network(
        name="public", is_router_external=True, provider_network_type="flat", provider_physical_network="public")
    if not admin.network.find_subnet("public-v4", network_id=public.id):
        admin.network.create_subnet(
            name="public-v4", network_id=public.id, ip_version=4, cidr="203.0.113.0/24", is_dhcp_enabled=False)
    return public


def project_networks(project, cloud, public):
    network = cloud.network
    router = next(network.routers(name=f"{project}-router"), None) or network.create_router(
        name=f"{project}-router", external_gateway_info={"network_id": public.id})
    attached = {ip["subnet_id"] for port in network.ports(device_id=router.id) for ip in port.fixed_ips}
    for name, (owner, v4, v6) in NETWORKS.items():
        if owner != project:
            continue
        net = next(network.networks(name=name), None) or network.create_network(name=name)
        subnets = {f"{name}-v4": {"ip_version": 4, "cidr": v4}}
        if v6:
            # Every port gets an address of it too. With SLAAC Zed answers 500 to a bulk create of ports.
            subnets[f"{name}-v6"] = {"ip_version": 6, "cidr": v6, "ipv6_ra_mode": "dhcpv6-stateful",
                                     "ipv6_address_mode": "dhcpv6-stateful"}
        for subnet_name, what in subnets.items():
            subnet = next(network.subnets(name=subnet_name), None) or network.create_subnet(
                name=subnet_name, network_id=net.id, **what)
            if subnet.id not in attached:
                network.add_interface_to_router(router, subnet_id=subnet.id)


def flavors_and_image(admin):
    for name, (vcpus, ram, disk) in FLAVORS.items():
        admin.compute.find_flavor(name) or admin.compute.create_flavor(name=name, vcpus=vcpus, ram=ram, disk=disk)
    if not admin.image.find_image("tiny"):
        admin.image.create_image(
            name="tiny", data=b"\0", disk_format="raw", container_format="bare", visibility="public")


def volume_types(admin, projects):
    storage = admin.block_storage
    known = {type_.name: type_ for type_ in storage.types(is_public="None")}
    for name in VOLUME_TYPES:
        if name not in known:
            known[name] = storage.create_type(name=name)
    if not storage.get_type_encryption(known["encrypted"]).provider:
        storage.create_type_encryption(
            known["encrypted"], provider="luks", cipher="aes-xts-plain64", key_size=256, control_location="front-end")
    for project in projects.values():
        name = f"{project.name}-disk"
        type_ = known.get(name) or storage.create_type(name=name, is_public=False, extra_specs={"pool_name": "fast"})
        if not any(access["project_id"] == project.id for access in storage.get_type_access(type_)):
            storage.add_type_access(type_, project.id)


def zones(infra):
    known = {zone.name for zone in infra.dns.zones()}
    for name in ZONES:
        if name not in known:
            infra.dns.create_zone(name=name, email="hostmaster@cloud.lab")


def application_credential(dev, state):
    """An application credential shows its secret once: keep it with the rest of the state."""
    path = state / "done" / "dev-appcred.json"
    user = dev.current_user_id
    if path.exists():
        return json.loads(path.read_text())
    for old in dev.identity.application_credentials(user):
        if old.name == "reflex-dev":
            dev.identity.delete_application_credential(user, old)
    made = dev.identity.create_application_credential(user, "reflex-dev")
    path.write_text(json.dumps({"id": made.id, "secret": made.secret}))
    return {"id": made.id, "secret": made.secret}


def write_clouds(state, credential):
    clouds = {"admin": entry("admin", "admin")}
    for project in PROJECTS:
        clouds[project] = entry(project, "reflex")
        clouds[f"{project}-user"] = entry(project, f"{project}-user")
    clouds["dev-appcred"] = {
        "auth_type": "v3applicationcredential",
        "auth": {"auth_url": AUTH_URL, "application_credential_id": credential["id"],
                 "application_credential_secret": credential["secret"]},
        "region_name": "RegionOne", "interface": "public", "identity_api_version": 3,
    }
    # JSON is YAML.
    (state / "clouds.yaml").write_text(json.dumps({"clouds": clouds}, indent=2) + "\n")
    (state / "env").write_text(
        f"export OS_CLIENT_CONFIG_FILE={state}/clouds.yaml\nexport RABBIT_URL=amqp://guest:guest@127.0.0.1:5672/\n")


def main(state):
    admin = connect("admin", "admin")
    found = projects(admin.identity)
    # Cinder has quotas only for types that it knows.
    volume_types(admin, found)
    quotas(admin, found)
    public = public_network(admin)
    # Neutron is the slow one.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        begun = [pool.submit(project_networks, project, connect(project, f"{project}-user"), public)
                 for project in PROJECTS]
        flavors_and_image(admin)
        zones(connect("infra", "reflex"))
        for one in begun:
            one.result()
    write_clouds(state, application_credential(connect("dev", "reflex"), state))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
