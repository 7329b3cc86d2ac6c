"""Reads stack.yml as faas-cli does: `${NAME:-default}` over the whole text, then YAML.

What faas-cli would ignore in silence is an error here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.faas.errors import FaasError, UsageFault

PORT_ANNOTATION = "parley.port"
QUEUES_ANNOTATION = "parley.queues"

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\}")


@dataclass(frozen=True)
class FunctionSpec:
    """One entry under `functions`, as far as running it here goes."""

    name: str
    handler: Path  # folder that holds handler.py
    command: tuple[str, ...]  # of the template, or the entry's own fprocess
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    port: int  # without any offset
    queues: tuple[str, ...]


@dataclass(frozen=True)
class Stack:
    """stack.yml, read. `folder` is where its relative paths begin."""

    folder: Path
    functions: tuple[FunctionSpec, ...]

    def function(self, name: str) -> FunctionSpec:
        """The function of that name. Raises FaasError that lists the names there are."""
        for spec in self.functions:
            if spec.name == name:
                return spec
        known = ", ".join(spec.name for spec in self.functions)
        raise FaasError(f"there is no function {name!r} in the stack; it has: {known}")


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """Each `${NAME}` and `${NAME:-default}`; unset or empty gives the default, or nothing."""

    def value(match: re.Match[str]) -> str:
        return variables.get(match["name"]) or match["default"] or ""

    return _VARIABLE.sub(value, text)


def load(path: Path, variables: Mapping[str, str]) -> Stack:
    """Read and check a stack file. Raises FaasError that names the file and the entry."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror
        raise UsageFault(f"{path}: {reason}; name the stack file with --yaml") from error
    try:
        # Scalars as they are written: `true`, `8` and nothing at all reach a function as text.
        document = yaml.load(substitute(text, variables), Loader=yaml.BaseLoader)  # noqa: S506  # makes strings alone
    except yaml.YAMLError as error:
        raise FaasError(f"{path} is not YAML once its variables are filled in: {error}") from error
    entries = document.get("functions") if isinstance(document, dict) else None
    if not isinstance(entries, dict) or not entries:
        raise FaasError(f"{path} declares no functions")
    folder = path.resolve().parent
    functions = tuple(_function(folder, name, entry) for name, entry in entries.items())
    _refuse_shared_ports(path, functions)
    return Stack(folder, functions)


def template_command(folder: Path, language: str) -> str:
    """The command that a template's images run: `fprocess` of its template.yml."""
    path = folder / "template" / language / "template.yml"
    if not path.is_file():
        raise FaasError(f"{path} is missing: lang {language!r} has no template here")
    command = yaml.safe_load(path.read_text(encoding="utf-8")).get("fprocess")
    if not isinstance(command, str) or not command:
        raise FaasError(f"{path} has no fprocess")
    return command


def _function(folder: Path, name: str, entry: Any) -> FunctionSpec:
    if not isinstance(entry, dict):
        raise FaasError(f"functions.{name} in the stack file is not a mapping")
    annotations = entry.get("annotations") or {}
    port = str(annotations.get(PORT_ANNOTATION, ""))
    if not port.isdecimal():
        raise FaasError(f"functions.{name} needs the annotation {PORT_ANNOTATION}: a port number")
    command = entry.get("fprocess") or template_command(folder, str(entry.get("lang")))
    queues = str(annotations.get(QUEUES_ANNOTATION, ""))
    return FunctionSpec(
        name=name,
        handler=folder / str(entry.get("handler", "")),
        command=tuple(command.split(" ")),  # as of-watchdog splits it
        environment=dict(entry.get("environment") or {}),
        secrets=tuple(entry.get("secrets") or ()),
        port=int(port),
        queues=tuple(queue.strip() for queue in queues.split(",") if queue.strip()),
    )


def _refuse_shared_ports(path: Path, functions: tuple[FunctionSpec, ...]) -> None:
    taken: dict[int, str] = {}
    for spec in functions:
        other = taken.setdefault(spec.port, spec.name)
        if other != spec.name:
            raise FaasError(
                f"{path}: {spec.name} and {other} both have {PORT_ANNOTATION} {spec.port}"
            )
