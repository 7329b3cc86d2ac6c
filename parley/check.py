"""`parley tenants check`: a tenant held against Meta and Genesys, and what to mend, in words."""

from __future__ import annotations

import argparse

from parley.environment import Environment
from parley.tenancy import Auth, Tenancy
from shared.command.output import print_items, say, wants_json
from shared.services.checks import TIMEOUT, CheckRequest, Finding, TenantChecked
from shared.services.tenancy import TenantList

WELL, ILL = 0, 1
MARKS = {"good": "ok   ", "warning": "WARN ", "unseen": "?    ", "wrong": "WRONG"}


def check(given: argparse.Namespace, environment: Environment) -> int:
    """One tenant, or all active ones; 1 when anything is wrong."""
    auth = Auth(environment, (2.0, TIMEOUT))
    checked = []
    for slug in [given.tenant] if given.tenant else _active(environment):
        told = auth.call("POST", "/auth/check", TenantChecked, CheckRequest(tenant=slug))
        checked.append(told)
        if not wants_json(given):
            say(told.tenant)
            for one in told.findings:
                _say(one)
    wrong = sum(one.verdict == "wrong" for told in checked for one in told.findings)
    if wants_json(given):
        print_items(checked, wrong=wrong)
    else:
        say(f"{wrong} wrong" if wrong else "nothing is wrong")
    return ILL if wrong else WELL


def _active(environment: Environment) -> list[str]:
    tenants = Tenancy(environment).call("GET", "/tenancy/tenants", TenantList).tenants
    return [one.tenant for one in tenants if one.status == "active"]


def _say(one: Finding) -> None:
    say(f"  {MARKS[one.verdict]} {one.about}: {one.what}: {one.words}")
    if one.fix:
        say(f"        {one.fix}")
