"""Customers as Meta knows them: a phone, a business-scoped id, or both; and when they wrote."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from local.sandbox.room.limits import Bounded

USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")


@dataclass(slots=True)
class Person:
    """One customer of one number. `who`: the id of the thread; `wrote_at`: epoch seconds."""

    who: str
    wa_id: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    stopped_marketing: bool = False
    wrote_at: float = 0.0

    def note(self, address: str) -> None:
        """Learn an address; what looks like neither kind of id counts as a phone."""
        if not USER_ID.fullmatch(address):
            self.wa_id = address
        elif ".ENT." in address:
            self.parent_user_id = address
        else:
            self.user_id = address

    def wrote(self) -> None:
        """Open the customer's 24 hours."""
        self.wrote_at = time.time()


class Persons:
    """All of them, found by any of their addresses."""

    def __init__(self) -> None:
        self._persons: Bounded[Person] = Bounded(400_000)

    def find(self, number: str, address: str) -> Person | None:
        """Look one up by a phone's digits, a user id or a parent user id."""
        return self._persons.get(f"{number}:{address}")

    def met(self, number: str, *addresses: str | None) -> Person:
        """Answer the person with any of these addresses, all of which are then theirs."""
        known = [a for a in addresses if a] or [""]
        found = next((p for a in known if (p := self.find(number, a)) is not None), None)
        person = found or Person(known[0])
        for address in known:
            self._persons.keep(f"{number}:{address}", person)
            person.note(address)
        return person
