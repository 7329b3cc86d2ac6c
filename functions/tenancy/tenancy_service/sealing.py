"""Secret columns: when a new value replaces the stored one, that becomes the previous one."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from pydantic import SecretStr

from shared.tenancy.vault import SealBroken, Vault


@dataclass(frozen=True)
class Sealed:
    """What to store in a secret's two columns, and whether that differs from what is there."""

    current: bytes | None
    previous: bytes | None
    changed: bool
    forgotten: bool


@dataclass(frozen=True)
class SecretColumn:
    """One secret of one row."""

    vault: Vault
    table: str
    column: str
    row: str
    previous_column: str = ""

    def replace(
        self,
        wanted: SecretStr | None,
        stored: bytes | None,
        previous: bytes | None = None,
        *,
        forget: bool = False,
    ) -> Sealed:
        """Plan the columns. No wanted secret keeps the stored one; `forget` drops the previous."""
        kept = None if forget else previous
        forgotten = forget and previous is not None
        if wanted is None or self._same(wanted, stored):
            return Sealed(stored, kept, changed=False, forgotten=forgotten)
        sealed = self.vault.seal(wanted, self.table, self.column, self.row)
        if self.previous_column and not forget:
            kept = self._as_previous(stored)
        return Sealed(sealed, kept, changed=True, forgotten=forgotten)

    def open(self, stored: bytes | None) -> SecretStr | None:
        """The stored secret; None when there is none. Raises SealBroken."""
        return (
            None if stored is None else self.vault.open(stored, self.table, self.column, self.row)
        )

    def open_previous(self, stored: bytes | None) -> SecretStr | None:
        """The previous secret; None when there is none. Raises SealBroken."""
        if stored is None:
            return None
        return self.vault.open(stored, self.table, self.previous_column, self.row)

    def _same(self, wanted: SecretStr, stored: bytes | None) -> bool:
        try:
            opened = self.open(stored)
        except SealBroken:  # the new value mends it
            return False
        return opened is not None and hmac.compare_digest(
            opened.get_secret_value().encode(), wanted.get_secret_value().encode()
        )

    def _as_previous(self, stored: bytes | None) -> bytes | None:
        """The stored value, sealed anew: a seal is good for its own column only."""
        try:
            opened = self.open(stored)
        except SealBroken:
            return None
        if opened is None:
            return None
        return self.vault.seal(opened, self.table, self.previous_column, self.row)
