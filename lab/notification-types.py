#!/usr/bin/env python3
"""Lists the event types of all notifications that OpenStack's services can send, as their own source code names them.

    python3 lab/notification-types.py folder [folder ...] > test/fixtures/notification-types.json

Each folder holds unpacked packages: `dpkg -x python3-nova_*.deb folder`, or `unzip nova-*.whl -d folder`. Nothing of them is
imported or run: their code is parsed, and a type is what is given to a notifier, directly or through the helper functions named
below. What is put together when it runs (a phase, an API resource) is put together here in the same way.
"""
import ast
import json
import pathlib
import re
import sys

PHASES = ("start", "end")
NOVA_HELPERS = {
    "_notify_about_instance_usage": "compute.instance.",
    "notify_about_instance_usage": "compute.instance.",
    "notify_about_aggregate_update": "aggregate.",
    "notify_about_server_group_update": "servergroup.",
    "notify_about_host_update": "HostAPI.",
}
CINDER_HELPERS = {
    "notify_about_volume_usage": ("volume.",),
    "_notify_about_volume_usage": ("volume.",),
    "notify_about_snapshot_usage": ("snapshot.",),
    "_notify_about_snapshot_usage": ("snapshot.",),
    "notify_about_backup_usage": ("backup.",),
    "_notify_about_backup_usage": ("backup.",),
    # A group's helper tells of each of its volumes as well.
    "_notify_about_group_usage": ("group.", "volume."),
    "notify_about_group_usage": ("group.",),
    "_notify_about_group_snapshot_usage": ("group_snapshot.", "snapshot."),
    "notify_about_group_snapshot_usage": ("group_snapshot.",),
    "notify_about_consistencygroup_usage": ("consistencygroup.",),
    "notify_about_cgsnapshot_usage": ("cgsnapshot.",),
    "notify_about_volume_type_access_usage": ("volume_type_project.",),
    "_set_volume_state_and_notify": ("scheduler.",),
    "_set_snapshot_state_and_notify": ("scheduler.",),
    "_notify_volume_type_info": ("",),
    "_notify_volume_type_error": ("",),
    "_notify_group_type_info": ("",),
    "_notify_group_type_error": ("",),
    "_notify_qos_specs_error": ("",),
    "_notify_cache_action": ("image_volume_cache.",),
    "NotifyVolumeActionTask": ("volume.",),
    "CreateVolumeOnFinishTask": ("volume.",),
    "NotifySnapshotActionTask": ("snapshot.",),
    "CreateSnapshotOnFinishTask": ("snapshot.",),
}
KEYSTONE_OPERATIONS = {"added_to": "updated", "removed_from": "updated"}


def modules(package):
    for path in sorted(package.rglob("*.py")):
        if "tests" not in path.parts:
            try:
                yield path, ast.parse(path.read_text())
            except SyntaxError:
                print(f"{path} is no Python of this version", file=sys.stderr)


def name_of(function):
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def texts(node, names):
    """What a type may be: literal, or put together of literals and the phases."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return texts(node.body, names) + texts(node.orelse, names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [a + b for a in texts(node.left, names) for b in texts(node.right, names)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(getattr(node.left, "value", None), str):
        given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        made = [node.left.value]
        for one in given:
            made = [template.replace("%s", text, 1) for template in made for text in texts(one, names)]
        return made
    if isinstance(node, (ast.Name, ast.Attribute)):
        name = name_of(node)
        return names.get(name, list(PHASES) if name == "phase" else [])
    return []


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def given(call):
    return list(call.args) + [keyword.value for keyword in call.keywords]


def is_notifier(call):
    """`notifier.info(context, type, payload)`, and `rpc.get_notifier('volume', host).info(…)`."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("info", "warn", "error", "critical"):
        return False
    return "notif" in ast.unparse(call.func.value).lower()


