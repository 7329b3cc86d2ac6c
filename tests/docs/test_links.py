"""What the pages point at is there: links, headings, files, make targets, commands."""

import argparse
import re
from collections.abc import Iterator
from functools import cache

import pytest

from local.faas import command as faas_local
from parley import command as parley
from tests.docs.pages import ROOT, Page, pages

PAGES = pages()
NAMES = [page.name for page in PAGES]
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
MADE = {"build"}  # by a command of the page itself
PATH = re.compile(r"[\w.{}<>*-]+(/[\w.{}<>*-]+)*/?")
COMMAND = re.compile(r"\b(faas-local|parley)((?: +--?[a-z-]+(?:[ =][^\s`]+)?)*)((?: +[a-z-]+)+)")


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_somewhere(page: Page) -> None:
    broken = [link for link in page.links if not leads(page, link)]
    assert broken == []


def leads(page: Page, link: str) -> bool:
    """Addresses of the outside world are not asked: tests stay on this machine."""
    if link.startswith(("https://", "http://")):
        return True
    name, _, anchor = link.partition("#")
    target = (page.path.parent / name).resolve() if name else page.path
    if not target.exists():
        return False
    return not anchor or anchor in Page(target).anchors


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_path_of_the_repository_is_there(page: Page) -> None:
    absent = [span for span in page.spans if is_ours(span) and not list(ROOT.glob(globbed(span)))]
    assert absent == []


def is_ours(span: str) -> bool:
    """Whether a code span looks like a path that begins in one of our folders."""
    top, slash, _ = span.partition("/")
    return bool(slash) and top in FOLDERS - MADE and PATH.fullmatch(span) is not None


def globbed(span: str) -> str:
    """`functions/<name>/handler.py` and `tests/NAME` stand for any."""
    return re.sub(r"<\w+>|\b[A-Z]{3,}\b", "*", span).rstrip("/")


@cache
def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_make_target_exists(page: Page) -> None:
    said = [span for span in page.spans if span.startswith("make ")]
    said += re.findall(r"^\$ (make [a-z-]+)", page.blocks, re.MULTILINE)
    assert {words.split()[1] for words in said} <= targets()


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_is_one_that_there_is(page: Page) -> None:
    unknown = [words for words in commands(page) if not is_known(words)]
    assert unknown == []


def commands(page: Page) -> Iterator[list[str]]:
    """The words of each `faas-local ...` and `parley ...` that is typed or named as code."""
    typed = re.findall(r"^ *\$ (.*)$", page.blocks, re.MULTILINE)
    for text in [*page.spans, *typed]:
        for program, _, words in COMMAND.findall(text):
            yield [program, *words.split()]


def is_known(words: list[str]) -> bool:
    program, *given = words
    parser = {"faas-local": faas_local, "parley": parley}[program].build_parser()
    for word in given:
        choices = subcommands(parser)
        if not choices or word == "--help":
            return True  # an argument of the command, such as a function's name
        if word not in choices:
            return False
        parser = choices[word]
    return True


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:  # noqa: SLF001  # argparse names its parsers nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # the same
            return dict(action.choices)
    return {}


def test_a_command_that_is_not_there_would_be_found() -> None:
    assert not is_known(["parley", "keys", "polish"])
    assert is_known(["parley", "keys", "new", "key-ring"])
    assert is_known(["faas-local", "services", "up"])
