"""Nova's fake hypervisor, which does not forget its servers with a restart of nova-compute."""
from nova import context, objects
from nova.compute import power_state
from nova.virt import fake


class Driver(fake.FakeDriver):
    def init_host(self, host):
        super().init_host(host)
        known = objects.InstanceList.get_by_host(
            context.get_admin_context(), host, expected_attrs=["flavor", "info_cache"])
        for instance in known:
            if instance.power_state == power_state.NOSTATE:  # it was still being built
                continue
            self.instances[instance.uuid] = fake.FakeInstance(instance.name, instance.power_state, instance.uuid)
            self.resources.claim(
                vcpus=instance.flavor.vcpus, mem=instance.flavor.memory_mb, disk=instance.flavor.root_gb)
            for vif in instance.get_network_info():
                self._interfaces[vif["id"]] = vif
