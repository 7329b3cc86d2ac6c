"""A question at a terminal: only a yes is one."""

import os
import pty
import subprocess
import sys

import pytest

from tests.support import ROOT

CODE = "from shared.command.question import confirm; confirm('really?', 'name some'); print('done')"


@pytest.mark.parametrize(
    ("answer", "done"), [("y", True), ("YES", True), ("n", False), ("", False), ("maybe", False)]
)
def test_only_a_yes_is_one(answer: str, *, done: bool) -> None:
    terminal, theirs = pty.openpty()
    os.write(terminal, f"{answer}\n".encode())
    said = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=ROOT,
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(terminal)
    os.close(theirs)
    assert "really? [y/N]" in said.stderr
    assert (said.stdout == "done\n") is done
    assert ("nothing was done" in said.stderr) is not done
