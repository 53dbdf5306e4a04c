#!/usr/bin/python3
"""Does the lab work? One server, its addresses, a floating IP and DNS, each step with its seconds."""
import contextlib
import sys
import time
import uuid

from cloud import connect, dig, gone, server_status, wait

NAME = f"check-{uuid.uuid4().hex[:8]}"


@contextlib.contextmanager
def step(what):
    began = time.monotonic()
    try:
        yield
    except Exception as error:
        print(f"FAILED {what}: {error}", flush=True)
        raise
    print(f"{time.monotonic() - began:6.2f} s  {what}", flush=True)


def main(cleanup):
    dev, reflex, infra = connect("dev-user"), connect("dev"), connect("infra")
    network = next(dev.network.networks(name="dev-net"))

    with step("server ACTIVE"):
        server = dev.compute.create_server(
            name=NAME, image_id=dev.image.find_image("tiny").id, flavor_id=dev.compute.find_flavor("m1.tiny").id,
            networks=[{"uuid": network.id}])
        cleanup(lambda: dev.compute.delete_server(server.id, ignore_missing=True))
        addresses = server_status(dev, server.id, "ACTIVE").addresses["dev-net"]
    with step("an IPv4 and an IPv6 address, as reflex sees them: " + " ".join(a["addr"] for a in addresses)):
        seen = reflex.compute.get_server(server.id).addresses["dev-net"]
        assert {address["version"] for address in seen} == {4, 6}, seen
    with step("port ACTIVE"):
        port = wait("port", lambda: next(
            (p for p in dev.network.ports(device_id=server.id) if p.status == "ACTIVE"), None))

    with step("floating IP ACTIVE"):
        public = dev.network.find_network("public")
        fip = dev.network.create_ip(floating_network_id=public.id)
        cleanup(lambda: dev.network.delete_ip(fip.id, ignore_missing=True))
        dev.network.update_ip(fip, port_id=port.id)
        wait("floating IP", lambda: dev.network.get_ip(fip.id).status == "ACTIVE")

    zone = next(infra.dns.zones(name="cloud.lab."))
    name = f"{NAME}.dev.cloud.lab."
    with step("record set resolves"):
        record = infra.dns.create_recordset(zone, name=name, type="A", records=["10.10.0.99"])
        cleanup(lambda: infra.dns.delete_recordset(record.id, zone, ignore_missing=True))
        wait("dig", lambda: dig(name, "A") == ["10.10.0.99"], pause=0.02)
    with step("record set ACTIVE after that"):
        wait("record set", lambda: infra.dns.get_recordset(record.id, zone).status == "ACTIVE")
    with step("record set changed resolves"):
        infra.dns.update_recordset(record, zone_id=zone.id, records=["10.10.0.98"])
        wait("dig", lambda: dig(name, "A") == ["10.10.0.98"], pause=0.02)
    with step("PTR of the floating IP resolves"):
        path = f"/reverse/floatingips/RegionOne:{fip.id}"
        answer = reflex.dns.patch(path, json={"ptrdname": f"{NAME}.dev.public.lab."})
        assert answer.status_code == 202, answer.text
        cleanup(lambda: reflex.dns.patch(path, json={"ptrdname": None}))
        wait("dig -x", lambda: dig("-x", fip.floating_ip_address) == [f"{NAME}.dev.public.lab."], pause=0.02)

    with step("PTR, record set, floating IP and server deleted"):
        reflex.dns.patch(path, json={"ptrdname": None})
        wait("no PTR", lambda: not dig("-x", fip.floating_ip_address))
        infra.dns.delete_recordset(record.id, zone)
        wait("no record", lambda: not dig(name, "A"))
        dev.network.delete_ip(fip.id)
        dev.compute.delete_server(server.id)
        wait("no server", lambda: gone(dev.compute.get_server, server.id))


if __name__ == "__main__":
    undo = []
    try:
        main(undo.append)
    except Exception as error:
        for action in reversed(undo):
            with contextlib.suppress(Exception):
                action()
        sys.exit(f"check: {error!r}")
