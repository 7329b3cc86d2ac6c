"""Every command of both programs: complete help, examples that parse, output for programs."""

import re
import shlex
import subprocess
import sys
from argparse import Action
from collections.abc import Iterator

import pytest

from local.faas import command as faas_local
from parley import command as parley
from shared.command.parser import CommandParser, commands_of, walk
from tests.support import ROOT

PARSERS = {"parley": parley.build_parser(), "faas-local": faas_local.build_parser()}

# Why a command has no -o.
PLAIN = {
    "parley migrate": "says what it did",
    "parley buckets": "says what it did",
    "parley keys new": "prints a secret as the file that it becomes",
    "parley keys ring": "the same",
    "parley keys revoke": "says what it did",
    "parley completion": "prints a script",
    "faas-local up": "says what it did",
    "faas-local down": "says what it did",
    "faas-local restart": "says what it did",
    "faas-local logs": "prints lines that are JSON already",
    "faas-local invoke": "prints a function's answer as it is",
    "faas-local completion": "prints a script",
    "faas-local services up": "says what it did",
    "faas-local services down": "says what it did",
    "faas-local services start": "says what it did",
    "faas-local services stop": "says what it did",
}


def all_commands() -> list[CommandParser]:
    found = [one for parser in PARSERS.values() for one in walk(parser)]
    assert all(isinstance(one, CommandParser) for one in found)
    return found  # type: ignore[return-value]  # asserted


COMMANDS = all_commands()
LEAVES = [command for command in COMMANDS if not commands_of(command)]


def ids(commands: list[CommandParser]) -> list[str]:
    return [command.prog for command in commands]


def actions(command: CommandParser) -> Iterator[Action]:
    yield from command._actions  # noqa: SLF001  # argparse names them nowhere else


@pytest.mark.parametrize("command", COMMANDS, ids=ids(COMMANDS))
def test_a_command_says_what_it_is_for_and_gives_an_example(command: CommandParser) -> None:
    assert command.description
    assert command.examples
    for example in command.examples:
        assert command.prog in example, "of this very command"
    for action in actions(command):
        if action.metavar != "COMMAND":
            assert action.help, action.dest
    assert "examples:" in command.format_help()


@pytest.mark.parametrize("command", COMMANDS, ids=ids(COMMANDS))
def test_a_group_tells_of_each_command_in_a_line(command: CommandParser) -> None:
    for name in commands_of(command):
        line = re.search(rf"^    {name} +\S|^    {name}\n +\S", command.format_help(), re.MULTILINE)
        assert line, name


@pytest.mark.parametrize("command", COMMANDS, ids=ids(COMMANDS))
def test_every_example_is_a_line_that_the_command_takes(command: CommandParser) -> None:
    for example in command.examples:
        program, words = words_of(example)
        given = PARSERS[program].parse_args(words)
        assert given.parser.prog.startswith(command.prog), example


def words_of(example: str) -> tuple[str, list[str]]:
    """The program of an example's line, and what follows it up to a pipe or a comment."""
    typed = re.search(r"(?:^|\$\(|[A-Z_]+=\S+ )(parley|faas-local)\b([^|>\n)]*)", example)
    assert typed, example
    return typed[1], shlex.split(typed[2].rstrip('"'), comments=True)


@pytest.mark.parametrize("command", LEAVES, ids=ids(LEAVES))
def test_what_prints_data_prints_it_as_json_too(command: CommandParser) -> None:
    options = {name for action in actions(command) for name in action.option_strings}
    assert ({"-o", "--output", "--json"} <= options) != (command.prog in PLAIN)
    assert ("-o" in options) == ("--json" in options)


def test_no_reason_stands_for_a_command_that_is_gone() -> None:
    assert set(PLAIN) <= set(ids(LEAVES))


@pytest.mark.parametrize("command", COMMANDS, ids=ids(COMMANDS))
def test_general_options_are_taken_by_every_command(command: CommandParser) -> None:
    general = {"parley": "--env-file", "faas-local": "--root"}[command.prog.partition(" ")[0]]
    options = {name for action in actions(command) for name in action.option_strings}
    assert {general, "--version", "--help"} <= options


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("parley tenant list", "'tenants'"),
        ("parley tenants lst", "'list'"),
        ("parley apply tenants.yml", "'parley tenants apply'"),
        ("parley tenants list --jason", "'--json'"),
        ("parley dlq list --tenants=acme-bank", "'--tenant'"),
        ("parley keys new keyring", "'key-ring'"),
        ("parley dlq list -o jsn", "'json'"),
        ("parley keys create --tenant a --name b --scope message:read", "'messages:read'"),
        ("faas-local statsu", "'status'"),
        ("faas-local services strat redis", "'start'"),
        ("faas-local services start reddis", "'redis'"),
        ("faas-local up --port-ofset=7", "'--port-offset'"),
    ],
)
def test_what_was_meant_is_said(line: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    program, *words = line.split()
    with pytest.raises(SystemExit) as ended:
        PARSERS[program].parse_args(words)
    assert ended.value.code == 2
    assert "; did you mean " in (said := capsys.readouterr().err)
    assert meant in said.rpartition("did you mean")[2]


def test_a_group_without_a_command_names_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        PARSERS["parley"].parse_args(["dlq"])
    assert "COMMAND is missing: list, show, replay" in capsys.readouterr().err


@pytest.mark.parametrize("program", PARSERS)
def test_help_loads_no_client_of_a_server(program: str) -> None:
    """So that a word of help comes at once."""
    module = {"parley": "parley.command", "faas-local": "local.faas.command"}[program]
    code = (
        f"import sys, contextlib, io, {module} as it\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    it.main(['--help'])\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    heavy = {"pydantic", "requests", "asyncio", "difflib", "importlib.metadata", "shtab"}
    assert module in loaded
    assert loaded & heavy == set()


@pytest.mark.parametrize("module", ["local.faas.actions", "local.faas.supervisor"])
def test_what_asks_no_server_loads_no_client_of_one(module: str) -> None:
    """`status`, `logs`, `down` and the supervisor itself come at once."""
    code = f"import sys, {module}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    clients = {"minio", "redis", "pg8000", "pika", "urllib3", "requests", "pydantic"}
    assert module in (loaded := set(done.stdout.split()))
    assert loaded & clients == set()
