"""The HTTP side of the delivery functions: a request model in, an outcome out, by path.

Plain Starlette: on the message path a route through FastAPI costs twice the CPU.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from shared.messaging.outcomes import SendOutcome
from shared.runtime.errors import BadInput, NotFound
from shared.runtime.problem import problem

M = TypeVar("M", bound=BaseModel)
Routes = Mapping[str, Callable[[M], Awaitable[SendOutcome]]]


async def answer(request: Request, model: type[M], routes: Routes[M]) -> Response:
    """200 with the outcome of the route's send. Raises NotFound, BadInput and what it raises."""
    route = routes.get(request.scope["path"])
    if route is None:
        raise NotFound(f"sends go to {' or '.join(routes)}")
    if request.method != "POST":
        return problem(405, "method_not_allowed", "a send is a POST")
    outcome = await route(read(model, await request.body()))
    return Response(outcome.model_dump_json(), media_type="application/json")


def read(model: type[M], raw: bytes) -> M:
    """The request in a body. Raises BadInput that names the fields, never their values."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        words = [f"{'.'.join(map(str, f['loc'])) or 'body'}: {f['msg']}" for f in faults]
        raise BadInput("; ".join(words)) from None
