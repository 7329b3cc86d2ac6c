"""The command run as a person runs it: arguments in, exit code and words out."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from local.services import Endpoints, clock
from parley.doctor_checks import FUNCTIONS
from tests import programs
from tests.support import ROOT
from tests.tenancy.conftest import key_ring, tenancy
from tests.tenancy.serving import SERVICE_KEY, Served

__all__ = ["key_ring", "tenancy"]


@dataclasses.dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Parley = Callable[..., Said]


@pytest.fixture
def parley(tmp_path: Path) -> Parley:
    """Run `parley ARGUMENTS` in a process with these variables and no others."""

    def run(
        *arguments: str | Path, folder: Path = tmp_path, typed: str = "", **variables: str
    ) -> Said:
        environment = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "SECRETS_DIR": str(tmp_path / "none"),
            **clock.moved(),
            **variables,
        }
        done = programs.run(
            "parley", *arguments, environment=environment, folder=folder, typed=typed
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def to_tenancy(tenancy: Served) -> dict[str, str]:
    """What `parley tenants` needs to know."""
    return {"TENANCY_URL": tenancy.url, "SERVICE_TOKEN_KEY": SERVICE_KEY}


@pytest.fixture
def everything(
    migrated: Endpoints, tenancy: Served, key_ring: str, to_tenancy: dict[str, str]
) -> dict[str, str]:
    """All settings of a platform that is well; the tenancy function stands in for its peers."""
    others = {name.upper().replace("-", "_") for name in FUNCTIONS} - {"TENANCY"}
    providers = ("GRAPH_API_BASE_URL", "GENESYS_API_BASE_URL", "GENESYS_LOGIN_BASE_URL")
    return {
        **to_tenancy,
        **{f"{name}_URL": tenancy.url for name in others},
        **dict.fromkeys(providers, tenancy.url),
        "DATABASE_OWNER_URL": migrated.database_owner_url,
        "DATABASE_URL_TENANCY": migrated.database_url("tenancy"),
        "REDIS_URL": migrated.redis_url,
        "AMQP_URL": migrated.amqp_url,
        "S3_ENDPOINT_URL": migrated.s3_endpoint_url,
        "S3_ACCESS_KEY": migrated.s3_access_key,
        "S3_SECRET_KEY": migrated.s3_secret_key,
        "KEY_RING": key_ring,
    }
