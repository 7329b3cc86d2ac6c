"""Reads a tenants file: YAML, secrets fetched from files or variables, faults named by path.

A fault never shows a value: it may be a secret.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from parley.environment import Environment
from shared.runtime.errors import SettingsError
from shared.runtime.faults import words_of
from shared.tenancy.files import TenantsFile


class FileFault(SettingsError):
    """The tenants file is not one."""

    code = "tenants_file"
    title = "The tenants file can not be used"


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice, of which YAML would silently keep the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  # PyYAML's own signature
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                line = node.start_mark.line + 1
                raise yaml.YAMLError(
                    f"the key {key!r} is there twice in the mapping at line {line}"
                )
        return super().construct_mapping(node, deep)


def read_tenants(path: Path, environment: Environment) -> TenantsFile:
    """Read and check the file. Raises FileFault that names every fault by its path."""
    content = _Secrets(environment, path.resolve().parent).resolved(_parse(path), "")
    if not isinstance(content, dict):
        raise FileFault(
            f"{path}: there is no mapping at the top; see `parley tenants apply --help`"
        )
    try:
        return TenantsFile.model_validate(content)
    except ValidationError as error:
        faults = error.errors(include_input=True, include_url=False)
        lines = [f"  {_path(fault['loc'])}: {_words(fault)}" for fault in faults]
        raise FileFault("\n".join([f"{path} is not a tenants file:", *lines])) from None


def _parse(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  # a SafeLoader
    except (OSError, UnicodeDecodeError) as error:
        raise FileFault(f"{path} can not be read: {_reason(error)}") from None
    except yaml.MarkedYAMLError as error:
        where = "" if error.problem_mark is None else f" at line {error.problem_mark.line + 1}"
        raise FileFault(f"{path} is not YAML{where}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise FileFault(f"{path}: {error}") from None


@dataclass(frozen=True)
class _Secrets:
    """Fetches what {from_file} and {from_env} name."""

    environment: Environment
    folder: Path

    def resolved(self, value: Any, path: str) -> Any:
        """The same content with every reference replaced. Raises FileFault."""
        if isinstance(value, list):
            return [self.resolved(one, f"{path}[{i}]") for i, one in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if value.keys() == {"from_file"}:
            return self._from_file(str(value["from_file"]), path)
        if value.keys() == {"from_env"}:
            return self._from_env(str(value["from_env"]), path)
        return {
            name: self.resolved(one, f"{path}.{name}" if path else str(name))
            for name, one in value.items()
        }

    def _from_file(self, name: str, path: str) -> str:
        file = self.folder / Path(name).expanduser()
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            words = f"{path}: the secret file {file} can not be read: {_reason(error)}"
            raise FileFault(words) from None

    def _from_env(self, name: str, path: str) -> str:
        value = self.environment.variable(name)
        if not value:
            raise FileFault(f"{path}: the variable {name} is not set")
        return value


def _path(parts: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.lstrip(".") or "the file"


def _words(fault: Any) -> str:
    if fault["type"] == "string_type" and isinstance(fault["input"], int | float):
        return "is a number here; write it in quotes"
    return words_of(fault)


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or "" if isinstance(error, OSError) else "it is not UTF-8 text"
