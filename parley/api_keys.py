"""`parley keys create|list|revoke`: API keys of a tenant, or of the platform's own programs.

A key goes to standard output or to the file of --out, and nowhere else.
"""

from __future__ import annotations

import argparse
import sys
from urllib.parse import quote

from parley.environment import Environment
from parley.out import opened
from parley.tenancy import Tenancy
from shared.runtime.clock import rfc3339, utcnow
from shared.runtime.errors import NotFound
from shared.services.access import FoundTenant
from shared.services.keys import KeyList, KeyMade, KeyRequest, KeyView, Revoked

DONE = 0
PLATFORM = "platform-admin"


def create(given: argparse.Namespace, environment: Environment) -> int:
    """Write the key to stdout or --out, what it is to stderr."""
    tenancy = Tenancy(environment)
    request = KeyRequest(
        name=given.name,
        role=PLATFORM if given.platform else given.role,
        scopes=given.scope or [],
        expires_in_days=given.days,
    )
    with opened(given.out) as write:
        made = tenancy.call("POST", _place(tenancy, given), KeyMade, request)
        write(made.key.get_secret_value())
    until = "" if made.expires_at is None else f", good until {rfc3339(made.expires_at)}"
    print(f"{made.role} key {made.name!r}, id {made.id}{until}", file=sys.stderr)
    print("it is shown this once; whoever has it may use it", file=sys.stderr)
    return DONE


def list_(given: argparse.Namespace, environment: Environment) -> int:
    """A line a key, the newest first."""
    tenancy = Tenancy(environment)
    keys = tenancy.call("GET", _place(tenancy, given), KeyList)
    if given.json:
        print(keys.model_dump_json(indent=2))
        return DONE
    width = max([len(key.name) for key in keys.keys] + [4])
    print(f"{'id':<36}  {'name':<{width}}  {'begins':<15}  {'role':<14}  {'state':<24}  scopes")
    for key in keys.keys:
        scopes = ",".join(key.scopes) or "all of the role"
        print(
            f"{key.id:<36}  {key.name:<{width}}  {key.prefix:<15}  {key.role:<14}"
            f"  {_state(key):<24}  {scopes}"
        )
    return DONE


def revoke(given: argparse.Namespace, environment: Environment) -> int:
    """Take a key back; it is out within a second."""
    tenancy = Tenancy(environment)
    place = f"{_place(tenancy, given)}/{quote(given.id, safe='')}"
    tenancy.call("DELETE", place, Revoked)
    print(f"revoked {given.id}: it is refused within a second, everywhere and for good")
    return DONE


def _place(tenancy: Tenancy, given: argparse.Namespace) -> str:
    """Where the keys of the tenant, or of the platform, are. Raises NotFound."""
    if given.platform:
        return "/tenancy/platform/keys"
    card = tenancy.call("GET", f"/tenancy/card/{quote(given.tenant, safe='')}", FoundTenant)
    if card.tenant is None:
        raise NotFound(f"there is no tenant {given.tenant!r}")
    return f"/tenancy/of/{card.tenant.id}/keys"


def _state(key: KeyView) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None:
        return "good"
    return "expired" if key.expires_at <= utcnow() else f"until {rfc3339(key.expires_at)[:10]}"
