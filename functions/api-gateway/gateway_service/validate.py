"""What a body must be before a function sees it: within its size, JSON, neither deep nor odd.

The fields are the function's: it reads them by the models that the OpenAPI shows.
"""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request

from gateway_service.routes import Route
from shared.runtime.errors import BadInput, BodyTooLarge

JSON = "application/json"
MAX_DEPTH = 16
MAX_KEY = 128  # characters
MAX_QUERY = 512  # characters of one value


class NotJson(BadInput):
    """The body can not be read as JSON."""

    code = "malformed_json"
    title = "Bad Request"
    status = 400


class WrongType(BadInput):
    """The body is of a type that this route does not take."""

    code = "unsupported_media_type"
    title = "Unsupported Media Type"
    status = 415


def checked_body(route: Route, content_type: str, body: bytes) -> bytes | None:
    """The body to pass on; None where the route takes none.

    Raises BodyTooLarge, WrongType, NotJson, BadInput.
    """
    if route.body is None:
        if body:
            raise BadInput("this route takes no body")
        return None
    if len(body) > route.body_limit:
        raise BodyTooLarge(f"over {route.body_limit} bytes")
    if not _is_json(content_type):
        raise WrongType(f"the body must be {JSON}")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NotJson("the body is not JSON in UTF-8") from None
    _check_shape(value)
    return body


def checked_query(route: Route, request: Request) -> dict[str, str]:
    """The parameters that the route knows; others are left out. Raises BadInput."""
    found = {}
    for name in route.query:
        values = request.query_params.getlist(name)
        if len(values) > 1:
            raise BadInput(f"query.{name} is there more than once")
        if values:
            if len(values[0]) > MAX_QUERY or "\x00" in values[0]:
                raise BadInput(f"query.{name} is too long, or no text")
            found[name] = values[0]
    return found


def _is_json(content_type: str) -> bool:
    kind, _, rest = content_type.partition(";")
    charset = rest.strip().lower().replace('"', "")
    return kind.strip().lower() == JSON and charset in ("", "charset=utf-8")


def _check_shape(value: Any) -> None:
    """Level by level, so that no depth is a depth of ours. Raises BadInput."""
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                if any(len(key) > MAX_KEY for key in each):
                    raise BadInput(f"a key is longer than {MAX_KEY} characters")
                below += each.values()
            elif isinstance(each, list):
                below += each
        level = [each for each in below if isinstance(each, dict | list)]
        if not level:
            return
    raise BadInput(f"the body is nested deeper than {MAX_DEPTH} levels")
