"""Connections to the lab for its own scripts, and the waiting that they all do."""
import pathlib
import subprocess
import time

import openstack
import os

CLOUDS = pathlib.Path(os.environ.get("LAB_STATE") or pathlib.Path(__file__).resolve().parent.parent / ".lab") / "clouds.yaml"
os.environ.setdefault("OS_CLIENT_CONFIG_FILE", str(CLOUDS))


def connect(name):
    return openstack.connect(cloud=name)


def wait(what, probe, seconds=60, pause=0.1):
    """Calls probe until it answers something true, and answers that."""
    end = time.monotonic() + seconds
    while not (answer := probe()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(pause)
    return answer


def gone(get, *args, **kwargs):
    try:
        get(*args, **kwargs)
        return False
    except openstack.exceptions.NotFoundException:
        return True


def dig(*words):
    return subprocess.run(["/usr/bin/dig", "@127.0.0.1", "+short", "+tries=1", "+time=2", *words],
                          capture_output=True, text=True, check=False).stdout.split()


def server_status(cloud, server_id, *statuses, seconds=90):
    def probe():
        server = cloud.compute.get_server(server_id)
        if server.status == "ERROR" and "ERROR" not in statuses:
            raise RuntimeError(f"server {server.name} is in ERROR")
        return server if server.status in statuses and server.task_state is None else None
    return wait(f"server in {'/'.join(statuses)}", probe, seconds)
