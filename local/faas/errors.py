"""The errors of this room: what happened, to what, and what to do next."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import ClassVar

NAME = "faas-local"


class FaasError(Exception):
    """Said to the person at the keyboard as it is; the command ends with its code."""

    code: ClassVar[int] = 1


class UsageFault(FaasError):
    """What was typed can not be meant: an unknown name, a file that is not there."""

    code = 2


def typed(command: str) -> str:
    """A command of ours as this person can type it: by the path where it is not on PATH."""
    there = Path(sys.executable).with_name(NAME)
    found = shutil.which(NAME)
    if (found and Path(found).resolve() == there.resolve()) or not there.is_file():
        return f"{NAME} {command}"
    path = os.path.relpath(there)
    return f"{there if path.startswith('..') else path} {command}"
