"""Whatever one change is bent into, it is answered, and its neighbours are as they were."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from shared.transforms.changes import read_change
from shared.transforms.receipts import receipt_status
from shared.whatsapp.items import media_of, read_status, refers_to, sender, tapped
from shared.whatsapp.payloads import MessageItem, OtherChange, StatusItem, walk
from tests.whatsapp.cases import CHANGES, INBOUND, STATUSES, Case, held, told, translated
from tests.wire.strategies import mutated

ALL = {
    **{f"inbound-{name}": case for name, case in INBOUND.items()},
    **{f"status-{name}": case for name, case in STATUSES.items()},
    **{f"change-{name}": case for name, case in CHANGES.items() if "changes" in str(case)},
}
GOOD = {
    "field": "messages",
    "value": {
        "metadata": {"phone_number_id": "good"},
        "messages": [{"from": "15550009999", "id": "wamid.GOOD", "type": "text"}],
        "statuses": [{"id": "wamid.GOOD", "status": "read"}],
    },
}


@pytest.mark.parametrize("name", list(ALL))
def test_any_mutation_is_answered_and_hurts_no_neighbour(name: str) -> None:
    case = ALL[name]
    [change] = case["webhook"]["entry"][0].get("changes", [{"value": case["webhook"]}])

    @settings(max_examples=15)
    @given(mutated(change))
    def answered(bent: Any) -> None:
        found = walk({"entry": [{"id": "w", "changes": [GOOD, bent, GOOD]}]})
        good = [item for item in found.items if item.phone_number_id == "good"]
        assert [type(item) for item in good] == [MessageItem, StatusItem] * 2
        rest = [item for item in found.items if item.phone_number_id != "good"]
        assert rest
        for item in rest:
            answer(item, case)

    answered()


def answer(item: Any, case: Case) -> None:
    """Do with an item what the functions do."""
    match item:
        case MessageItem():
            refers_to(item.message), tapped(item.message), media_of(item.message)
            if sender(item.message, item.contact).id is not None:
                held(translated(item.message, item.contact, case))
        case StatusItem():
            receipt_status(read_status(item.status, item.contact).status)
        case OtherChange():
            told(read_change(item.field, item.value))
