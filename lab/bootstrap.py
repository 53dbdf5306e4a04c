#!/usr/bin/python3
"""Service users and the catalogue: bootstrap.py <state> "<user> <type> <url>"...

Run after keystone-manage bootstrap; changes nothing that is there already.
"""
import pathlib
import sys

import openstack

AUTH = {"auth_url": "http://127.0.0.1:5000/v3", "username": "admin", "password": "lab", "project_name": "admin",
        "user_domain_name": "Default", "project_domain_name": "Default"}


def main(state, endpoints):
    keystone = openstack.connect(auth=AUTH, region_name="RegionOne").identity
    # Zed's bootstrap makes no role "service"; Nova's service tokens need it.
    roles = {name: keystone.find_role(name) or keystone.create_role(name=name) for name in ("admin", "service")}
    project = keystone.find_project("service") or keystone.create_project(name="service", domain_id="default")
    for user_name, type_, url in endpoints:
        user = keystone.find_user(user_name) or keystone.create_user(
            name=user_name, password="lab", domain_id="default", default_project_id=project.id)
        for role in roles.values():
            keystone.assign_project_role_to_user(project, user, role)
        service = keystone.find_service(user_name) or keystone.create_service(name=user_name, type=type_)
        known = {endpoint.interface for endpoint in keystone.endpoints(service_id=service.id)}
        for interface in {"public", "internal", "admin"} - known:
            keystone.create_endpoint(service_id=service.id, interface=interface, url=url, region_id="RegionOne")
    # Designate puts the zones that it makes itself (PTR of floating IPs) into this project.
    (pathlib.Path(state) / "done" / "managed-project").write_text(project.id)


if __name__ == "__main__":
    main(sys.argv[1], [argument.split() for argument in sys.argv[2:]])
