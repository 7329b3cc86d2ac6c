"""The published description: every route, every parameter, and whatever an answer may be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway_service.openapi import document
from gateway_service.routes import ROUTES
from tests.gateway.office import Office
from tests.gateway.routes import WALKS, Walk

WHOLE: dict[str, Any] = json.loads(document())


def operation(walk: Walk) -> dict[str, Any]:
    found: dict[str, Any] = WHOLE["paths"][walk.route.path][walk.method.lower()]
    return found


def test_it_has_the_routes_of_the_table_and_no_webhook() -> None:
    table = {(r.path, m.lower()) for r in ROUTES if r.access != "webhook" for m in r.methods}
    assert table == {(path, method) for path, way in WHOLE["paths"].items() for method in way}


def test_every_reference_leads_somewhere_and_names_are_unique() -> None:
    refs = {part.split('"')[0] for part in json.dumps(WHOLE).split('"$ref": "')[1:]}
    assert {ref.rsplit("/", 1)[1] for ref in refs} <= set(WHOLE["components"]["schemas"])
    names = [each["operationId"] for way in WHOLE["paths"].values() for each in way.values()]
    assert len(names) == len(set(names))


def test_it_is_given_to_everybody(office: Office) -> None:
    assert office.ask("GET", "/api/v1/openapi.json").json() == WHOLE
    assert office.ask("GET", "/api/v1/health").json() == {"status": "ok"}


@pytest.mark.parametrize("walk", WALKS, ids=str)
def test_what_a_route_answers_is_what_it_says(office: Office, walk: Walk) -> None:
    platform = walk.route.access == "platform"
    person = office.person(None if platform else office.acme, *walk.roles[-1:])
    answer = office.ask(credential=person, **walk.asked(office.acme))
    told = operation(walk)["responses"][str(answer.status_code)]
    if "content" in told:
        [(kind, content)] = told["content"].items()
        assert answer.headers["Content-Type"] == kind
        schema = {**content["schema"], "components": WHOLE["components"]}
        Draft202012Validator(schema).validate(answer.json())
    for name in told.get("headers", {}):
        assert answer.headers[name].isdigit()
