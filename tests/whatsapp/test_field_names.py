"""The fields whose names may stand in a log are those that we read."""

from shared.transforms.changes import CHANGES
from shared.whatsapp.field_names import FIELDS


def test_every_field_that_is_read_is_known_by_name_and_no_other() -> None:
    assert set(CHANGES) == FIELDS
