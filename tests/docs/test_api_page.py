"""docs/api.md has the roles, scopes, routes and codes that the gateway has."""

import re

from gateway_service.routes import ROUTES
from shared.tenancy.roles import ROLES
from tests.docs.pages import ROOT, Page

PAGE = Page(ROOT / "docs" / "api.md")


def table(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading."""
    section = PAGE.text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:]]


def coded(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_each_role_has_what_the_rows_down_to_its_own_say() -> None:
    so_far: set[str] = set()
    for role, _, scopes in table("Roles and scopes"):
        so_far |= set(coded(scopes))
        assert set(ROLES[coded(role)[0]]) == so_far  # type: ignore[index]
    assert [coded(row[0])[0] for row in table("Roles and scopes")] == list(ROLES)


def test_every_route_stands_there_with_its_scope() -> None:
    told = {
        route.partition("?")[0]: coded(scope)[0] if coded(scope) else None
        for cell, scope in table("Ask")
        for route in coded(cell)
    }
    assert told == {
        f"{method} {route.path}": route.scope
        for route in ROUTES
        if route.access != "webhook"
        for method in route.methods
    }
