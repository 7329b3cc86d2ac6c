"""Both doors as processes, as the tests of the doors have them."""

from tests.doors.conftest import _afresh, buckets, house, object_settings

__all__ = ["_afresh", "buckets", "house", "object_settings"]
