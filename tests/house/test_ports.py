"""Copies of the tests that run at once never take the same ports."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local.services.ports import is_free
from tests.ports import BLOCK, FIRST_OF_A_COPY
from tests.support import ROOT, wait_until

COUNTS = {"free_port": 450, "free_offset": 3}  # ports: more than a block
CODE = """
import json, sys
from tests import ports
print(json.dumps([getattr(ports, sys.argv[1])() for _ in range(int(sys.argv[2]))]), flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=COUNTS)
def given(request: pytest.FixtureRequest) -> Iterator[list[list[int]]]:
    """What each of three processes is given, which run until the test is over."""
    command = [sys.executable, "-c", CODE, request.param, str(COUNTS[request.param])]
    with ExitStack() as stack:
        running = []
        for _ in range(3):
            one = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            stack.enter_context(one)
            running.append(one)
        told = [one.stdout.readline() for one in running if one.stdout]
        yield [json.loads(line) for line in told]
        for one in running:
            one.communicate("")


def test_no_port_is_given_to_two_processes(given: list[list[int]]) -> None:
    every = [port for ports in given for port in ports]
    assert len(every) == len(set(every)) >= 9


def test_what_a_process_had_is_free_when_it_is_over() -> None:
    command = [sys.executable, "-c", CODE, "free_offset", "1"]
    done = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, check=True)
    [offset] = json.loads(done.stdout)
    wait_until(lambda: is_free(FIRST_OF_A_COPY + offset + BLOCK - 1))
