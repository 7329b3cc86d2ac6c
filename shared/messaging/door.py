"""The HTTP side of the delivery functions: a request of a path's own kind in, an outcome out.

Plain Starlette: on the message path a route through FastAPI costs twice the CPU.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from shared.runtime.errors import BadInput, NotFound
from shared.runtime.faults import said
from shared.runtime.problem import problem

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Route(Generic[M]):
    """What is read at a path, and who answers it."""

    model: type[M]
    handler: Callable[[M], Awaitable[BaseModel]]

    async def __call__(self, body: bytes) -> BaseModel:
        """The outcome. Raises BadInput, and what the handler raises."""
        return await self.handler(read(self.model, body))


async def answer(request: Request, routes: dict[str, Route[Any]]) -> Response:
    """200 with the outcome of the path's route. Raises NotFound, BadInput and what it raises."""
    route = routes.get(request.scope["path"])
    if route is None:
        raise NotFound(f"requests go to {' or '.join(routes)}")
    if request.method != "POST":
        return problem(405, "method_not_allowed", "all that is asked here is a POST")
    outcome = await route(await request.body())
    return Response(outcome.model_dump_json(), media_type="application/json")


def read(model: type[M], raw: bytes) -> M:
    """The request in a body. Raises BadInput that names the fields, never their values."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise BadInput(said(error.errors(include_input=False, include_url=False))) from None
