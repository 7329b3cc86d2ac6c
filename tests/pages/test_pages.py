"""Every command that README and docs print does what they say, in their order, as printed."""

import stat

import pytest

from tests.docs.pages import ROOT, Page, pages
from tests.pages.console import commands
from tests.pages.lists import NOT_RUN, is_typed
from tests.pages.reader import Reader

# The demo first, on a fresh copy; then the manual, in the order of a first day.
ORDER = (
    "README.md",
    "docs/run-locally.md",
    "docs/onboard-a-tenant.md",
    "docs/command-line.md",
    "docs/sandbox.md",
    "docs/api.md",
    "docs/operate.md",
    "docs/replay-dead-letters.md",
    "docs/erase-a-person.md",
    "docs/rotate-keys.md",
    "docs/configuration.md",
    "docs/deploy-openfaas.md",
)


def with_commands() -> dict[str, list[str]]:
    """The pages that print any, with the first lines of those."""
    found = {page.name: [command.first for command in commands(page)] for page in pages()}
    return {name: firsts for name, firsts in found.items() if firsts}


@pytest.mark.parametrize("name", ORDER)
def test_each_printed_command_does_what_its_page_says(reader: Reader, name: str) -> None:
    reader.page(name)


def test_the_demo_plays_again_after_the_manual(reader: Reader) -> None:
    reader.page("docs/sandbox.md")  # whose last command changes what the demo waits for
    said = reader.types("make demo")
    assert said.text.count("receipt Delivered in Genesys") == 3
    listed = reader.types("parley tenants list").text
    assert all(slug in listed for slug in ("acme-bank", "blue-air", "tea-house"))


def test_nothing_that_the_pages_had_written_is_for_git_or_for_others(reader: Reader) -> None:
    reader.page("docs/rotate-keys.md")
    assert reader.copy.untracked() == []
    written = [*(reader.copy.folder / ".secrets").iterdir()]
    assert written
    assert [path.name for path in written if stat.S_IMODE(path.stat().st_mode) != 0o600] == []


def test_no_page_is_forgotten_and_no_command_is_listed_that_is_gone() -> None:
    printed = with_commands()
    run = {name for name, all_ in printed.items() if any(is_typed(name, one) for one in all_)}
    assert run == set(ORDER)
    gone = [
        f"{name}: {first}"
        for name, listed in NOT_RUN.items()
        for first in listed
        if first not in printed.get(name, [])
    ]
    assert gone == []


def test_the_tenants_file_of_the_page_is_that_of_the_examples() -> None:
    text = Page(ROOT / "docs" / "onboard-a-tenant.md").text
    assert (ROOT / "examples" / "tenants.yml").read_text(encoding="utf-8") in text
