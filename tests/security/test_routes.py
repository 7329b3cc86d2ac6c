"""With tenant A's identity and tenant B's ids, no route of state tells of B or changes what is B's.

The routes and their bodies come from the function's own OpenAPI: a new one is walked at once.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from local.services import Endpoints
from shared.services.pages import Place
from tests.migrations.asking import ask
from tests.security.filling import tables
from tests.tenancy.serving import Served, served

CANARY = "canary-of-tenant-b"
CHANNEL, ATTEMPT, TRACKING = (str(uuid4()) for _ in range(3))
NOW = datetime.now(UTC).isoformat()
# What B's things are called; A asks for the very same.
IDS = {
    "channel_id": CHANNEL,
    "attempt_id": ATTEMPT,
    "source_id": f"wamid.{CHANNEL}",
    "message_id": f"wamid.{CHANNEL}",
    "id": f"wamid.{CHANNEL}",
    "conversation_id": f"conv-{CHANNEL}",
    "event_id": f"event-{CHANNEL}",
    "customer": "4917000000009",
    "wa_id": "4917000000009",
    "direction": "inbound",
    "part": 1,
    "cursor": Place(datetime.now(UTC) + timedelta(days=1), ATTEMPT).text,  # all is behind it
}
PLACE = {
    "phone_number_id": "106540352242922",
    "body": "e30=",
    "raw_ref": "x",
    "installation": CHANNEL,
}


@pytest.fixture(scope="module")
def state(migrated: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    url = migrated.database_url("functions")
    folder = tmp_path_factory.mktemp("state")
    with served("state", folder, DATABASE_URL=url, REDIS_URL=migrated.redis_url) as function:
        yield function


class Walk:
    """Calls of every route as one tenant."""

    def __init__(self, state: Served, tenant_id: str, words: str) -> None:
        self.state = state
        self.named: dict[str, Any] = {**PLACE, **IDS, "tenant_id": tenant_id}
        self.words = words
        self.document: dict[str, Any] = state.call("GET", "/openapi.json").json()

    def go(self) -> dict[tuple[str, str], tuple[int, str]]:
        """The answer of every route."""
        return {
            (method.upper(), path): self.call(method, path, operation)
            for path, operations in self.document["paths"].items()
            for method, operation in operations.items()
        }

    def call(self, method: str, path: str, operation: dict[str, Any]) -> tuple[int, str]:
        params, where = {}, path
        for one in operation.get("parameters", []):
            value = self.value(one["schema"], one["name"])
            if one["in"] == "path":
                where = where.replace("{" + one["name"] + "}", str(value))
            elif one["in"] == "query":
                params[one["name"]] = str(value)
        content = operation.get("requestBody", {}).get("content", {})
        schema = next((kind["schema"] for kind in content.values()), None)
        body = None if schema is None else self.value(schema, "")
        answer = self.state.call(method.upper(), where, body, **params)
        return answer.status_code, answer.text

    def value(self, schema: dict[str, Any], name: str) -> Any:
        if "$ref" in schema:
            return self.value(self.document["components"]["schemas"][schema["$ref"][21:]], name)
        if name in self.named:
            return self.named[name]
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self.value(schema[several][0], name)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        return self.plain(schema)

    def plain(self, schema: dict[str, Any]) -> Any:
        kind = schema.get("type", "object")
        if kind == "object":
            given = schema.get("properties", {})
            return {name: self.value(one, name) for name, one in given.items()}
        if kind == "array":
            return [self.value(schema["items"], "")]
        if kind == "string" and "0-9a-f" in schema.get("pattern", ""):
            return TRACKING
        if kind == "string":
            return NOW if schema.get("format") == "date-time" else self.words
        return {"integer": 1, "number": 1.0, "boolean": True}.get(kind)


def rows_of(migrated: Endpoints, tenant_id: str) -> dict[str, list[str]]:
    owner = migrated.database_owner_url
    return {
        table["name"]: sorted(
            row["row"]
            for row in ask(
                owner,
                f"select t::text as row from {table['name']} t where {table['whose']} = :tenant",
                tenant=tenant_id,
            )
        )
        for table in tables(migrated)
        if table["whose"] is not None
    }


def test_every_route_is_closed_to_whoever_has_another_identity(
    state: Served, migrated: Endpoints
) -> None:
    mine, theirs = str(uuid4()), str(uuid4())
    theirs_walk = Walk(state, theirs, CANARY)
    made = theirs_walk.go()
    # Theirs are there: all that was asked was done, and is found.
    assert {route: told for route, told in made.items() if told[0] != 200} == {}
    before = rows_of(migrated, theirs)
    assert any(CANARY in row for rows in before.values() for row in rows)
    assert sum(map(bool, before.values())) >= 3
    answers = Walk(state, mine, "mine").go()
    assert [route for route, (_, text) in answers.items() if CANARY in text] == []
    assert [route for route, (status, _) in answers.items() if status >= 500] == []
    after = rows_of(migrated, theirs)
    assert [name for name in before if before[name] != after[name]] == []
