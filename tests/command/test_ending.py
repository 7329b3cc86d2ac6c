"""A command whose output nobody reads ends quietly, and what it changes is changed to its end."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from local.services import clock
from shared.command.parser import CommandParser
from tests.command.test_tree import COMMANDS, LEAVES, ids, words_of
from tests.programs import start
from tests.support import ROOT
from tests.waits import WAIT_S

MODULES = {"parley": "parley", "faas-local": "local.faas.command"}
BOTH = ("stdout", "stderr")


def run(
    line: str, folder: Path, closed: tuple[str, ...] = ("stdout",), **variables: str
) -> tuple[int, str]:
    """Type a line where nobody reads the closed streams; its code, and what the other one said."""
    program, *words = shlex.split(line)
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        **clock.moved(),
        **variables,
    }
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as unread, TemporaryFile("w+") as said:
        output, errors = (unread if name in closed else said for name in BOTH)
        done = start(
            MODULES[program],
            *words,
            environment=environment,
            output=output,
            errors=errors,
            folder=folder,
        )
        code = done.wait(WAIT_S)
        said.seek(0)
        return code, said.read()


@pytest.mark.parametrize("command", COMMANDS, ids=ids(COMMANDS))
def test_help_ends_quietly(command: CommandParser, tmp_path: Path) -> None:
    assert run(f"{command.prog} --help", tmp_path) == (141, "")


# These would start servers, and leave them.
STARTS = {"faas-local services up", "faas-local services start"}
HARMLESS = [command for command in LEAVES if command.prog not in STARTS]


@pytest.mark.parametrize("command", HARMLESS, ids=ids(HARMLESS))
def test_no_command_shows_a_traceback(command: CommandParser, tmp_path: Path) -> None:
    """Where nothing is set up."""
    program, words = words_of(command.examples[0])
    code, said = run(f"{program} {shlex.join(words)}", tmp_path)
    assert code in {0, 1, 2, 3, 141}
    assert "Traceback" not in said
    assert "Exception" not in said


@pytest.mark.parametrize("line", ["parley tenants list", "parley tenants", "parley fly"])
def test_words_on_what_is_wrong_may_find_nobody_either(line: str, tmp_path: Path) -> None:
    assert run(line, tmp_path, ("stderr",)) == (2, "")


@pytest.mark.parametrize("line", ["parley --version", "parley keys new key-ring", "parley doctor"])
def test_what_only_shows_ends_as_the_signal_would_end_it(line: str, tmp_path: Path) -> None:
    assert run(line, tmp_path, BOTH)[0] == 141


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "parley", "--help"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), **clock.moved()},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "standard output can not be written: No space left on device\n"


def test_a_closed_output_is_none(tmp_path: Path) -> None:
    """`parley --help >&-`"""
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {sys.executable} -m parley --help >&-"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), **clock.moved()},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
