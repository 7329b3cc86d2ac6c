"""Arguments of a command: general options anywhere on the line, examples, and what was meant.

`argparse` as it stands, with one class of parsers. `finish` gives every command what all have.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

AddOptions = Callable[[argparse._ArgumentGroup], None]  # noqa: SLF001  # argparse has no public name for it
CLOSE = 0.6  # likeness, of 1, from which a word may be what was meant


class _Help(argparse.RawDescriptionHelpFormatter):
    """Folds what is prose; indented lines stay as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        import textwrap  # noqa: PLC0415  # as argparse does: only for help

        return "\n".join(
            line if line.startswith(" ") else textwrap.fill(line, width, initial_indent=indent)
            for line in text.splitlines()
        )


class CommandParser(argparse.ArgumentParser):
    """One command, or a group of them.

    `examples`: whole lines as one types them, a comment after `#`. `changes`: whether the command
    changes anything; then it goes on to its end also when nobody reads its output any more.
    """

    def __init__(
        self, *, examples: Sequence[str] = (), changes: bool = False, epilog: str = "", **given: Any
    ) -> None:
        """The other arguments are argparse's."""
        shown = "\n".join(["examples:", *(f"  {example}" for example in examples)])
        parts = [part for part in (epilog.rstrip("\n"), shown if examples else "") if part]
        super().__init__(
            epilog="\n\n".join(parts),
            formatter_class=_Help,
            **given,
        )
        self.examples = tuple(examples)
        self.set_defaults(parser=self, changes=changes)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; of an unknown option it says what was meant."""
        given, unknown = self.parse_known_args(args, namespace)
        if unknown:
            parser: CommandParser = given.parser
            options = [name for action in parser._actions for name in action.option_strings]
            word = unknown[0].partition("=")[0]
            meant = _meant(word, options) if word.startswith("-") else ""
            parser.error(f"unrecognized arguments: {' '.join(unknown)}{meant}")
        return given

    def error(self, message: str) -> NoReturn:
        """Say what is wrong; a group without a command names its commands."""
        commands = commands_of(self)
        if commands and message.endswith("required: COMMAND"):
            message = f"COMMAND is missing: {', '.join(commands)}"
        super().error(message)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        meant = _meant(str(value), choices)
        if not meant and isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # a group
            meant = _elsewhere(self, str(value))
        raise argparse.ArgumentError(
            action, f"invalid choice: {value!r} (choose from {', '.join(choices)}){meant}"
        )


def add_command(
    commands: Any,
    name: str,
    *,
    help: str,  # noqa: A002  # argparse's own word
    run: Callable[..., int] | None = None,
    **given: Any,
) -> CommandParser:
    """A command below a group. `help`: its line in the group's list, and its description."""
    given.setdefault("description", f"{help[:1].upper()}{help[1:]}.")
    parser: CommandParser = commands.add_parser(name, help=help, **given)
    if run is not None:
        parser.set_defaults(run=run)
    return parser


def add_group(commands: Any, name: str, *, help: str, **given: Any) -> Any:  # noqa: A002  # the same
    """A group below a group: what `add_command` takes as its first argument."""
    parser = add_command(commands, name, help=help, **given)
    return parser.add_subparsers(metavar="COMMAND", required=True)


def walk(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and all commands below it."""
    yield parser
    for command in commands_of(parser).values():
        yield from walk(command)


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands right below a parser, by name."""
    for action in parser._actions:  # noqa: SLF001  # argparse names its parsers nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # the same
            return dict(action.choices)
    return {}


def finish(parser: CommandParser, add_options: AddOptions) -> CommandParser:
    """Give every command the general options. One typed twice counts as typed last."""
    for command in walk(parser):
        group = command.add_argument_group("general options")
        add_options(group)
        for action in group._group_actions:  # noqa: SLF001  # a group tells its options nowhere else
            if command is not parser:  # else its default would hide what stands before the command
                action.default = argparse.SUPPRESS
    return parser


class VersionAction(argparse.Action):
    """`--version`: the version of the installed package, looked up when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, **given: Any) -> None:
        """`dest` is not used."""
        del dest
        given |= {"nargs": 0, "default": argparse.SUPPRESS}
        super().__init__(option_strings, argparse.SUPPRESS, **given)

    def __call__(self, parser: argparse.ArgumentParser, *given: Any) -> None:
        """Print it and end."""
        del given
        from importlib.metadata import version  # noqa: PLC0415  # a fifth of the time of --help

        print(f"{parser.prog.partition(' ')[0]} {version('parley')}")  # noqa: T201  # a command prints
        parser.exit()


def _meant(word: str, choices: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # only where something is wrong

    near = get_close_matches(word, choices, n=2, cutoff=CLOSE)
    return f"; did you mean {' or '.join(repr(one) for one in near)}?" if near else ""


def _elsewhere(parser: argparse.ArgumentParser, word: str) -> str:
    """Of a command that stands below another group."""
    found = [one.prog for one in walk(parser) if one.prog.endswith(f" {word}")]
    return f"; did you mean {' or '.join(repr(one) for one in found)}?" if found else ""
