"""Where the running servers are and how to log in: what the rest of the project asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

Role = Literal["functions", "tenancy", "connector"]
ROLES: tuple[Role, ...] = ("functions", "tenancy", "connector")
OWNER = "parley_owner"
DATABASE = "parley"


@dataclass(frozen=True, repr=False)
class Endpoints:
    """URLs and keys of the four servers. URLs carry passwords; `repr` shows none of them."""

    database_owner_url: str  # postgresql://, the role that owns the schema: for migrations alone
    database_urls: Mapping[Role, str]
    redis_url: str
    amqp_url: str
    rabbitmq_prometheus_url: str
    s3_endpoint_url: str
    s3_access_key: str
    s3_secret_key: str
    s3_region: str = "us-east-1"

    def database_url(self, role: Role) -> str:
        """The database as one of the roles that own nothing and cannot bypass row security."""
        return self.database_urls[role]

    def for_database(self, name: str) -> "Endpoints":
        """The same servers, with every database URL naming another database."""
        return replace(
            self,
            database_owner_url=_with_path(self.database_owner_url, name),
            database_urls={role: _with_path(url, name) for role, url in self.database_urls.items()},
        )

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={_without_password(value)!r}"
            for name, value in vars(self).items()
            if isinstance(value, str) and name != "s3_secret_key"
        )
        return f"Endpoints({shown})"


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)
