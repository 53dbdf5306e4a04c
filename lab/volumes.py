"""Cinder's logging driver, which stores nothing, with two pools and what it lacks."""
from cinder.tests import fake_driver

POOLS = ("fast", "slow")


class Driver(fake_driver.FakeLoggingVolumeDriver):
    def _update_volume_stats(self):
        super()._update_volume_stats()
        only = self._stats["pools"][0]
        self._stats["pools"] = [{**only, "pool_name": name, "multiattach": True} for name in POOLS]

    def extend_volume(self, volume, new_size):
        """Its stand-in for LVM cannot."""

    def clone_image(self, context, volume, image_location, image_meta, image_service):
        """A volume of an image, without qemu-img."""
        return {}, True
