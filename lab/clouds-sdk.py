"""What openstacksdk makes of the cases on stdin: one JSON list in, one out. Each case is read in a process of its own.

A case is {files: {path: text}, env: {...}, cloud: name or null}; paths lie under a folder of its own, which is the
home; cwd is `cwd` in it, and `$DIR` in texts and variables stands for that folder.
"""

import importlib
import json
import os
import sys
import tempfile
import warnings

import keystoneauth1.loading  # noqa: F401  (imported before the fork: each case then takes milliseconds)
import openstack.config.cloud_region  # noqa: F401
from openstack.config import loader

SERVICES = ["identity", "compute", "network", "dns", "image", "block-storage", "load-balancer", "placement"]


class Asked(Exception):
    """Stands in for Keystone: carries what would be sent to it."""


class Session:
    def post(self, url, json=None, **_):
        raise Asked(url, json)


def asked(plugin):
    """The body of POST /v3/auth/tokens, without a Keystone to discover."""
    if hasattr(plugin, "create_plugin"):
        plugin = plugin.create_plugin(Session(), (3, 0), plugin.auth_url)
    try:
        plugin.get_auth_ref(Session())
    except Asked as said:
        return said.args[1]["auth"]
    raise RuntimeError("nothing was sent")


def read(case, folder):
    region = loader.OpenStackConfig().get_one(case.get("cloud"))
    verify, _ = region.get_requests_verify_args()
    interface = region.get_interface() or "public"
    usual = {"override": None, "interface": interface, "region": region.get_region_name() or None}
    return {
        "name": region.name,
        "authUrl": region._auth.auth_url,
        "auth": asked(region._auth),
        "region": region.get_region_name() or None,
        # requests takes None for its own default, which is to verify.
        "verify": open(verify).read() if isinstance(verify, str) else verify is None or verify,
        "interface": interface,
        # Only those that are called otherwise than all others.
        "services": {one: said for one in SERVICES if (said := service(region, one)) != usual},
    }


def service(region, one):
    return {
        "override": region.get_endpoint(one),
        "interface": region.get_interface(one) or "public",
        "region": region.get_region_name(one) or None,
    }


def in_a_process(case):
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(out)
        with tempfile.TemporaryDirectory() as folder:
            folder = os.path.realpath(folder)
            text = lambda value: value.replace("$DIR", folder)  # noqa: E731
            for path, content in {"cwd/.keep": "", **case["files"]}.items():
                path = os.path.join(folder, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w") as file:
                    file.write(text(content))
            os.environ.clear()
            os.environ.update({"HOME": folder, "PATH": "/usr/bin:/bin"})
            os.environ.update({key: text(value) for key, value in case.get("env", {}).items()})
            os.chdir(os.path.join(folder, "cwd"))
            try:
                importlib.reload(loader)  # the search path is fixed when it is imported
                answer = {"ok": True, **read(case, folder)}
                json.dumps(answer)
            except BaseException as error:  # noqa: BLE001  (whatever it stumbles over is an answer)
                answer = {"ok": False, "error": f"{type(error).__name__}: {error}".replace(folder, "$DIR").split("\n")[0]}
            with os.fdopen(into, "w") as pipe:
                pipe.write(json.dumps(answer).replace(folder, "$DIR"))
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(answer)


warnings.simplefilter("ignore")
print(json.dumps([in_a_process(case) for case in json.load(sys.stdin)]))
