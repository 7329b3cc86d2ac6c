"""/api/v1/openapi.json, made of the table of routes: what is not in the one is not in the other."""

from __future__ import annotations

import functools
import re
from typing import Any

import orjson
from pydantic.json_schema import models_json_schema

from gateway_service.models import MODELS
from gateway_service.routes import PLACES, ROUTES, Route
from shared.runtime.problem import MEDIA_TYPE

Json = dict[str, Any]
TEMPLATE = "#/components/schemas/{model}"
ABOUT = """\
Every call but `health` and this description carries `Authorization: Bearer` with a token of your
identity provider or an API key. The tenant is the credential's own. Answers that went wrong are
problems (RFC 9457): decide by `code`. Calls are counted; the `RateLimit-*` headers tell what is
left."""

PROBLEMS = {
    400: "The body can not be read",
    401: "No credential, or not a good one",
    403: "Not allowed: the role, the tenant, or a suspended tenant",
    404: "Nothing by that name in this tenant",
    409: "It is there already, or has changed",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "A field or parameter is wrong: `detail` says which",
    429: "Over the limit of calls a minute: come back after `Retry-After`",
    503: "Something behind does not answer: try again",
    504: "It may have been done: look before you repeat it",
}
_WORD = re.compile(r"[A-Za-z]+")
_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_QUERY: dict[str, Json] = {
    "channel_id": {"schema": {"type": "string", "format": "uuid"}},
    "state": {"schema": {"type": "string", "enum": ["refused"]}},
    "direction": {"schema": {"type": "string", "enum": ["inbound", "outbound"]}},
    "since": {"schema": {"type": "string", "format": "date-time"}},
    "until": {"schema": {"type": "string", "format": "date-time"}},
    "cursor": {"description": "`next` of the page before", "schema": {"type": "string"}},
    "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}},
    "offset": {
        "description": "`next_offset` of the page before",
        "schema": {"type": "integer", "minimum": 0, "maximum": 10**9, "default": 0},
    },
    "before": {"schema": {"type": "string", "format": "date-time"}},
    "dry_run": {"schema": {"type": "boolean", "default": False}},
    "forget_previous": {"schema": {"type": "boolean", "default": False}},
}


@functools.cache
def document() -> bytes:
    """The description, OpenAPI 3.1."""
    shown = [route for route in ROUTES if route.access != "webhook"]
    refs, schemas = _schemas(shown)
    paths: dict[str, Json] = {}
    for route in shown:
        for method in route.methods:
            paths.setdefault(route.path, {})[method.lower()] = _operation(route, refs)
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "Parley", "version": "1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }
    return orjson.dumps(whole)


Refs = dict[tuple[str, str], Json]  # model and use


def _schemas(routes: list[Route]) -> tuple[Refs, Json]:
    """Every model's reference by its use, and what they refer to."""
    wanted = {(route.answer, "serialization") for route in routes if route.answer is not None}
    wanted |= {(route.body, "validation") for route in routes if route.body is not None}
    wanted.add(("Problem", "serialization"))
    models: Any = [(MODELS[name], use) for name, use in sorted(wanted)]
    refs, defined = models_json_schema(models, ref_template=TEMPLATE)
    return {(model.__name__, use): ref for (model, use), ref in refs.items()}, defined["$defs"]


def _operation(route: Route, refs: Refs) -> Json:
    operation: Json = {
        "summary": route.summary,
        "operationId": _name(route),
        "tags": [route.path.split("/")[3].split(".")[0]],
        "parameters": _parameters(route),
        "responses": _responses(route, refs),
        "security": [] if route.access == "public" else [{"bearer": []}],
    }
    if route.scope is not None:
        operation["description"] = f"Needs the scope `{route.scope}`."
    if route.body is not None:
        schema = refs[route.body, "validation"]
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _name(route: Route) -> str:
    words = _WORD.findall(route.path.removeprefix("/api/v1"))
    return "_".join([route.methods[0].lower(), *words])


def _parameters(route: Route) -> list[Json]:
    text = {"type": "string", "minLength": 1, "maxLength": 512}
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": text}
        for name in PLACES.findall(route.path)
    ]
    found += [
        {"name": name, "in": "query", "required": name in route.needs, **_QUERY[name]}
        for name in route.query
    ]
    if route.access == "tenant":
        words = "The tenant, by slug or id: for the platform's own people, who must name one"
        header = {"name": "Parley-Tenant", "in": "header", "description": words}
        found.append({**header, "schema": {"type": "string", "maxLength": 63}})
    return found


def _responses(route: Route, refs: Refs) -> Json:
    good: Json = {"description": "Done" if route.status != 200 else "As asked"}  # noqa: PLR2004
    if route.answer is not None:
        good["content"] = {"application/json": {"schema": refs[route.answer, "serialization"]}}
    elif route.status != 204:  # noqa: PLR2004  # RFC 9110: no content
        good["content"] = {"application/json": {"schema": {"type": "object"}}}
    if route.access != "public":
        good["headers"] = {name: {"schema": {"type": "integer"}} for name in _LIMITS}
    problem = {MEDIA_TYPE: {"schema": refs["Problem", "serialization"]}}
    responses = {str(route.status): good}
    for status in _statuses(route):
        responses[str(status)] = {"description": PROBLEMS[status], "content": problem}
    return responses


def _statuses(route: Route) -> list[int]:
    if route.access == "public":
        return []
    found = {401, 403, 429, 503}
    if route.to:
        found |= {404, 422, 504}
    if route.body is not None:
        found |= {400, 409, 413, 415}
    return sorted(found)
