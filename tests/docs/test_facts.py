"""What a page says of the code is what the code has: numbers, names, options, what is absent."""

import argparse
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from alembic.config import Config
from alembic.script import ScriptDirectory

from local.faas import command as faas_local
from local.services import ports
from parley import command as parley
from parley.doctor_checks import all_checks
from parley.environment import Environment
from shared.storage.objects import BUCKETS
from tests.docs.pages import ROOT, Page, pages
from tests.docs.test_links import subcommands

EVERY = [*pages(), Page(ROOT / "SECURITY.md")]
NAMES = [page.name for page in EVERY]
STACK: dict[str, Any] = yaml.safe_load((ROOT / "stack.yml").read_text())["functions"]
WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")
BY_WORD = {word: number for number, word in enumerate(WORDS, 2)}
every_page = pytest.mark.parametrize("page", EVERY, ids=NAMES)

# What is said to be absent -> what would stand in the code if it were there. Whoever builds it
# finds the sentence here.
ABSENT = {
    "Campaigns and the pages of the portal": ("functions", "**/campaign*"),
    "anifests for Knative": ("deploy", "**/*knative*"),
    "Knative manifests": ("deploy", "**/*knative*"),
    "no command that deletes a tenant": ("parley", "**/tenant_delet*"),
    "holds nothing back yet": ("migrations/sql", "*opted_out*"),
    "hold nothing back yet": ("migrations/sql", "*opted_out*"),
}
NOT_YET = re.compile(
    r"[^.|\n]*\b(?:not there yet|not yet|nothing back yet|generated yet|a tenant yet)\b"
)
# Sentences that were true once.
RETIRED = (
    "`keys rotate`) is not there",
    "answer anybody",
    "open to whoever reaches a function and",
    "apply again what was applied",
    "caches were not cleared",
    "in = done + parked + dead",
    "wishes followed",
)


@cache
def newest() -> str:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    head = ScriptDirectory.from_config(config).get_current_head()
    assert head is not None
    return head


@every_page
def test_the_schema_that_a_page_shows_is_the_newest(page: Page) -> None:
    shown = re.findall(r"schema (?:empty -> |at )(\d{4})", page.text)
    assert set(shown) <= {newest()}


@every_page
def test_the_doctor_has_as_many_checks_as_a_page_shows(
    page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for role in ("FUNCTIONS", "TENANCY", "CONNECTOR"):  # as a local copy has them
        monkeypatch.setenv(f"DATABASE_URL_{role}", f"postgresql://{role}@127.0.0.1/parley")
    (tmp_path / "env").touch()
    count = len(all_checks(Environment(tmp_path / "env")))
    shown = re.findall(r"\d+ of (\d+) are wrong|\ball (\d+) are well", page.text)
    assert {int(one or other) for one, other in shown} <= {count}


@every_page
def test_a_server_of_ours_is_shown_at_a_port_that_it_may_have(page: Page) -> None:
    shown = re.findall(
        r"(?:on port |127\.0\.0\.1:|^(?:rabbitmq|postgres|redis|s3) +)(2\d{4})\b",
        page.text,
        re.MULTILINE,
    )
    assert [port for port in shown if not ports.FIRST <= int(port) < ports.LAST] == []


@every_page
def test_counts_in_words_are_those_of_the_code(page: Page) -> None:
    counts = {"functions": len(STACK), "buckets": len(BUCKETS)}
    said = re.findall(rf"\bthe ({'|'.join(BY_WORD)}) ({'|'.join(counts)})\b", page.prose)
    assert [pair for pair in said if BY_WORD[pair[0]] != counts[pair[1]]] == []


def test_the_table_of_ports_is_that_of_the_stack() -> None:
    text = (ROOT / "docs" / "run-locally.md").read_text()
    shown = dict(re.findall(r"\| (3\d{3}) \| ([a-z-]+)", text))
    real = {entry["annotations"]["parley.port"]: name for name, entry in STACK.items()}
    assert real.items() <= shown.items()


def typed(page: Page) -> Iterator[list[str]]:
    """The words of each command of ours that is typed, or named as code."""
    shown = re.sub(r"^ *\$ .*\n(?:(?! *\$).*\n)*?.*: error: ", "", page.blocks, flags=re.MULTILINE)
    lines = re.findall(r"^ *\$ (.*)$", shown, re.MULTILINE)  # what is refused shows a mistake
    for text in [*page.spans, *lines]:
        for command in re.split(r"[|;&]", text):
            words = re.sub(r"'[^']*'|\"[^\"]*\"", "X", command).split()
            for number, word in enumerate(words):
                if word in ("parley", "faas-local"):
                    yield words[number:]
                    break


def options_of(words: list[str]) -> set[str]:
    """All options that the command of these words takes, wherever they may stand."""
    parser = {"faas-local": faas_local, "parley": parley}[words[0]].build_parser()
    known = set(flags(parser))
    for word in words[1:]:
        below = subcommands(parser).get(word)
        if below is not None:
            parser = below
            known |= flags(parser)
    return known


def flags(parser: argparse.ArgumentParser) -> set[str]:
    return {flag for action in parser._actions for flag in action.option_strings}  # noqa: SLF001


@every_page
def test_every_option_is_one_that_its_command_takes(page: Page) -> None:
    unknown = [
        (" ".join(words), option)
        for words in typed(page)
        for option in (re.sub(r"[=\].,].*", "", word) for word in words if word.startswith("--"))
        if option not in options_of(words)
    ]
    assert unknown == []


def test_the_readme_names_every_command() -> None:
    row = next(
        line for line in (ROOT / "README.md").read_text().splitlines() if "| `parley/` |" in line
    )
    named = {name.removeprefix("parley ") for name in re.findall(r"`([a-z ]+)`", row)}
    assert named == set(subcommands(parley.build_parser()))


def test_the_way_out_lists_every_function_that_asks_somebody_outside() -> None:
    outside = {"FETCH_ALLOWED_HOSTS", "GRAPH_API_BASE_URL", "OIDC_ISSUER"}
    outside |= {"GENESYS_API_BASE_URL", "GENESYS_LOGIN_BASE_URL"}
    asks = {name for name, entry in STACK.items() if outside & set(entry["environment"])}
    page = Page(ROOT / "docs" / "deploy-openfaas.md")
    section = page.text.split("\n### The way out\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")]
    assert set(rows) - {"from"} == asks


