"""Both doors as processes, as the tests of the doors have them."""

from tests.doors.conftest import buckets, house, object_settings

__all__ = ["buckets", "house", "object_settings"]
