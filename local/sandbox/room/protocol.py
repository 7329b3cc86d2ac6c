"""A server that can hang up on a client in the middle of a request, as the faults want it."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

EXTENSION = "parley.sandbox.abort"


class AbortableProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with the transport's `abort` handed to the application."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"abort": self.transport.abort}}


class HangUp(Response):
    """No answer: the connection is cut."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Cut, then wait until the server has noticed, so that it does not answer 500."""
        await hang_up(scope, receive)


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Cut the connection and wait until the server has noticed."""
    scope["extensions"][EXTENSION]["abort"]()
    while (await receive())["type"] != "http.disconnect":
        pass
