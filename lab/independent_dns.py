#!/usr/bin/python3
"""What should be in DNS, what is there, and the difference, as JSON. Exit 1 when they differ.

Shares no code with the product: raw HTTP for Nova, Neutron and Keystone (entry "admin" of OS_CLIENT_CONFIG_FILE) and zone
transfers from the name server. `--ignore name/type` (repeatable, * and ? allowed) leaves record sets out. `--foreign name`
(repeatable) is a name that somebody else holds: its records are theirs, and no address has a PTR to it.

The rule, for every server of the projects dev, prod and infra in one of STATUSES and without metadata stackreflex=off:
  <server>.<project>.cloud.lab.   A and AAAA: its fixed addresses; each of those has a PTR to this name
  <server>.<project>.public.lab.  A: the floating IPs on its ports; each of those has a PTR to this name
With --vips the same for every load balancer of these projects that is ACTIVE or PENDING_UPDATE and has no tag
stackreflex=off: its VIP and further VIPs are what a server's fixed addresses are.
"""
import argparse
import collections
import fnmatch
import ipaddress
import json
import os
import re
import subprocess
import sys

import requests
import yaml

PROJECTS = ("dev", "prod", "infra")
STATUSES = {"ACTIVE", "PAUSED", "SUSPENDED", "SHUTOFF", "SHELVED", "SHELVED_OFFLOADED", "RESIZE", "VERIFY_RESIZE", "REBUILD"}
# Designate makes the last one with the first PTR of a floating IP.
ZONES = ("cloud.lab.", "public.lab.", "10.in-addr.arpa.", "0.1.0.0.0.0.d.f.ip6.arpa.", "113.0.203.in-addr.arpa.")
OPTIONAL_ZONE = ZONES[-1]


def label(text):
    return re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-")[:63].strip("-")


class Cloud:
    def __init__(self, auth):
        identity = {"methods": ["password"], "password": {"user": {
            "name": auth["username"], "domain": {"name": auth["user_domain_name"]}, "password": auth["password"]}}}
        scope = {"project": {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}}
        answer = requests.post(f"{auth['auth_url']}/auth/tokens", timeout=60,
                               json={"auth": {"identity": identity, "scope": scope}})
        answer.raise_for_status()
        self.headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
        self.endpoints = {
            service["type"]: next(e["url"] for e in service["endpoints"] if e["interface"] == "public")
            for service in answer.json()["token"]["catalog"] if service["endpoints"]}

    def list(self, service, path, key):
        url = self.endpoints[service] + path
        while url:
            answer = requests.get(url, headers=self.headers, timeout=60)
            answer.raise_for_status()
            body = answer.json()
            yield from body[key]
            url = next((link["href"] for link in body.get(f"{key}_links", []) if link["rel"] == "next"), None)


def desired(cloud, vips):
    projects = {p["id"]: p["name"] for p in cloud.list("identity", "/projects", "projects") if p["name"] in PROJECTS}
    hosts = {}
    for server in cloud.list("compute", "/servers/detail?all_tenants=1", "servers"):
        if (server["tenant_id"] in projects and server["status"] in STATUSES and label(server["name"])
                and server["metadata"].get("stackreflex") != "off"):
            hosts[server["id"]] = f"{label(server['name'])}.{label(projects[server['tenant_id']])}"

    records = set()

    def add(name, address):
        address = ipaddress.ip_address(address)
        records.add((name, "A" if address.version == 4 else "AAAA", str(address)))
        pointer = f"{address.reverse_pointer}."
        if pointer.endswith(tuple(f".{zone}" for zone in ZONES)):
            records.add((pointer, "PTR", name))

    ports = {port["id"]: port for port in cloud.list("network", "/v2.0/ports", "ports") if port["device_id"] in hosts}
    for port in ports.values():
        for fixed in port["fixed_ips"]:
            add(f"{hosts[port['device_id']]}.cloud.lab.", fixed["ip_address"])
    for floating in cloud.list("network", "/v2.0/floatingips", "floatingips"):
        port = ports.get(floating["port_id"])
        if port:
            add(f"{hosts[port['device_id']]}.public.lab.", floating["floating_ip_address"])
    for balancer in cloud.list("load-balancer", "/v2/lbaas/loadbalancers", "loadbalancers") if vips else ():
        if (balancer["project_id"] not in projects or balancer["provisioning_status"] not in ("ACTIVE", "PENDING_UPDATE")
                or not label(balancer["name"]) or "stackreflex=off" in balancer["tags"]):
            continue
        host = f"{label(balancer['name'])}.{label(projects[balancer['project_id']])}"
        for address in [balancer["vip_address"], *(vip["ip_address"] for vip in balancer["additional_vips"])]:
            add(f"{host}.cloud.lab.", address)
        for floating in cloud.list("network", f"/v2.0/floatingips?port_id={balancer['vip_port_id']}", "floatingips"):
            add(f"{host}.public.lab.", floating["floating_ip_address"])
    return records


def actual():
    records = set()
    for zone in ZONES:
        out = subprocess.run(["/usr/bin/dig", "@127.0.0.1", "axfr", zone, "+nocomments", "+nocmd", "+nostats"],
                             capture_output=True, text=True, check=False).stdout
        rows = [line.split(None, 4) for line in out.splitlines() if line.strip() and not line.startswith(";")]
        if not rows and zone != OPTIONAL_ZONE:
            sys.exit(f"zone transfer of {zone} failed: {out.strip()}")
        for name, _ttl, _class, type_, value in rows:
            if type_ != "SOA" and not (type_ == "NS" and name == zone):
                records.add((name.lower(), type_, value.lower() if type_ == "PTR" else value))
    return records


def by_set(records):
    sets = collections.defaultdict(list)
    for name, type_, value in sorted(records):
        sets[f"{name}/{type_}"].append(value)
    return sets


def rows(records):
    return [{"name": name, "type": type_, "value": value} for name, type_, value in sorted(records)]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--ignore", action="append", default=[], metavar="name/type")
    options.add_argument("--foreign", action="append", default=[], metavar="name")
    options.add_argument("--vips", action="store_true")
    asked = options.parse_args()
    with open(os.environ["OS_CLIENT_CONFIG_FILE"], encoding="utf-8") as file:
        cloud = Cloud(yaml.safe_load(file)["clouds"]["admin"]["auth"])

    def ignored(record):
        return record[0] in asked.foreign or any(fnmatch.fnmatchcase(f"{record[0]}/{record[1]}", pattern) for pattern in asked.ignore)

    want, have = desired(cloud, asked.vips), actual()
    want = {record for record in want if not (record[1] == "PTR" and record[2] in asked.foreign)}
    left_out = {record for record in want | have if ignored(record)}
    stale, missing = have - want - left_out, want - have - left_out
    print(json.dumps({"desired": by_set(want), "actual": by_set(have), "stale": rows(stale), "missing": rows(missing),
                      "ignored": rows(left_out)}, indent=2))
    sys.exit(1 if stale or missing else 0)


if __name__ == "__main__":
    main()
