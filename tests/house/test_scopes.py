"""Whose rows a call touches shows in how it is called: a TenantScope, or what carries a tenant.

A method of a class that holds a database, or a session of one, takes a `TenantScope`, a request or
row with a tenant in it, or a tenant by name; or `across_tenants` stands in its own name.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.test_rules import ROOT, functions, nodes, product

HOLDS = {"Database", "Session"}
NAMES = {"tenant_id", "slug", "ref"}  # one tenant, by its id or by what its people call it
# Not rows of a tenant's, with the reason.
KNOWN = {
    "Repository.lock": "the turn to change configuration",
    "Invalidator.tell": "keys of Redis, whoever's changed",
    "Invalidator.start": "the same",
    "Invalidator.close": "the same",
    "Configuration.apply_platform_app": "the platform's own app",
    "Configuration.list": "operators see all tenants",
    "Keeping.arrived": "each arrival names its tenant",
}


def services() -> list[Path]:
    return [path for path in product() if path.relative_to(ROOT).parts[0] == "functions"]


def annotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[tuple[str, str]]:
    """Arguments with the words of their annotations."""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [(one.arg, ast.unparse(one.annotation) if one.annotation else "") for one in given]


def words(annotation: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(annotation or "None")) if hasattr(node, "id")}


@cache
def carriers() -> set[str]:
    """Classes with a tenant in them: a field of that name, their own or inherited."""
    found, bases = {"TenantScope", "TenantFile", "Row"}, dict[str, set[str]]()
    for path in product():
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
                fields = [one.target for one in node.body if isinstance(one, ast.AnnAssign)]
                if "tenant_id" in {one.id for one in fields if isinstance(one, ast.Name)}:
                    found.add(node.name)
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found


def repositories(of: Iterable[ast.AST]) -> Iterator[ast.ClassDef]:
    """Classes that hold a database, by their constructor or as a field."""
    for node in of:
        if not isinstance(node, ast.ClassDef):
            continue
        made = [one for one in functions(ast.walk(node)) if one.name == "__init__"]
        given = [annotation for one in made for _, annotation in annotated(one)]
        given += [
            ast.unparse(one.annotation) for one in node.body if isinstance(one, ast.AnnAssign)
        ]
        if any(words(annotation) & HOLDS for annotation in given):
            yield node


def scopeless(of: Iterable[ast.AST], carrying: set[str]) -> Iterator[str]:
    for repository in repositories(of):
        for method in repository.body:
            if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            name = f"{repository.name}.{method.name}"
            if method.name.startswith("_") or "across_tenants" in method.name or name in KNOWN:
                continue
            given = annotated(method)
            if not any(arg in NAMES or words(kind) & carrying for arg, kind in given):
                yield name


def test_every_call_of_a_repository_says_whose_rows_it_touches() -> None:
    carrying = carriers()
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in services()
        for name in scopeless(nodes(path), carrying)
    ]
    assert found == []


def test_the_repositories_are_found() -> None:
    found = {one.name for path in services() for one in repositories(nodes(path))}
    assert {"State", "People", "Keeping", "Repository", "Lookups", "ApiKeys", "Audit"} <= found


@pytest.mark.parametrize(
    "method",
    ["async def all(self) -> None: ...", "def by_phone(self, phone: str) -> None: ..."],
)
def test_a_forgotten_scope_is_seen(method: str) -> None:
    source = f"class Rows:\n    def __init__(self, database: Database): ...\n    {method}"
    assert list(scopeless(ast.walk(ast.parse(source)), carriers())) != []


@pytest.mark.parametrize(
    "method",
    [
        "def rows(self, scope: TenantScope) -> None: ...",
        "def rows(self, scope: TenantScope | None) -> None: ...",
        "def rows_across_tenants(self) -> None: ...",
        "def rows(self, request: ClaimRequest) -> None: ...",
    ],
)
def test_a_scope_in_any_of_its_forms_is_seen(method: str) -> None:
    source = f"class Rows:\n    def __init__(self, database: Database): ...\n    {method}"
    assert list(scopeless(ast.walk(ast.parse(source)), carriers())) == []
