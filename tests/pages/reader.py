"""Reads a page as a newcomer does: types each command in its order, and looks at what comes."""

import re
import time
from dataclasses import dataclass, field

from tests.docs.pages import ROOT, Page
from tests.pages.console import Command, commands
from tests.pages.lists import BEFORE, is_typed
from tests.pages.output import differs
from tests.pages.shell import Copy, Said, Shell
from tests.waits import WAIT_S

# What only looks is typed again until it shows what the page does: messages take their moment.
LOOKS = re.compile(
    r"curl (?!.*(?: -d| -X|--data))|grep |(?:make|faas-local) status|faas-local logs"
    r"|parley (?:doctor|ledger|refused list|dlq list|dlq show|replay .*--dry-run)"
    r"|parley (?:tenants (?:list|show|check|audit)|keys list|keys rotate --dry-run)"
)


class PageError(Exception):
    """A command did not do what its page says."""


@dataclass
class Reader:
    """Reads pages in one copy; each page once, after those that it goes on from."""

    copy: Copy
    variables: dict[str, str]
    well: dict[str, bool] = field(default_factory=dict)  # pages that were begun

    def page(self, name: str) -> None:
        """Type all of a page's commands. Raises PageError at the first that differs."""
        if name in self.well:
            if not self.well[name]:
                raise PageError(f"{name} was read before, and did not do what it says")
            return
        self.well[name] = False
        for other in BEFORE.get(name, ()):
            self.page(other)
        self._prepare(name)
        with Shell(self.copy.folder, self.variables) as shell:
            for command in commands(Page(ROOT / name)):
                if is_typed(name, command.first):
                    self._type(shell, command)
        self.well[name] = True

    def types(self, *texts: str) -> Said:
        """Type commands that stand on no page; answers the last."""
        with Shell(self.copy.folder, self.variables) as shell:
            said = Said(0, "")
            for text in texts:
                said = shell.run(text)
                if said.code:
                    raise PageError(f"$ {text}\nended with {said.code}\n{said.text}")
        return said

    def _prepare(self, name: str) -> None:
        """Begin anew where a page does, and let the demo come before the manual."""
        if name == "docs/run-locally.md" and (self.copy.folder / ".local").exists():
            self.types("faas-local down", "rm -rf .local")
        if name == "docs/onboard-a-tenant.md":
            self.types("make demo")

    def _type(self, shell: Shell, command: Command) -> None:
        end = time.monotonic() + (WAIT_S if LOOKS.match(command.text) else 0)
        while fault := _fault(command, shell.run(command.text)):
            if time.monotonic() > end:
                raise PageError(f"{command}\n{fault}")
            time.sleep(0.5)


def _fault(command: Command, said: Said) -> str | None:
    if said.code != command.code:
        return f"ended with {said.code}, not {command.code}\n{said.text}"
    return differs(command.shown, said.text)
