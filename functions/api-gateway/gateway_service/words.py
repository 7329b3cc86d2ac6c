"""What the gateway itself answers."""

from typing import Literal

from pydantic import BaseModel

from shared.tenancy.roles import Role, Scope


class Health(BaseModel):
    """The API is there; /readyz inside says more."""

    status: Literal["ok"] = "ok"


class Me(BaseModel):
    """Who calls: `tenant` is a slug, None for the platform's own people."""

    subject: str
    tenant: str | None
    tenant_id: str | None
    roles: list[Role]
    scopes: list[Scope]


class Problem(BaseModel):
    """RFC 9457. Programs decide by `code`; `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
