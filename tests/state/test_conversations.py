"""Which customer a conversation belongs to: current and old ids, Redis in front, history."""

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from local.services import Endpoints
from shared.runtime.clock import rfc3339, utcnow
from shared.runtime.errors import NotFound
from shared.storage.cache import Cache
from state_service.state import State
from tests.moments import told_at
from tests.ports import free_port
from tests.state.desk import POLICY, Desk, accepted, new_id


def inbound(desk: Desk, source_id: str, conversation_id: str | None, **changes: Any) -> None:
    """A customer's message that Genesys put into a conversation."""
    claim = desk.claim(source_id, direction="inbound", **changes)
    desk.complete(
        claim,
        accepted(1, f"g-{source_id}"),
        source_id=source_id,
        direction="inbound",
        conversation_id=conversation_id,
    )


def current(desk: Desk, customer: str = "491701") -> str | None:
    found = desk.rows(
        "select conversation_id from conversation_mappings where is_current and customer = :c",
        c=customer,
    )
    assert len(found) == 1
    return found[0]["conversation_id"]  # type: ignore[no-any-return]  # text or null


def test_the_id_that_genesys_gives_leads_back_to_the_customer(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1", wa_id="491701")
    found = desk.conversation("conv-1")
    assert (found.customer, found.wa_id, found.channel_id) == ("491701", "491701", desk.channel_id)


def test_the_next_message_knows_the_conversation(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1")
    assert desk.claim("m2", direction="inbound").conversation_id == "conv-1"


def test_a_new_id_takes_over_and_the_old_one_still_leads_back(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1")
    inbound(desk, "m2", "conv-2")
    assert current(desk) == "conv-2"
    assert desk.conversation("conv-1").customer == "491701"


def test_an_answer_in_an_old_conversation_does_not_make_it_current(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1")
    inbound(desk, "m2", "conv-2")
    claim = desk.claim("out", conversation_id="conv-1")
    assert claim.conversation_id == "conv-1"
    assert current(desk) == "conv-2"


def test_a_conversation_that_an_agent_begins_is_the_current_one(desk: Desk) -> None:
    desk.claim("out", conversation_id="conv-9")
    assert current(desk) == "conv-9"
    assert desk.conversation("conv-9").customer == "491701"


def test_a_customer_who_writes_again_in_an_old_conversation_makes_it_current(desk: Desk) -> None:
    for number, conversation in enumerate(["conv-1", "conv-2", "conv-1"]):
        inbound(desk, f"m{number}", conversation)
    assert current(desk) == "conv-1"


def test_no_id_from_genesys_leaves_what_is_known(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1")
    inbound(desk, "m2", None)
    assert current(desk) == "conv-1"


def test_an_outbound_message_cannot_take_another_customer_s_conversation(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1")
    desk.claim("out", customer="491702", conversation_id="conv-1")
    assert desk.conversation("conv-1").customer == "491701"
    assert current(desk, "491702") is None


def test_genesys_can_give_a_conversation_to_another_customer(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1")
    desk.conversation("conv-1")  # now Redis knows it too
    inbound(desk, "m2", "conv-1", customer="491702")
    assert desk.conversation("conv-1").customer == "491702"


def test_an_unknown_conversation_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.conversation("conv-none")


def test_a_channel_knows_its_own_conversations_only(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1")
    desk.conversation("conv-1")
    desk.channel_id = new_id()
    with pytest.raises(NotFound):
        desk.conversation("conv-1")


def test_the_window_counts_from_the_newest_customer_message_by_whatsapp_s_clock(
    desk: Desk,
) -> None:
    times = [told_at(), told_at(hours=-1)]
    for number, at in enumerate(times):
        inbound(desk, f"m{number}", f"conv-{number}", occurred_at=at)
    claim = desk.claim("out", occurred_at=told_at(hours=1))
    assert claim.last_customer_message_at == datetime.fromisoformat(times[0])


def test_a_customer_who_never_wrote_has_no_window(desk: Desk) -> None:
    assert desk.claim("out").last_customer_message_at is None


def test_who_lost_the_phone_number_keeps_the_conversation(desk: Desk) -> None:
    """A customer who takes a user name comes with a user id alone, and is the same customer."""
    inbound(desk, "m1", "conv-1", wa_id="491701", bsuid="DE.7")
    claim = desk.claim("m2", direction="inbound", customer="DE.7", wa_id="", bsuid="DE.7")
    assert (claim.customer, claim.conversation_id) == ("491701", "conv-1")


def test_who_shows_the_phone_number_later_keeps_the_conversation(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1", customer="DE.7", bsuid="DE.7")
    claim = desk.claim("m2", direction="inbound", wa_id="491701", bsuid="DE.7")
    assert (claim.customer, claim.conversation_id) == ("DE.7", "conv-1")
    assert desk.conversation("conv-1").wa_id == "491701"


def test_the_newest_profile_name_is_kept(desk: Desk) -> None:
    for number, name in enumerate(["Ann", None, "Anne\0"]):
        desk.claim(f"m{number}", direction="inbound", wa_id="491701", profile_name=name)
    assert desk.rows("select profile_name from customers") == [{"profile_name": "Anne\ufffd"}]


def test_history_shows_the_conversation_newest_first(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1", occurred_at=told_at())
    inbound(desk, "m2", "conv-2", occurred_at=told_at(seconds=1))
    desk.sent("wamid.1", "out", conversation_id="conv-1", occurred_at=told_at(seconds=2))
    desk.status("wamid.1", "read")
    shown = [
        (m.source_id, m.direction, m.status, m.content) for m in desk.history("conv-1").messages
    ]
    assert shown == [
        ("out", "outbound", "read", {"text": "hello"}),
        ("m1", "inbound", "accepted", {"text": "hello"}),
    ]
    assert len(desk.history("conv-1", limit=1).messages) == 1


NEXT_MONTH = (utcnow().replace(day=1) + timedelta(days=31)).replace(day=1, hour=0, minute=0)
LAST_OF_THIS_MONTH = rfc3339(
    NEXT_MONTH.replace(second=0, microsecond=0) - timedelta(milliseconds=1)
)


@pytest.mark.parametrize(
    "at",
    ["1970-01-01T00:00:00Z", LAST_OF_THIS_MONTH, "2199-01-01T00:00:00Z"],
    ids=["the first second", "the last moment of this month", "a far year"],
)
def test_any_provider_s_clock_finds_room_in_history(desk: Desk, at: str) -> None:
    inbound(desk, "m1", "conv-1", occurred_at=at)
    assert desk.history("conv-1").messages[0].content == {"text": "hello"}


def test_a_text_with_nul_is_kept_with_a_sign_in_its_place(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1", content={"te\0xt": ["a\0b", 1, None]})
    assert desk.history("conv-1").messages[0].content == {"te\ufffdxt": ["a\ufffdb", 1, None]}


def cached(desk: Desk, url: str, key: str) -> Any:
    async def get() -> Any:
        async with Cache.open(url) as cache:
            return await cache.get_json(key)

    return desk.runner.run(get())


def test_redis_holds_both_directions_of_a_mapping(desk: Desk, migrated: Endpoints) -> None:
    inbound(desk, "m1", "conv-1", wa_id="491701")
    conversation = cached(desk, migrated.redis_url, "mapping:conv:conv-1")
    assert (conversation["tenant_id"], conversation["customer"]) == (desk.tenant_id, "491701")
    key = f"mapping:wa:{desk.tenant_id}:{desk.channel_id}:491701"
    assert cached(desk, migrated.redis_url, key) == {"conversation_id": "conv-1"}


def test_a_mapping_of_another_tenant_in_redis_is_a_miss(desk: Desk) -> None:
    other, conversation = desk.other(), f"conv-{new_id()}"
    inbound(other, "m1", conversation)
    with pytest.raises(NotFound):
        desk.conversation(conversation)
    inbound(desk, "m1", conversation, customer="491777")
    assert desk.conversation(conversation).customer == "491777"
    assert other.conversation(conversation).customer == "491701"


@pytest.mark.parametrize("value", [b"nonsense", b"[]", b"{}", orjson.dumps("x")])
def test_nonsense_in_redis_is_a_miss(desk: Desk, migrated: Endpoints, value: bytes) -> None:
    conversation = f"conv-{new_id()}"
    inbound(desk, "m1", conversation)

    async def spoil() -> None:
        async with Cache.open(migrated.redis_url) as cache:
            await cache.set(f"mapping:conv:{conversation}", value, 60)

    desk.runner.run(spoil())
    assert desk.conversation(conversation).customer == "491701"


def test_a_lookup_that_redis_answers_is_noted_as_activity(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1")
    desk.rows("update conversation_mappings set last_activity_at = '2020-01-01'")
    desk.runner.run(desk.state.touch("conv-1", desk.tenant_id, desk.channel_id))
    [row] = desk.rows(
        "select last_activity_at > '2020-01-02' as touched from conversation_mappings"
    )
    assert row["touched"]


def test_who_only_looks_is_no_activity(desk: Desk) -> None:
    inbound(desk, "m1", "conv-1", wa_id="491701")
    desk.rows("update conversation_mappings set last_activity_at = '2020-01-01'")
    seen = desk.runner.run(desk.state.look_at("conv-1", desk.tenant_id, desk.channel_id))
    assert (seen["wa_id"], seen["last_activity_at"]) == ("491701", "2020-01-01T00:00:00.000Z")
    [row] = desk.rows(
        "select last_activity_at = '2020-01-01' as untouched from conversation_mappings"
    )
    assert row["untouched"]
    with pytest.raises(NotFound):
        desk.runner.run(desk.state.look_at("conv-1", new_id(), desk.channel_id))


def test_everything_works_without_redis(desk: Desk) -> None:
    async def without_redis() -> None:
        async with Cache.open(f"redis://127.0.0.1:{free_port()}") as cache:
            desk.state = State(desk.database, cache, POLICY)
            request = desk.request("m1", direction="inbound")
            await desk.state.claim(request)
            completed = desk.completion(request, accepted(1, "g1"))
            told = completed.model_copy(update={"conversation_id": "conv-1"})
            await desk.state.complete(told)
            found, from_cache = await desk.state.conversation(
                "conv-1", desk.tenant_id, desk.channel_id
            )
            assert (found["customer"], from_cache) == ("491701", False)

    desk.runner.run(without_redis())
