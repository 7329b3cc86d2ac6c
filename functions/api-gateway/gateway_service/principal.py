"""Who calls, and for which tenant: from the token or the key alone, never from body or path."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.runtime.errors import Forbidden
from shared.runtime.service_auth import OnBehalf
from shared.services.access import TenantCard


@dataclass(frozen=True)
class Principal:
    """`tenant` None: one of the platform's own people, who may name a tenant with each call."""

    subject: str  # `key:<id>` or `user:<sub>`
    tenant: TenantCard | None
    roles: tuple[str, ...]
    scopes: frozenset[str]

    @property
    def of_the_platform(self) -> bool:
        """Whether it belongs to no tenant."""
        return self.tenant is None

    def at(self, tenant: TenantCard) -> Principal:
        """The same, at work for a tenant."""
        return replace(self, tenant=tenant)

    def need(self, scope: str | None) -> None:
        """Raise Forbidden where the scope is not given."""
        if scope is not None and scope not in self.scopes:
            raise Forbidden(
                f"this needs the scope {scope}", reason="scope", whose={"needed": scope}
            )

    def on_behalf(self) -> OnBehalf:
        """What the function is told."""
        tenant_id = None if self.tenant is None else self.tenant.id
        return OnBehalf(self.subject, tenant_id, self.scopes)
