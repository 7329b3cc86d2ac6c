"""`parley tenants`: apply a file, list, show. Each says what it did and what may be next."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any
from urllib.parse import quote

from parley.environment import Environment
from parley.tenancy import Tenancy
from parley.tenant_file import read_tenants
from shared.command.moments import short
from shared.command.output import print_items, print_json, say, wants_json
from shared.runtime.errors import BadInput, Conflict
from shared.services.tenancy import Applied, CredentialView, TenantList, TenantView
from shared.tenancy.files import AppFile, TenantFile

DONE, REFUSED = 0, 1


def apply(given: argparse.Namespace, environment: Environment) -> int:
    """Apply every tenant of the file; a refused one does not stop the others."""
    path: Path = given.file
    file = read_tenants(path, environment)
    tenancy = Tenancy(environment)
    params = {
        "dry_run": str(given.dry_run).lower(),
        "forget_previous": str(given.forget_previous).lower(),
    }
    calls: list[tuple[str, str, AppFile | TenantFile]] = []
    if file.platform is not None:
        name = file.platform.app
        calls.append((f"app {name}", f"/tenancy/apps/{name}", file.platform))
    calls += [(f"tenant {t.tenant}", f"/tenancy/tenants/{t.tenant}", t) for t in file.tenants]
    answers: dict[str, Applied | BadInput | Conflict] = {}
    for what, where, body in calls:
        try:
            answers[what] = tenancy.call("PUT", where, Applied, body, params)
        except (BadInput, Conflict) as error:
            answers[what] = error
        if not wants_json(given):
            _tell(what, answers[what])
    refused = sum(not isinstance(answer, Applied) for answer in answers.values())
    if wants_json(given):
        print_items([_public(what, answer) for what, answer in answers.items()], refused=refused)
    else:
        changed = any(isinstance(one, Applied) and one.changes for one in answers.values())
        _next(given, refused, changed=changed)
    return REFUSED if refused else DONE


def list_(given: argparse.Namespace, environment: Environment) -> int:
    """All tenants, a line each."""
    answer = Tenancy(environment).call("GET", "/tenancy/tenants", TenantList)
    if wants_json(given):
        print_items(answer.tenants)
        return DONE
    width = max([len(one.tenant) for one in answer.tenants] + [6])
    say(f"{'tenant':<{width}}  {'status':<9}  channels  name")
    for one in answer.tenants:
        say(f"{one.tenant:<{width}}  {one.status:<9}  {one.channels:>8}  {one.name}")
    if not answer.tenants:
        say("there are none yet: `parley tenants apply FILE` makes them")
    return DONE


def show(given: argparse.Namespace, environment: Environment) -> int:
    """One tenant; of its secrets only whether they are set."""
    where = f"/tenancy/tenants/{quote(given.tenant, safe='')}"
    tenant = Tenancy(environment).call("GET", where, TenantView)
    if wants_json(given):
        print_json(tenant.model_dump(mode="json"))
        return DONE
    say(f"{tenant.tenant}  {tenant.name}  {tenant.status}  id {tenant.id}")
    for credential in tenant.credentials:
        secrets = f"{credential.secret}, previous {credential.previous}"
        health = f"health {credential.health}{_told(credential)}"
        say(f"  credential {credential.kind}/{credential.name}: {secrets}, {health}")
        if credential.health == "bad":
            say("    messages wait for it, tried once a minute: mend it, then apply or check")
    for app in tenant.apps:
        secrets = f"app_secret {app.app_secret}, previous {app.app_secret_previous}"
        say(f"  app {app.app}: {secrets}, verify_token {app.verify_token}")
    for channel in tenant.channels:
        say(f"  channel {channel.name}  {channel.status}  id {channel.id}")
        for name, value in channel.model_dump(exclude={"name", "status", "id"}).items():
            say(f"    {name:<24} {value}")
    return DONE


def _told(credential: CredentialView) -> str:
    """When a provider told last, and when the credential ends: silence is no health."""
    seen = f" (told {short(credential.health_at)})" if credential.health_at else ""
    return seen + (f", ends {short(credential.expires_at)}" if credential.expires_at else "")


def _public(what: str, answer: Applied | BadInput | Conflict) -> dict[str, Any]:
    kind, _, name = what.partition(" ")
    if isinstance(answer, Applied):
        return {kind: name, "refused": None, **answer.model_dump(mode="json")}
    return {kind: name, "refused": answer.detail.split("; ")}


def _tell(what: str, answer: Applied | BadInput | Conflict) -> None:
    if not isinstance(answer, Applied):
        say(f"{what}: refused")
        for fault in answer.detail.split("; "):
            say(f"  {fault}")
        return
    would = "would be " if answer.dry_run else ""
    say(f"{what}: {would}changed" if answer.changes else f"{what}: unchanged")
    for change in answer.changes:
        fields = f": {', '.join(change.fields)}" if change.fields else ""
        say(f"  {would}{change.action} {change.what} {change.name}{fields}")
    for kept in answer.kept:
        say(f"  not in the file, left as it is: {kept}")
    if not answer.caches_cleared:
        say("  Redis is away: it is told once it is back; the doors ask tenancy until then")


def _next(given: argparse.Namespace, refused: int, *, changed: bool) -> None:
    if refused:
        say(f"{refused} refused, with nothing of them changed: mend {given.file}, apply again")
    elif given.dry_run and changed:
        say("nothing was changed; next: the same without --dry-run")
    elif changed:
        say("webhooks are served under the new values within a second")
        say("next: `parley tenants list`")
