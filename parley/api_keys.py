"""`parley keys create|list|revoke`: API keys of a tenant, or of the platform's own programs.

A key goes to standard output and nowhere else, so that it can be piped to where it shall live.
"""

from __future__ import annotations

import argparse
from urllib.parse import quote
from uuid import UUID

from pydantic import ValidationError

from parley.environment import Environment
from parley.out import opened
from parley.tenancy import Tenancy
from shared.command.output import json_text, print_items, remark, say, wants_json
from shared.runtime.clock import rfc3339, utcnow
from shared.runtime.errors import NotFound, SettingsError
from shared.runtime.faults import said
from shared.services.access import FoundTenant
from shared.services.keys import KeyList, KeyMade, KeyRequest, KeyView, Revoked

DONE = 0
PLATFORM = "platform-admin"


def create(given: argparse.Namespace, environment: Environment) -> int:
    """Print the key on stdout, what it is on stderr."""
    tenancy = Tenancy(environment)
    request = _request(given)
    with opened(given.out) as write:
        made = tenancy.call("POST", _place(tenancy, given), KeyMade, request)
        key = made.key.get_secret_value()
        whole = made.model_dump(mode="json") | {"key": key}
        write(json_text(whole) if wants_json(given) else key)
    until = "" if made.expires_at is None else f", good until {rfc3339(made.expires_at)}"
    remark(f"{made.role} key {made.name!r}, id {made.id}{until}")
    remark("it is shown this once; whoever has it may use it")
    return DONE


def _request(given: argparse.Namespace) -> KeyRequest:
    """What is asked for. Raises SettingsError."""
    try:
        return KeyRequest(
            name=given.name,
            role=PLATFORM if given.platform else given.role,
            scopes=given.scope or [],
            expires_in_days=given.days,
        )
    except ValidationError as error:
        raise SettingsError(said(error.errors(), whole="key")) from None


def _all(tenancy: Tenancy, place: str) -> list[KeyView]:
    """The keys of every page."""
    found: list[KeyView] = []
    offset: int | None = 0
    while offset is not None:
        page = tenancy.call("GET", f"{place}?offset={offset}", KeyList)
        found += page.keys
        offset = page.next_offset
    return found


def list_(given: argparse.Namespace, environment: Environment) -> int:
    """A line a key: those that are good first, then the newest."""
    tenancy = Tenancy(environment)
    keys = _all(tenancy, _place(tenancy, given))
    if wants_json(given):
        print_items(keys)
        return DONE
    width = max([len(key.name) for key in keys] + [4])
    say(f"{'id':<36}  {'name':<{width}}  {'begins':<15}  {'role':<14}  {'state':<24}  scopes")
    for key in keys:
        scopes = ",".join(key.scopes) or "all of the role"
        say(
            f"{key.id:<36}  {key.name:<{width}}  {key.prefix:<15}  {key.role:<14}"
            f"  {_state(key):<24}  {scopes}"
        )
    return DONE


def revoke(given: argparse.Namespace, environment: Environment) -> int:
    """Take a key back; it is out within a second. Raises SettingsError for what is no id."""
    if not _is_id(given.id):
        raise SettingsError(
            f"{given.id!r} is no key's id, such as 7d0c5a52-5e0c-4a5e-9a57-0d3c2f6b1a11: "
            "`parley keys list` has the id of each name"
        )
    tenancy = Tenancy(environment)
    place = f"{_place(tenancy, given)}/{quote(given.id, safe='')}"
    tenancy.call("DELETE", place, Revoked)
    say(f"revoked {given.id}: it is refused within a second, everywhere and for good")
    return DONE


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _place(tenancy: Tenancy, given: argparse.Namespace) -> str:
    """Where the keys of the tenant, or of the platform, are. Raises NotFound."""
    if given.platform:
        return "/tenancy/platform/keys"
    card = tenancy.call("GET", f"/tenancy/card/{quote(given.tenant, safe='')}", FoundTenant)
    if card.tenant is None:
        raise NotFound(f"there is no tenant {given.tenant!r}: `parley tenants list` names them")
    return f"/tenancy/of/{card.tenant.id}/keys"


def _state(key: KeyView) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None:
        return "good"
    return "expired" if key.expires_at <= utcnow() else f"until {rfc3339(key.expires_at)[:10]}"
