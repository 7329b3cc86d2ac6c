"""The server of one handler: its settings, the handler loaded by its path, the drain at SIGTERM.

On SIGTERM it says "not ready", keeps answering for DRAIN_SECONDS, finishes what is in flight, ends.
"""

import asyncio
import importlib.util
import signal
import socket
import sys
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import uvicorn
from functions_framework.aio import create_asgi_app_from_module
from pydantic import Field

from shared.runtime.errors import SettingsError
from shared.runtime.function import Function
from shared.runtime.host import Host
from shared.runtime.library_logs import take_over, watch
from shared.runtime.logging import logger, name_service
from shared.runtime.patience import PatientProtocol
from shared.runtime.settings import Settings

log = logger()

# Callers keep connections for 30 s (peer.py): we must be the later one to close.
KEEP_ALIVE_S = 75
STOP_TIMEOUT_S = 30


class ServeSettings(Settings):
    """Where to listen and what to serve."""

    says_log_level = False  # the function's own settings do, with all else that is wrong

    host: str = Field(
        "0.0.0.0",  # noqa: S104  # in an image there is no other address to be reached by
        description="Address to listen on",
    )
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on")
    function_source: Path = Field(Path("handler.py"), description="The handler's file")
    drain_seconds: float = Field(
        0.0,
        ge=0,
        le=300,
        description="After SIGTERM: says `not ready` and goes on answering for this long",
    )


class Server(uvicorn.Server):
    """uvicorn, with a drain between the signal and the stop."""

    def __init__(self, config: uvicorn.Config, host: Host, drain_seconds: float) -> None:
        """`drain_seconds`: longer than the platform takes to stop sending."""
        super().__init__(config)
        self._host = host
        self._drain_seconds = drain_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; what nobody awaits is logged as all else."""
        watch(asyncio.get_running_loop())
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain; a second signal stops at once."""
        del frame
        if self._host.draining or sig != signal.SIGTERM:
            self.should_exit = True
            return
        self._host.draining = True
        asyncio.get_running_loop().call_later(self._drain_seconds, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def load(source: Path) -> tuple[ModuleType, Any, Function[Any, Any]]:
    """Import a handler by its path. Raises SettingsError when there is none, or no `function`."""
    spec = importlib.util.spec_from_file_location("handler", source)
    if spec is None or spec.loader is None or not source.is_file():
        raise SettingsError(f"FUNCTION_SOURCE: there is no handler at {source}")
    sys.path.insert(0, str(source.resolve().parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules["handler"] = module
    spec.loader.exec_module(module)
    function = getattr(module, "function", None)
    if not isinstance(function, Function):
        raise SettingsError(f"FUNCTION_SOURCE: {source} declares no `function = Function(...)`")
    return module, spec, function


def make_server(serve: ServeSettings) -> Server:
    """The server of one handler, not yet listening. Raises SettingsError."""
    module, spec, function = load(serve.function_source)
    name_service(function.name)
    take_over()
    settings = function.settings.load()
    app = create_asgi_app_from_module("handle", str(serve.function_source), "http", module, spec)
    host = Host(app, function, settings)
    config = uvicorn.Config(
        host,
        host=serve.host,
        port=serve.port,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        ws="none",
        http=PatientProtocol,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_TIMEOUT_S,
    )
    return Server(config, host, serve.drain_seconds)