def constants(tree):
    """Texts by the name that they are assigned to, e.g. FAILURE_TOPIC = 'scheduler.create_volume'."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found.setdefault(name_of(target), []).extend(texts(node.value, found))
    return found


def told(tree):
    """Given to a notifier as it stands."""
    names = {key: texts for key, texts in constants(tree).items() if key.isupper()}
    for call in calls(tree):
        if is_notifier(call) and len(call.args) > 1:
            yield from texts(call.args[1], names)
        for keyword in call.keywords:
            if keyword.arg == "event_type" and is_notifier(call):
                yield from texts(keyword.value, names)


def nova(package):
    for path, tree in modules(package):
        yield from told(tree)
        for call in calls(tree):
            name = name_of(call.func)
            if name in NOVA_HELPERS:
                # A resize that is confirmed or begun: `"%s.%s" % (action, phase)`.
                made = [text for one in given(call) for text in texts(one, {"action": ["resize"]})]
                yield from (NOVA_HELPERS[name] + text for text in made if re.fullmatch(r"[a-z_.]+", text))
            elif name == "_notify" and path.name == "api.py":
                yield from ("keypair." + text for text in texts(call.args[1], {}))
            elif name == "notify_about_instance_delete":
                kinds = [text for one in given(call) for text in texts(one, {})] or ["delete"]
                yield from (f"compute.instance.{kind}.{phase}" for kind in kinds for phase in PHASES)
            elif name in ("set_vm_state_and_notify", "_set_vm_state_and_notify"):
                steps = [text for one in given(call) for text in texts(one, {})]
                yield from (f"compute_task.{step}" for step in steps if step not in ("compute_task", "error"))
            elif name == "notification_sample":
                # 'instance-live_migration_pre-end.json': the sample of a versioned notification has its type's name.
                sample = call.args[0].value.removesuffix(".json")
                if not sample.startswith("test-"):
                    yield sample.replace("-", ".")
        # A function that fails is told of under its own name.
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                if any("wrap_exception" in ast.unparse(one) for one in node.decorator_list):
                    yield node.name
    yield from (f"compute.instance.force_delete.{phase}" for phase in PHASES)
    yield "compute.instance.exists"
    yield "compute.instance.update"


def cinder(package):
    for _, tree in modules(package):
        yield from told(tree)
        suffixes = constants(tree)
        for call in calls(tree):
            for prefix in CINDER_HELPERS.get(name_of(call.func), ()):
                for text in (text for one in call.args for text in texts(one, suffixes)):
                    if re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", text):
                        yield prefix + text
            if name_of(call.func) == "_notify_reset_status":
                yield from (f"{kind}.{text}" for kind in ("volume", "snapshot", "backup") for text in texts(call.args[-1], {}))
    yield "capacity.pool"
    yield "capacity.backend"
    yield from (f"{kind}.exists" for kind in ("volume", "snapshot", "backup"))
    yield "volume.usage"


def neutron(package):
    resources = {"network", "subnet", "port", "router", "floatingip", "security_group", "security_group_rule", "rbac_policy", "quota", "agent"}
    for folder in (package, package.parent / "neutron_lib"):
        for path, tree in modules(folder):
            yield from told(tree)
            for call in calls(tree):
                if name_of(call.func) == "notify" and len(call.args) > 1:
                    yield from (text for text in texts(call.args[1], {}) if "." in text)
                if name_of(call.func) in ("notify_tag_action", "_notify_tag_action"):
                    yield from ("tag." + text for one in call.args[1:2] for text in texts(one, {}))
            if "definitions" in path.parts and "base.py" != path.name or path.parent.name == "extensions":
                names = constants(tree)
                if "RESOURCE_ATTRIBUTE_MAP" in path.read_text():
                    for key, values in names.items():
                        if key in ("RESOURCE_NAME", "RESOURCE") or key.endswith("_RESOURCE_NAME"):
                            resources.update(values)
                # Maps that name their collections: {'bandwidth_limit_rules': …}.
                for node in ast.walk(tree):
                    targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
                    if isinstance(getattr(node, "value", None), ast.Dict) and any(name_of(one).endswith("RESOURCE_ATTRIBUTE_MAP") for one in targets):
                        for key in node.value.keys:
                            for text in texts(key, names) if key is not None else []:
                                resources.add(re.sub("ies$", "y", text) if text.endswith("ies") else text.removesuffix("s"))
    for resource in sorted({one.replace("-", "_") for one in resources if "foo" not in one}):
        yield from (f"{resource}.{action}.{phase}" for action in ("create", "update", "delete") for phase in PHASES)
    yield from (f"router.interface.{action}" for action in ("create", "delete"))
    yield "l3.meter"


def keystone(package):
    names = {}
    for _, tree in modules(package):
        for key, values in constants(tree).items():
            if re.fullmatch(r"_[A-Z_]+|[A-Z_]+", key):
                names.setdefault(key, []).extend(values)
    for _, tree in modules(package):
        own = constants(tree)
        for call in calls(tree):
            operation = name_of(call.func)
            hidden = any(one.arg == "public" and ast.unparse(one.value) == "False" for one in call.keywords)
            if "Audit" in ast.unparse(call.func) and operation != "internal" and not hidden:
                operation = KEYSTONE_OPERATIONS.get(operation, operation)
                for text in texts(call.args[0], {**names, **own}):
                    yield f"identity.{text}.{operation}"
            if operation == "role_assignment" and call.args:
                yield from (f"identity.role_assignment.{text}" for text in texts(call.args[0], {}))
            if operation == "emit_event":
                yield from (f"identity.{text}" for text in texts(call.args[0], {}))
    yield "identity.authenticate"


def glance(package):
    for _, tree in modules(package):
        yield from told(tree)
        for call in calls(tree):
            if name_of(call.func) in ("_send_notification", "send_notification", "notify"):
                yield from (text for one in call.args[:2] for text in texts(one, {}) if text.count(".") > 0 and " " not in text)


def designate(package):
    for _, tree in modules(package):
        yield from told(tree)
        for call in calls(tree):
            if name_of(call.func) in ("notification", "notify_type"):
                yield from (text for one in call.args[:1] for text in texts(one, {}))


def octavia(package):
    for _, tree in modules(package):
        yield from (text for texts in constants(tree).values() for text in texts if re.fullmatch(r"octavia\.[a-z_]+\.[a-z]+\.[a-z]+", text))


SERVICES = (nova, neutron, keystone, cinder, glance, designate, octavia)


def versions(folder):
    for info in sorted([*folder.rglob("*.dist-info"), *folder.rglob("*.egg-info")]):
        match = re.match(r"([a-zA-Z_.]+)-([0-9][0-9a-z.]*?)(-py3.*)?\.(dist|egg)-info", info.name)
        if match and match[1].replace("_", "-") in ("neutron-lib", *(one.__name__ for one in SERVICES)):
            yield f"{match[1].replace('_', '-')} {match[2]}"


def main(folders):
    found, origins = {}, []
    for folder in map(pathlib.Path, folders):
        origins += versions(folder)
        for read in SERVICES:
            for package in [path.parent for path in folder.rglob(f"{read.__name__}/version.py")]:
                found.setdefault(read.__name__, set()).update(read(package))
    lines = [f'    "{name}": {json.dumps(sorted(types))}' for name, types in found.items()]
    origin = "what python3 lab/notification-types.py found in the source code of " + ", ".join(sorted(set(origins)))
    print('{\n  "origin": ' + json.dumps(origin) + ',\n  "types": {\n' + ",\n".join(lines) + "\n  }\n}")


main(sys.argv[1:])