@cache
def code() -> str:
    """All that may read a variable or name a thing."""
    found = [ROOT / name for name in ("Makefile", "stack.yml", "compose.yaml", "pyproject.toml")]
    for folder in (
        "shared",
        "functions",
        "connector",
        "parley",
        "local",
        "migrations",
        "deploy",
        "template",
        "tests",
    ):
        for ending in ("*.py", "*.sql", "*.yaml", "*.yml", "Dockerfile", "*.sh", "*.conf"):
            found += (ROOT / folder).rglob(ending)
    return "\n".join(path.read_text(errors="replace") for path in found if path != Path(__file__))


# The changelog says that they were taken away.
GONE = ("LATE_PART", "LEAST_PER_SECOND")


@every_page
def test_every_name_in_capitals_is_one_of_the_code(page: Page) -> None:
    words = {span for span in page.spans if re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", span)}
    unknown = {word for word in words if word not in code() and word.lower() not in code()}
    assert unknown - {"FOO_BAR", "FOO_BAR_SECRET", "CAP_DAC_READ_SEARCH", *GONE} == set()


@every_page
def test_what_is_said_to_be_absent_is_known_to_be_and_still_is(page: Page) -> None:
    said = [
        match.strip() for match in NOT_YET.findall(page.prose) if not match.lstrip().startswith("#")
    ]
    unknown = [one for one in said if not any(phrase in one for phrase in ABSENT)]
    assert unknown == [], "name it in ABSENT, with what would show that it is there"
    there = [
        phrase
        for phrase, (folder, pattern) in ABSENT.items()
        if phrase in page.text and list((ROOT / folder).glob(pattern))
    ]
    assert there == []


@every_page
def test_what_was_true_once_is_said_no_more(page: Page) -> None:
    assert [words for words in RETIRED if words in page.text] == []


def test_a_stale_line_would_be_found(tmp_path: Path) -> None:
    """Each kind once, on a page of its own."""
    stale = tmp_path / "stale.md"
    stale.write_text(
        "```console\n$ parley dlq list --colour red\nschema empty -> 0001\n```\n"
        "`NO_SUCH_SETTING` of the three functions. Teleporting is not there yet.\n"
    )
    page = Page(stale)
    for test in (
        test_the_schema_that_a_page_shows_is_the_newest,
        test_counts_in_words_are_those_of_the_code,
        test_every_option_is_one_that_its_command_takes,
        test_every_name_in_capitals_is_one_of_the_code,
        test_what_is_said_to_be_absent_is_known_to_be_and_still_is,
    ):
        with pytest.raises(AssertionError):
            test(page)
