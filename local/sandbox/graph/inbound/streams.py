"""Webhook fields that tell of customers, echoes, history, calls and groups (meta (b.6), (b.4))."""

from __future__ import annotations

from typing import Any

from local.sandbox.graph.errors import in_status
from local.sandbox.graph.wire import new_wamid
from local.sandbox.room.clock import unix_text
from local.sandbox.room.kinds import Body, Kind, present

CUSTOMER = "4915112345678"
USER_ID = "US.13491208655302741918"
GROUP = "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD"
STANDARD = frozenset({"standard value"})


def _moved(previous: str | None, current: str | None) -> Body | None:
    both = present(previous=previous, current=current)
    return both or None


def _user_id(f: Body) -> Body:
    item = present(
        wa_id=f["wa_id"],
        detail=f["detail"],
        user_id=_moved(f["previous"], f["current"]),
        parent_user_id=_moved(f["previous_parent"], f["current_parent"]),
        timestamp=f["timestamp"] or unix_text(),
    )
    contact = present(profile={"name": "Customer"}, wa_id=f["wa_id"], user_id=f["current"])
    return {"contacts": [contact], "user_id_update": [item]}


def _preferences(f: Body) -> Body:
    names = ("wa_id", "user_id", "detail", "category", "value")
    item = present(**{n: f[n] for n in names}, timestamp=f["timestamp"] or unix_text())
    contact = present(profile={"name": "Customer"}, wa_id=f["wa_id"], user_id=f["user_id"])
    return {"contacts": [contact], "user_preferences": [item]}


def _echo(f: Body) -> Body:
    ids = {"id": f["id"] or new_wamid(), "timestamp": f["timestamp"] or unix_text()}
    item = present(**{"from": f["display_phone_number"]}, to=f["to"], to_user_id=f["to_user_id"])
    content = f["message"] or {"type": "text", "text": {"body": f["text"]}}
    return {"message_echoes": [{**item, **ids, **content}]}


def _history(f: Body) -> Body:
    if f["declined"]:
        error = {
            "code": 2593109,
            "title": "History sync is turned off by the business from the WhatsApp Business App",
            "message": "History sharing is turned off by the business",
            "error_data": {"details": "History sharing is turned off by the business"},
        }
        return {"history": [{"errors": [error]}]}
    metadata = {"phase": f["phase"], "chunk_order": f["chunk_order"], "progress": f["progress"]}
    threads = f["threads"]
    if threads is None:
        messages = [_old_message(f, n) for n in range(f["count"])]
        threads = [{"id": f["customer"], "messages": messages}]
    return {"history": [{"metadata": metadata, "threads": threads}]}


def _old_message(f: Body, number: int) -> Body:
    ours = number % 2 == 1
    ends: Body = {"from": f["customer"]}
    if ours:
        ends = {"from": f["display_phone_number"], "to": f["customer"]}
    return {
        **ends,
        "id": new_wamid(),
        "timestamp": str(int(unix_text()) - 86400 + number),
        "type": "text",
        "text": {"body": f"old message {number}"},
        "history_context": {"status": "READ"},
    }


def _contacts_sync(f: Body) -> Body:
    contact = {
        "full_name": f["full_name"],
        "first_name": f["first_name"],
        "phone_number": f["phone_number"],
    }
    metadata = {"timestamp": unix_text()}
    item = {"type": "contact", "contact": contact, "action": f["action"], "metadata": metadata}
    return {"state_sync": [item]}


def _calls(f: Body) -> Body:
    if f["status"] is not None:
        status = {"id": f["id"], "type": "call", "status": f["status"], "timestamp": unix_text()}
        return {"statuses": [{**status, "recipient_id": f["from"]}]}
    names = ("id", "from", "event", "direction", "duration")
    call = present(**{n: f[n] for n in names}, to=f["display_phone_number"], timestamp=unix_text())
    contact = {"profile": {"name": "Customer"}, "wa_id": f["from"]}
    return {"contacts": [contact], "calls": [call]}


def _groups(f: Body) -> Body:
    item: dict[str, Any] = {"timestamp": unix_text(), "group_id": f["group_id"], "type": f["type"]}
    return {"groups": [{**item, "request_id": f["request_id"], **(f["more"] or {})}]}


def _errors(f: Body) -> Body:
    return {"errors": f["errors"] or [in_status(f["code"])]}


def _group(words: str, kind: str, more: Body) -> Kind:
    fields = {"group_id": GROUP, "type": kind, "request_id": "req-1", "more": more}
    return Kind(words, fields, _groups, None, STANDARD)


ECHO: Body = {
    "display_phone_number": None,
    "to": CUSTOMER,
    "to_user_id": None,
    "id": None,
    "timestamp": None,
    "text": "Answered from the phone",
    "message": None,
}
PARTICIPANT: Body = {"added_participants": [{"wa_id": CUSTOMER}]}

STREAMS: dict[str, Kind] = {
    "errors": Kind(
        "value.errors alone, under the field messages",
        {"code": 130429, "errors": None},
        _errors,
        None,
        frozenset({"standard value", "messages"}),
    ),
    "user_id_update": Kind(
        "a customer's business-scoped id changed",
        {
            "wa_id": CUSTOMER,
            "detail": "User changed phone number",
            "previous": USER_ID,
            "current": "US.55551208655302740000",
            "previous_parent": None,
            "current_parent": None,
            "timestamp": None,
        },
        _user_id,
        None,
        STANDARD,
    ),
    "user_preferences": Kind(
        "a customer stops (or resumes) marketing",
        {
            "wa_id": CUSTOMER,
            "user_id": None,
            "detail": "User requested to stop marketing messages",
            "category": "marketing_messages",
            "value": "stop",
            "timestamp": None,
        },
        _preferences,
        None,
        STANDARD,
    ),
    "smb_message_echoes": Kind("the business wrote on its phone", ECHO, _echo, None, STANDARD),
    "message_echoes": Kind("another app wrote for the business", ECHO, _echo, None, STANDARD),
    "history": Kind(
        "old messages (declined=True: an error instead)",
        {
            "display_phone_number": None,
            "customer": CUSTOMER,
            "count": 3,
            "phase": 0,
            "chunk_order": 1,
            "progress": 55,
            "threads": None,
            "declined": False,
        },
        _history,
        None,
        STANDARD,
    ),
    "smb_app_state_sync": Kind(
        "a contact of the phone's book",
        {
            "full_name": "Ana Souza",
            "first_name": "Ana",
            "phone_number": CUSTOMER,
            "action": "add",
        },
        _contacts_sync,
        None,
        STANDARD,
    ),
    "calls": Kind(
        "a call begins or ends; with `status` a status of it",
        {
            "display_phone_number": None,
            "id": "wacid.HBgLMTIxODU1NTIyMDYVAgASGCA",
            "from": CUSTOMER,
            "event": "connect",
            "direction": "USER_INITIATED",
            "duration": None,
            "status": None,
        },
        _calls,
        None,
        STANDARD,
    ),
    "group_lifecycle_update": _group("a group was made", "group_create", {"subject": "Tea"}),
    "group_settings_update": _group("a group's settings", "group_settings_update", {}),
    "group_participants_update": _group("who is in a group", "group_participants_add", PARTICIPANT),
    "group_participant_update": _group(
        "the same by its other name", "group_participants_add", PARTICIPANT
    ),
    "group_status_update": _group("a group's state", "group_suspend", {}),
}
