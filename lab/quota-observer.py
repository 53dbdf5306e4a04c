#!/usr/bin/python3
"""What the limits of several projects come to, seen from the databases and not through any API, until SIGTERM.

quota-observer.py <project>[,<project>]... <service>:<resource>=<default>...
    quota-observer.py dev,prod,infra nova:cores=20 cinder:gigabytes_standard=-1 neutron:floatingip=50 octavia:loadbalancer=-1

Projects by name or id. A project without a limit of its own counts with the default; -1 is no limit, and so is a sum
with one in it. Prints a line of JSON with limits and sums at first and whenever one has changed, and at the end one with
samples, longestGapMs, maxSum and minSum of each resource and minLimit of each resource and project.
"""
import datetime
import json
import signal
import sys
import time

import pymysql

EVERY = 0.05
NO_LIMIT = -1
# A project's limits are rows in all but Octavia, where they are columns.
ROWS = {"nova": ("nova_api.quotas", "hard_limit", ""),
        "cinder": ("cinder.quotas", "hard_limit", " AND deleted = 0"),
        "neutron": ("neutron.quotas", "`limit`", "")}
COLUMNS = {"loadbalancer": "load_balancer", "healthmonitor": "health_monitor", "listener": "listener", "pool": "pool",
           "member": "member", "l7policy": "l7policy", "l7rule": "l7rule"}


def connect():
    return pymysql.connect(host="127.0.0.1", user="lab", password="lab", autocommit=True)


def find_projects(cursor, words):
    """Id -> word."""
    found = {}
    for word in words:
        cursor.execute("SELECT id FROM keystone.project WHERE (id = %s OR name = %s) AND is_domain = 0", (word, word))
        rows = cursor.fetchall()
        if len(rows) != 1:
            sys.exit(f"quota-observer: {len(rows)} projects are called '{word}'")
        found[rows[0][0]] = word
    return found


def statement(cursor, resources, ids):
    """One SELECT for everything: what it tells was true at one moment."""
    parts = []
    for service, resource in resources:
        name = cursor.mogrify("%s", (resource,))
        projects = cursor.mogrify("project_id IN %s", (tuple(ids),))
        if service == "octavia":
            parts.append(f"SELECT {name}, project_id, {COLUMNS[resource]} FROM octavia.quotas WHERE {projects}")
        else:
            table, limit, more = ROWS[service]
            parts.append(f"SELECT {name}, project_id, {limit} FROM {table} WHERE {projects} AND resource = {name}{more}")
    return " UNION ALL ".join(parts)


def total(limits):
    return NO_LIMIT if NO_LIMIT in limits else sum(limits)


def bound(values, choose):
    """The least or the greatest, where -1 is greater than all."""
    return choose(values, key=lambda value: float("inf") if value == NO_LIMIT else value)


def main(projects, resources):
    defaults = {}
    for word in resources:
        name, default = word.split("=")
        defaults[tuple(name.split(":"))] = int(default)
    stop = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.append(True))

    cursor = connect().cursor()
    names = find_projects(cursor, projects.split(","))
    query = statement(cursor, defaults, names)
    samples, longest, last, before = 0, 0.0, None, None
    max_sum, min_sum, min_limit = {}, {}, {}
    began = due = time.monotonic()
    while not stop:
        cursor.execute(query)
        limits = {resource: {name: default for name in names.values()} for (_, resource), default in defaults.items()}
        for resource, project, limit in cursor.fetchall():
            if limit is not None:
                limits[resource][names[project]] = limit
        now = time.monotonic()
        longest = max(longest, now - (began if last is None else last))
        samples, last = samples + 1, now
        if limits != before:
            before = limits
            sums = {resource: total(each.values()) for resource, each in limits.items()}
            for resource, each in limits.items():
                max_sum[resource] = bound([sums[resource], max_sum.get(resource, sums[resource])], max)
                min_sum[resource] = bound([sums[resource], min_sum.get(resource, sums[resource])], min)
                least = min_limit.setdefault(resource, dict(each))
                for project, limit in each.items():
                    least[project] = bound([limit, least[project]], min)
            at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
            print(json.dumps({"at": at, "sums": sums, "limits": limits}), flush=True)
        # On a grid, but never two at once to catch up.
        due = max(due + EVERY, now)
        time.sleep(max(0.0, due - time.monotonic()))
    print(json.dumps({"samples": samples, "longestGapMs": round(longest * 1000), "maxSum": max_sum, "minSum": min_sum,
                      "minLimit": min_limit}), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
