"""What the tests start is a process like any other: its own words, variables, folder and end."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import run, start
from tests.support import wait_until
from tests.waits import WAIT_S

TELLS = """
import json, os, sys
print(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd(), sys.stdin.read(), __name__]))
print([name for name in sys.modules if name.partition(".")[0] in {ours!r}], file=sys.stderr)
sys.exit(3)
"""
# What a shell starts in the background does not.
HEARS_CTRL_C = "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
OURS = ("shared", "connector", "local", "parley", "migrations", "pytest")


def program(folder: Path, text: str) -> str:
    """The name of a module with this text."""
    (folder / "of_this_test.py").write_text(text)
    return "of_this_test"


def test_it_has_what_it_was_given_and_nothing_else(tmp_path: Path) -> None:
    module = program(tmp_path, TELLS.format(ours=OURS))
    done = run(module, "one", "two", environment={"A": "b"}, folder=tmp_path, typed="words")
    told = json.loads(done.stdout)
    assert told == [["one", "two"], {"A": "b"}, str(tmp_path), "words", "__main__"]
    assert (done.returncode, done.stderr) == (3, "[]\n")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", 0, ""),
        ("raise ValueError('sesame')", 1, "ValueError: sesame"),
        ("import sys; sys.exit('last words')", 1, "last words"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, ""),
        (f"{HEARS_CTRL_C}; os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT, "Interrupt"),
    ],
    ids=["well", "error", "words", "term", "ctrl-c"],
)
def test_it_ends_as_python_does(tmp_path: Path, text: str, code: int, said: str) -> None:
    module = program(tmp_path, text)
    done = run(module, environment={}, folder=tmp_path)
    assert (done.returncode, said in done.stderr) == (code, True)
    alone = [sys.executable, "-m", module]
    assert subprocess.run(alone, cwd=tmp_path, capture_output=True, check=False).returncode == code


def test_one_that_runs_can_be_asked_waited_for_and_ended(tmp_path: Path) -> None:
    module = program(tmp_path, "import time; print('up', flush=True); time.sleep(600)")
    with (tmp_path / "said").open("wb") as output:
        one = start(module, environment={}, folder=tmp_path, output=output)
    wait_until(lambda: (tmp_path / "said").read_text() == "up\n")
    assert one.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        one.wait(0.05)
    one.terminate()
    assert one.wait(WAIT_S) == -signal.SIGTERM
    one.kill()
    assert one.poll() == one.returncode == -signal.SIGTERM
