"""The published description tried by Schemathesis through the gateway: no 5xx, no surprise.

Callers: a tenant's administrator; with SECURITY_FULL, as `make test-security` sets it, also the
platform's and a stranger.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.conftest import office
from tests.gateway.office import Office, declare
from tests.support import ROOT
from tests.waits import WAIT_S

__all__ = ["office"]

EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "4")
ROLES = ["tenant-admin", *(["platform-admin", None] if "SECURITY_FULL" in os.environ else [])]
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)


@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_one_that_is_published(
    office: Office, role: str | None, tmp_path: Path
) -> None:
    headers = []
    if role is not None:
        tenant = None if role == "platform-admin" else declare(office.tenancy)
        token = office.person(tenant, role)
        headers = ["--header", f"Authorization: Bearer {token}"]
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            *("run", f"{office.gateway.url}/api/v1/openapi.json"),
            *("--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", "20261123"),
            *("--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--no-color"),
            *("--suppress-health-check", "all", "--no-shrink", "--warnings", "off"),
            *("--generation-database", "none"),
            *headers,
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=6 * WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
