#!/usr/bin/python3
"""nova-compute with the hypervisor beside this file: Nova loads drivers only from its own package."""
import os

from nova.cmd.compute import main
import nova.virt

nova.virt.__path__.append(os.path.dirname(os.path.abspath(__file__)))

if __name__ == "__main__":
    main()
