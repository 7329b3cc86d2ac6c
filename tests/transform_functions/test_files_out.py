"""An agent's file reaches the customer, or the rest goes without it and the agent hears why."""

from typing import Any

import pytest
import requests

from shared.messaging.envelope import Event
from tests.delivery.provider import reply
from tests.transform_functions.played import CSV, GIF, OGG, PALETTE, PDF, PNG, TYPES, WEBP, XML
from tests.transform_functions.stage import (
    META_TAKES,
    Stage,
    Tenant,
    hours_ago,
    meta_refuses,
    outcome,
    post,
)
from tests.waits import WAIT_S

AWAY = reply(503, {"error": {"code": 131016, "message": "Service unavailable"}})
LINK = {"media_mode": "link"}


def words(tenant: Tenant) -> tuple[str, str]:
    """Why the agent was told that a message failed: code and words."""
    [receipt] = tenant.receipts()
    assert receipt["status"] == "Failed"
    [reason] = receipt["reasons"]
    return reason["code"], reason["message"]


def test_a_picture_is_uploaded_and_sent_by_its_id(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_sends(PNG, "your box")
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.outbound, event) == "duplicate"
    [sent] = tenant.at_meta()
    assert sent["image"] == {"id": "up-1", "caption": "your box"}
    assert stage.meta.uploads == [PNG]
    assert tenant.told() == []


def test_a_document_keeps_its_name(stage: Stage, tenant: Tenant) -> None:
    assert outcome(stage.outbound, tenant.agent_sends(PDF)) == "delivered"
    [sent] = tenant.at_meta()
    assert sent["document"] == {"id": "up-1", "filename": "a file.pdf"}


def test_where_the_tenant_says_so_meta_gets_a_link(stage: Stage, tenant: Tenant) -> None:
    assert outcome(stage.outbound, tenant.agent_sends(PNG, options=LINK)) == "delivered"
    [sent] = tenant.at_meta()
    assert "media-outbound" in sent["image"]["link"]
    assert stage.meta.uploads == []


