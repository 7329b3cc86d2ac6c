"""The control interface: set-up, settings, records, conversations, waiting."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from local.sandbox.client import SandboxError
from local.sandbox.room.settings import Settings
from tests.local.sandbox.support import World, open_message, text_message
from tests.waits import WAIT_S


def broken(world: World, part: str, **changes: Any) -> dict[str, Any]:
    described = world.described()
    described[part][0] |= changes
    return described


def test_a_set_up_that_does_not_hold_together_is_refused_whole(world: World) -> None:
    secret = {"integration_id": "i", "webhook_url": "http://x", "webhook_secret": "x" * 15}
    for wrong, words in (
        (broken(world, "phone_numbers", app="none"), "no app named"),
        (broken(world, "access_tokens", phone_number_ids=["9"]), "no phone number"),
        (broken(world, "orgs", integrations=[secret]), "webhook_secret"),
        (broken(world, "apps", colour="red"), "colour"),
    ):
        with pytest.raises(SandboxError, match=words):
            world.sandbox.setup(wrong, add=True)
    assert world.opened()


def test_what_is_added_may_name_what_is_there(world: World) -> None:
    number = {"phone_number_id": "9" + world.number, "waba_id": "1", "display_phone_number": "1"}
    app = world.described()["apps"][0]["name"]
    world.sandbox.setup({"phone_numbers": [{**number, "app": app}]}, add=True)
    token = {"token": "EAA-second", "phone_number_ids": [world.number, "9" + world.number]}
    told = world.sandbox.setup({"access_tokens": [token]}, add=True)
    assert {world.number, "9" + world.number} <= set(told["phone_numbers"])
    with pytest.raises(SandboxError, match="no app named"):
        world.sandbox.setup({"phone_numbers": [{**number, "app": "nobody's"}]}, add=True)
    assert world.opened()


def test_an_integration_added_to_an_org_takes_none_away(world: World) -> None:
    org = world.described()["orgs"][0]
    second = {**org["integrations"][0], "integration_id": f"second-{world.integration}"}
    told = world.sandbox.setup(
        {"orgs": [{"name": org["name"], "integrations": [second]}]}, add=True
    )
    assert {world.integration, second["integration_id"]} <= set(told["integrations"])
    assert world.genesys("message?prefetchConversationId=true", open_message()).ok


def test_a_reset_puts_back_settings_and_faults_and_forgets_but_for_who_exists(
    world: World,
) -> None:
    sandbox = world.sandbox
    sandbox.settings(limits="off", graph={"retry_first_s": 60, "statuses": ["sent"]})
    sandbox.fault("graph", "status", code=131026)
    world.receiver.script(world.meta_path, 500)
    sandbox.customer_says(world.number, "491", "x")
    assert sandbox.wait_for(lambda s: s.records(state="retrying"), WAIT_S)
    sandbox.reset()
    assert sandbox.settings() == Settings().model_dump()
    assert (sandbox.records(), sandbox.conversations()) == ([], [])
    assert sandbox.counters()["webhooks_pending"] == 0
    assert world.opened()
    assert world.graph(text_message()).ok


def test_a_set_up_shows_no_secret(world: World) -> None:
    shown = requests.get(f"{world.sandbox.base_url}/control/tenants", timeout=WAIT_S).text
    assert world.number in shown
    for secret in (world.app_secret, world.webhook_secret, world.graph_token, "client-secret"):
        assert secret not in shown


def test_a_wrong_setting_changes_nothing(world: World) -> None:
    with pytest.raises(SandboxError, match=r"graph\.latency"):
        world.sandbox.settings(graph={"latency": 3, "window": "off"})
    assert world.sandbox.settings()["graph"]["window"] == "refuse"


def test_a_callback_that_is_no_address_is_told_in_words(world: World) -> None:
    app = {"name": "a", "app_secret": "s", "callback_url": "localhost:3000", "verify_token": "v"}
    with pytest.raises(SandboxError) as refused:
        world.sandbox.setup({"apps": [app]})
    assert "callback_url: is no address such as http://" in str(refused.value)
    assert "pattern" not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"phone_number_id": "none", "customer": "1", "text": "x"}, "no phone number"),
        ({"phone_number_id": "1", "customer": "1"}, "`text` or `message`"),
        ({"phone_number_id": "1", "customer": None, "text": "x"}, "`from` or `user_id`"),
        ({"phone_number_id": "1", "customer": "1", "text": "x", "colour": 1}, "colour"),
    ],
)
def test_a_wrong_saying_is_said(world: World, said: dict[str, Any], words: str) -> None:
    with pytest.raises(SandboxError, match=words):
        world.sandbox.customer_says(**said)


def test_a_stranger_agent_is_said(world: World) -> None:
    with pytest.raises(SandboxError, match="no integration"):
        world.sandbox.agent_says("none", "+1", "x")
    with pytest.raises(SandboxError, match="no conversation"):
        world.sandbox.agent_says(world.integration, None, "x", conversation_id="none")


def test_records_tell_all_but_the_secrets(world: World) -> None:
    world.sandbox.settings(graph={"statuses": []})
    wamid = world.opened()
    world.graph(text_message())
    world.genesys("message?prefetchConversationId=true", open_message())
    everything = world.sandbox.records(limit=100_000)
    own = [r for r in everything if world.number in str(r) or world.integration in str(r)]
    assert [(r["target"], r["kind"], r["name"]) for r in own[:3]] == [
        ("graph", "webhook", "message"),
        ("graph", "request", "messages"),
        ("genesys", "request", "message"),
    ]
    webhook, sent, taken = own[:3]
    assert (webhook["state"], webhook["attempts"][0]["status"]) == ("delivered", 200)
    assert webhook["ids"] == [wamid]
    assert sent["headers"]["authorization"] == "Bearer ***"
    assert sent["answer"]["status"] == 200
    assert sent["body"] == text_message()
    assert sent["verdict"] == {"strict": None}
    assert taken["path"].endswith("message?prefetchConversationId=true")
    for secret in (world.graph_token, world.token, world.app_secret, world.webhook_secret):
        assert secret not in str(everything)


def test_records_are_found_by_what_they_are_and_since_when(world: World) -> None:
    world.opened()
    last = world.sandbox.counters()["last_seq"]
    world.graph(text_message())
    found = world.sandbox.records(since=last, target="graph", kind="request")
    assert len(found) == 1
    assert found[0]["seq"] > last
    assert world.sandbox.records(since=last, target="genesys") == []
    assert world.sandbox.records(limit=1, since=last)[0]["seq"] == last + 1


def test_a_conversation_shows_both_ways_in_order(world: World) -> None:
    world.sandbox.settings(graph={"statuses": []})
    world.opened()
    world.graph(text_message())
    world.sandbox.customer_says(world.number, "919876543210", "thanks")
    thread = world.sandbox.conversation("whatsapp", world.number, "919876543210")
    assert thread is not None
    assert [(m.direction, m.text) for m in thread.messages] == [
        ("written", "hello"),
        ("got", "hi"),
        ("written", "thanks"),
    ]


def test_memory_is_bounded_and_the_loss_is_counted(world: World) -> None:
    url = f"{world.sandbox.base_url}/control"
    world.sandbox.clear()
    world.sandbox.settings(room={"max_messages": 5, "max_records": 4})
    for n in range(8):
        world.sandbox.customer_says(world.number, "491", f"m{n}", wait=True)
    records = requests.get(f"{url}/records", timeout=WAIT_S).json()
    assert (len(records["records"]), records["dropped"]) == (4, 4)
    threads = requests.get(f"{url}/conversations", timeout=WAIT_S).json()
    assert threads["dropped"] == 3
    (thread,) = threads["conversations"]
    assert [m["text"] for m in thread["messages"]] == [f"m{n}" for n in range(3, 8)]
    world.sandbox.clear()
    assert world.sandbox.records() == []
    assert world.sandbox.conversations() == []


def test_waiting_ends_with_the_counters(world: World) -> None:
    with pytest.raises(TimeoutError, match="counters"):
        world.sandbox.wait_for(lambda _: False, 0.3)
    world.sandbox.customer_says(world.number, "491", "x")
    last = world.sandbox.wait_for(lambda s: s.counters().get("webhooks_delivered", 0), WAIT_S)
    assert last >= 1


def test_undelivered_webhooks_can_be_dropped(world: World) -> None:
    world.sandbox.settings(graph={"retry_first_s": 60})
    world.receiver.script(world.meta_path, 500)
    world.sandbox.customer_says(world.number, "491", "x")
    world.receiver.hits(world.meta_path, 1)
    assert world.sandbox.wait_for(lambda s: s.records(state="retrying"), WAIT_S)
    world.sandbox.drop_webhooks()
    assert world.sandbox.counters()["webhooks_pending"] == 0
