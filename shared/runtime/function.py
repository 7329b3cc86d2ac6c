"""What a handler module declares, and the one door that every request passes.

function = Function("state", Settings, wire)

@http
@function.entry
async def handle(request): ...
"""

import functools
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from shared.runtime.cpu_limit import limited
from shared.runtime.errors import Forbidden, NotAdmitted, NotTaken, ParleyError
from shared.runtime.incoming import Incoming
from shared.runtime.logging import bind, describe, logger, stand_in
from shared.runtime.problem import internal_problem, problem_of
from shared.runtime.refusals import refusals
from shared.runtime.repeats import repeats
from shared.runtime.service_auth import Caller, OnBehalf, ServiceTokens
from shared.runtime.settings import Settings
from shared.runtime.trace import trace_id, use_traceparent

log = logger()

DEFAULT_BODY_LIMIT = 5 * 1024 * 1024  # bytes: an event that carries a 3 MB body in base64

S = TypeVar("S", bound=Settings)
K = TypeVar("K", bound="Resources")
Handler = Callable[[Request], Awaitable[Any]]
Theirs = Callable[[Request, OnBehalf], bool]


@dataclass(frozen=True)
class Check:
    """A dependency that /readyz asks. `ping` raises when it does not answer."""

    name: str
    ping: Callable[[], Awaitable[object]]
    required: bool = True


@dataclass(kw_only=True)
class Resources:
    """What `wire` makes for the life of the process: clients, pools, settings that routes need."""

    checks: list[Check] = field(default_factory=list)


class Function(Generic[S, K]):
    """One function: its name, its settings, how its resources are made, who may call it."""

    def __init__(
        self,
        name: str,
        settings: type[S],
        wire: Callable[[S], AbstractAsyncContextManager[K]],
        *,
        public: bool = False,
        body_limit: int = DEFAULT_BODY_LIMIT,
        theirs: Theirs | None = None,
    ) -> None:
        """`public` functions answer strangers; all others want a service token. Bytes a body.

        A public one's body is read when its handler asks for it, so that it can look at the route
        first; any other's once its caller is known.

        `theirs`: whether a call that the gateway makes on somebody's behalf touches what is theirs
        alone; without it no such call is served.
        """
        self.name = name
        self.settings = settings
        self.wire = wire
        self.public = public
        self.body_limit = body_limit
        self._theirs = theirs

    def kit(self, request: Request) -> K:
        """The resources that the host wired at start. Serves as a FastAPI dependency too."""
        kit: K = request.state.kit
        return kit

    def entry(self, handler: Handler) -> Handler:
        """Guard the handler: trace, caller, and a named answer for whatever goes wrong."""

        @functools.wraps(handler)
        async def guarded(request: Request) -> Any:
            bind(trace_id=trace_id(use_traceparent(request.headers.get("traceparent"))))
            try:
                if not self.public:
                    request.state.caller = self._admit(request)
                    await incoming(request).read()
                return await limited(handler(request))
            except ParleyError as error:
                return answer(error) if self.public else inner_answer(error)
            except Exception as error:  # noqa: BLE001  # the last door: logged, answered, nothing leaks
                log.error("unexpected_error", extra=describe(error))
                return internal_problem()

        return guarded

    def _admit(self, request: Request) -> Caller:
        """Who calls. Raises Unauthorised, or Forbidden for what is not theirs."""
        tokens: ServiceTokens = request.state.service_tokens
        caller = tokens.identify_header(request.headers.get("authorization"), self.name)
        for_whom = caller.on_behalf
        if for_whom is not None and not (self._theirs and self._theirs(request, for_whom)):
            raise Forbidden(
                "this is not served on anybody's behalf, or not on theirs",
                reason="not_theirs",
                whose={
                    "caller": caller.name,
                    "client": _client(for_whom.subject),
                    "tenant_id": for_whom.tenant_id,
                },
            )
        return caller


def _client(subject: str) -> str:
    """A key by its id, a person by a stand-in."""
    return subject if subject.startswith("key:") else f"user:{stand_in(subject)}"


def incoming(request: Request) -> Incoming:
    """The request's body, before it is read."""
    found: Incoming = request.state.incoming
    return found


def inner_answer(error: ParleyError) -> Response:
    """The answer to a function or to the gateway; who was not let in stands in the log."""
    if isinstance(error, NotAdmitted):
        refusals.warning("caller_refused", reason=error.reason, extra=error.whose)
    return answer(error)


def answer(error: ParleyError) -> Response:
    """The problem that an error of ours is, logged when it is our trouble."""
    if error.status >= 500 and not isinstance(error, NotTaken):  # noqa: PLR2004  # server errors, RFC 9110
        cause = {"code": error.code, "detail": error.detail}
        repeats.warning("request_failed", cause=cause)
    return problem_of(error)