def test_a_file_that_genesys_does_not_have_leaves_the_words(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_sends(PNG, "your box")
    stage.genesys.files.clear()
    assert outcome(stage.outbound, event) == "partly"
    assert outcome(stage.outbound, event) == "duplicate"
    [sent] = tenant.at_meta()
    assert sent["text"]["body"] == "your box"
    assert words(tenant)[1] != ""


def test_a_file_alone_that_genesys_does_not_have_is_told(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_sends(PNG)
    stage.genesys.files.clear()
    assert outcome(stage.outbound, event) == "refused"
    assert tenant.at_meta() == []
    assert words(tenant)[1] != ""


@pytest.mark.parametrize("url", ["https://10.0.0.1/x", "ftp://x/y", "not a url", "x" * 9000])
def test_an_address_that_is_not_fetched_is_told(stage: Stage, tenant: Tenant, url: str) -> None:
    file = {"mediaType": "Image", "url": url, "mime": "image/png"}
    content = [{"contentType": "Attachment", "attachment": file}]
    assert outcome(stage.outbound, tenant.agent_writes("hi", message={"content": content})) == (
        "partly"
    )
    assert tenant.told() == ["Failed"]


@pytest.mark.parametrize("side", ["genesys", "meta"])
def test_a_file_that_may_still_come_keeps_its_message_waiting(
    stage: Stage, tenant: Tenant, side: str
) -> None:
    event, away = tenant.agent_sends(PNG, "your box"), getattr(stage, side)
    away.trouble = AWAY
    for _ in range(2):
        assert post(stage.outbound, event).status_code == 503
    assert (tenant.at_meta(), tenant.told()) == ([], [])
    away.trouble = None
    assert outcome(stage.outbound, event) == "delivered"
    assert len(tenant.at_meta()) == 1


def test_an_upload_that_meta_refuses_twice_goes_as_a_link(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_sends(PNG, "your box")
    stage.meta.trouble = reply(400, {"error": {"code": 131053, "message": "Media upload error"}})
    assert post(stage.outbound, event).status_code == 503
    assert outcome(stage.outbound, event) == "delivered"
    sent = [one["text"]["body"] for one in tenant.at_meta()]
    assert "media-outbound" in "".join(sent)
    assert tenant.told() == []


def bodies(tenant: Tenant) -> list[str]:
    return [one["text"]["body"] for one in tenant.at_meta()]


@pytest.mark.parametrize("options", [{}, LINK], ids=["upload", "link"])
def test_a_file_of_a_type_that_no_upload_takes_goes_as_a_link(
    stage: Stage, tenant: Tenant, options: dict[str, str]
) -> None:
    stage.meta.not_taken = (GIF,)
    event = tenant.agent_sends(GIF, "thanks", options=options)
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.outbound, event) == "duplicate"
    *_, last = bodies(tenant)
    name, link = last.splitlines()
    assert name == "[file: a file.gif]"
    assert requests.get(link, timeout=WAIT_S).content == GIF
    assert "thanks" in "".join(bodies(tenant))
    assert tenant.told() == []


def test_a_file_of_another_type_goes_as_a_document_where_it_is_taken(
    stage: Stage, tenant: Tenant
) -> None:
    assert outcome(stage.outbound, tenant.agent_sends(GIF)) == "delivered"
    assert stage.meta.labels == [("image/gif", "a file.gif")]
    assert tenant.at_meta()[0]["document"] == {"id": "up-1", "filename": "a file.gif"}


@pytest.mark.parametrize("options", [{}, LINK], ids=["upload", "link"])
@pytest.mark.parametrize(("content", "name"), [(CSV, "a file.csv"), (XML, "a file.xml")])
def test_what_is_text_goes_as_text(
    stage: Stage, tenant: Tenant, content: bytes, name: str, options: dict[str, str]
) -> None:
    assert outcome(stage.outbound, tenant.agent_sends(content, options=options)) == "delivered"
    assert stage.meta.uploads == [content]
    assert stage.meta.labels == [("text/plain", name)]
    assert tenant.at_meta()[0]["document"] == {"id": "up-1", "filename": name}


def test_a_picture_that_whatsapp_does_not_show_goes_as_a_document(
    stage: Stage, tenant: Tenant
) -> None:
    assert outcome(stage.outbound, tenant.agent_sends(PALETTE)) == "delivered"
    assert tenant.at_meta()[0]["document"] == {"id": "up-1", "filename": "a file.png"}


def named(tenant: Tenant, content: bytes, filename: str | None, mime: str) -> Event:
    """The event of a file that says of itself what it is not."""
    event = tenant.agent_sends(content)
    file = event.data["message"]["content"][0]["attachment"]
    file |= {"filename": filename, "mime": mime}
    return event


NAMES: dict[str, tuple[bytes, str | None, str, tuple[str, str]]] = {
    "a scan": (PDF, "scan.jpg", "image/jpeg", ("application/pdf", "scan.pdf")),
    "a version": (
        PDF,
        "report.v2.final",
        "application/pdf",
        ("application/pdf", "report.v2.final.pdf"),
    ),
    "no name": (PDF, None, "application/pdf", ("application/pdf", "file.pdf")),
    "only an ending": (PDF, ".pdf", "application/pdf", ("application/pdf", "file.pdf")),
    "a voice note": (OGG, "voice.mp4", "audio/mp4", ("audio/ogg; codecs=opus", "voice.ogg")),
}


@pytest.mark.parametrize(("content", "name", "mime", "label"), NAMES.values(), ids=NAMES)
def test_meta_gets_the_name_and_the_type_of_the_bytes(
    stage: Stage, tenant: Tenant, content: bytes, name: str, mime: str, label: tuple[str, str]
) -> None:
    assert outcome(stage.outbound, named(tenant, content, name, mime)) == "delivered"
    assert stage.meta.labels == [label]
    [sent] = tenant.at_meta()
    assert sent[sent["type"]].get("filename") in (None, label[1])


def test_the_same_bytes_under_a_better_name_are_uploaded_under_it(
    stage: Stage, tenant: Tenant
) -> None:
    for name in ("x", "Prices 2027.pdf", "Prices 2027.pdf"):
        event = named(tenant, PDF, name, "application/pdf")
        assert outcome(stage.outbound, event) == "delivered"
    assert [name for _, name in stage.meta.labels] == ["x.pdf", "Prices 2027.pdf"]
    shown = [one["document"]["filename"] for one in tenant.at_meta()]
    assert shown == ["x.pdf", "Prices 2027.pdf", "Prices 2027.pdf"]


def test_after_hours_the_rest_goes_without_it(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_sends(PNG, "your box", time=hours_ago(5))
    stage.genesys.trouble = AWAY
    assert outcome(stage.outbound, event) == "partly"
    assert tenant.at_meta()[0]["text"]["body"] == "your box"
    assert tenant.told() == ["Failed"]


def test_an_upload_that_meta_forgot_is_made_anew_once(stage: Stage, tenant: Tenant) -> None:
    assert outcome(stage.outbound, tenant.agent_sends(PNG)) == "delivered"
    stage.meta.play(meta_refuses(100), META_TAKES)
    assert outcome(stage.outbound, tenant.agent_sends(PNG)) == "delivered"
    refused, sent = tenant.at_meta()
    assert (refused["image"]["id"], sent["image"]["id"]) == ("up-1", "up-2")
    assert stage.meta.uploads == [PNG, PNG]


def test_what_meta_refuses_also_then_is_told(stage: Stage, tenant: Tenant) -> None:
    stage.meta.play(meta_refuses(100))
    assert outcome(stage.outbound, tenant.agent_sends(PNG)) == "refused"
    assert len(stage.meta.uploads) == 2
    assert tenant.told() == ["Failed"]


def test_another_refusal_does_not_upload_again(stage: Stage, tenant: Tenant) -> None:
    stage.meta.play(meta_refuses(131026))
    assert outcome(stage.outbound, tenant.agent_sends(PNG)) == "refused"
    assert len(stage.meta.uploads) == 1


def attachments(tenant: Tenant, stage: Stage, *contents: bytes) -> list[dict[str, Any]]:
    elements = [tenant.agent_sends(content).data["message"]["content"][0] for content in contents]
    assert all(one["attachment"]["url"].startswith(stage.genesys.url) for one in elements)
    return elements


def test_files_go_in_their_order(stage: Stage, tenant: Tenant) -> None:
    content = attachments(tenant, stage, PNG, PDF)
    event = tenant.agent_writes("both", message={"content": content})
    assert outcome(stage.outbound, event) == "delivered"
    assert [sent["type"] for sent in tenant.at_meta()] == ["image", "document"]
    assert stage.meta.uploads == [PNG, PDF]


def question(tenant: Tenant, picture: str | None) -> Event:
    """The event of a card with a button, and a picture at its head."""
    action = {"type": "Postback", "text": "Choose", "payload": "tea"}
    card = {"title": "Green tea", "image": picture, "actions": [action]}
    content = [{"contentType": "Card", "card": card}]
    return tenant.agent_writes(message={"type": "Structured", "text": None, "content": content})


def at_meta(stage: Stage, content: bytes) -> str:
    """An address where Meta, and we, find these bytes."""
    return f"{stage.meta.url}/files/{stage.meta.keep(content)}"


def test_a_picture_that_meta_shows_heads_its_question(stage: Stage, tenant: Tenant) -> None:
    link = at_meta(stage, PNG)
    assert outcome(stage.outbound, question(tenant, link)) == "delivered"
    [sent] = tenant.at_meta()
    assert sent["interactive"]["header"] == {"type": "image", "image": {"link": link}}


@pytest.mark.parametrize("content", [WEBP, GIF, PALETTE, PDF], ids=TYPES.get)
def test_a_question_goes_without_a_picture_that_meta_does_not_show(
    stage: Stage, tenant: Tenant, content: bytes
) -> None:
    link = at_meta(stage, content)
    assert outcome(stage.outbound, question(tenant, link)) == "delivered"
    [sent] = tenant.at_meta()
    assert "header" not in sent["interactive"]
    assert sent["interactive"]["body"]["text"] == f"Green tea\n{link}"
    assert sent["interactive"]["action"]["buttons"][0]["reply"]["title"] == "Choose"
    assert tenant.told() == []


def test_a_picture_that_is_not_there_does_not_head_its_question(
    stage: Stage, tenant: Tenant
) -> None:
    link = f"{stage.meta.url}/files/none"
    assert outcome(stage.outbound, question(tenant, link)) == "delivered"
    [sent] = tenant.at_meta()
    assert "header" not in sent["interactive"]


def test_a_picture_that_nobody_could_look_at_is_left_to_meta(stage: Stage, tenant: Tenant) -> None:
    link = "https://10.0.0.1/picture.png"
    assert outcome(stage.outbound, question(tenant, link)) == "delivered"
    [sent] = tenant.at_meta()
    assert sent["interactive"]["header"]["image"] == {"link": link}


def test_a_question_whose_picture_meta_refuses_at_once_goes_without_it_once(
    stage: Stage, tenant: Tenant
) -> None:
    stage.meta.play(meta_refuses(131053), meta_refuses(131053), META_TAKES)
    link = at_meta(stage, PNG)
    event = question(tenant, link)
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.outbound, event) == "duplicate"
    *refused, sent = tenant.at_meta()
    assert [one["interactive"]["header"]["image"] for one in refused] == [{"link": link}] * 2
    assert "header" not in sent["interactive"]
    assert tenant.told() == []
