"""Calls one function as a peer would: with a service token, straight at its port."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from local.faas.environment import address
from local.faas.errors import FaasError, UsageFault, typed
from local.faas.layout import Layout
from local.faas.plan import Plan
from shared.runtime.service_auth import ServiceTokens

TIMEOUT_S = 30.0
CALLER = "faas-local"


@dataclass(frozen=True)
class Call:
    """What to send."""

    path: str = "/"
    method: str | None = None  # POST with data, else GET
    data: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def body_of(argument: str | None) -> bytes | None:
    """`--data`: the text itself, `@file`, or `-` for standard input."""
    if argument is None:
        return None
    if argument == "-":
        return sys.stdin.buffer.read()
    if argument.startswith("@"):
        try:
            return Path(argument[1:]).read_bytes()
        except OSError as error:
            raise UsageFault(f"--data: {argument[1:]}: {error.strerror}") from error
    return argument.encode()


def invoke(layout: Layout, name: str, call: Call) -> requests.Response:
    """The function's answer. Raises FaasError when it is unknown here or does not answer."""
    headers = {"Authorization": f"Bearer {_token(layout, name)}", **call.headers}
    if call.data is not None and not any(key.lower() == "content-type" for key in headers):
        headers["Content-Type"] = _content_type(call.data)
    method = call.method or ("GET" if call.data is None else "POST")
    url = address(_port(layout, name)) + "/" + call.path.lstrip("/")
    try:
        return requests.request(
            method, url, data=call.data, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
        )
    except requests.RequestException as error:
        why = type(error).__name__
        raise FaasError(
            f"{name} does not answer at {url} ({why}); see {typed('status')}"
        ) from error


def _port(layout: Layout, name: str) -> int:
    processes = Plan.read(layout.plan_file).processes
    for process in processes:
        if process.name == name:
            return process.port
    known = ", ".join(process.name for process in processes)
    raise UsageFault(f"nothing here is named {name!r}; there are: {known}")


def _token(layout: Layout, name: str) -> str:
    key = layout.secrets / "service-token-key"
    if not key.is_file():
        raise FaasError(f"{key} is missing: {typed('up')} makes it")
    return ServiceTokens(CALLER, key.read_text(encoding="utf-8").strip()).mint(name)


def _content_type(data: bytes) -> str:
    try:
        json.loads(data)
    except ValueError:
        return "application/octet-stream"
    return "application/json"
