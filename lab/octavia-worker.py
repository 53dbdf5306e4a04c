#!/usr/bin/python3
"""octavia-worker without amphorae and networks, but for the VIP's port: the API makes it in Neutron, the worker deletes it."""
from octavia.cmd.octavia_worker import main
from octavia.network.drivers.neutron.allowed_address_pairs import AllowedAddressPairsDriver
from octavia.network.drivers.noop_driver.driver import NoopNetworkDriver

NoopNetworkDriver.deallocate_vip = lambda driver, vip: AllowedAddressPairsDriver().deallocate_vip(vip)

if __name__ == "__main__":
    main()
