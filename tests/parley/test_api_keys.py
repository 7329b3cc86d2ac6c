"""`parley keys create|list|revoke` against the real tenancy function."""

import json
from pathlib import Path

import pytest

from local.services import Endpoints
from shared.services.key_marks import KEY
from shared.wire.printed import is_printable
from tests.migrations.asking import ask
from tests.parley.conftest import Parley
from tests.tenancy.declared import tenant_file
from tests.tenancy.serving import Served

Settings = dict[str, str]


@pytest.fixture
def slug(tenancy: Served) -> str:
    file = tenant_file()
    assert tenancy.call("PUT", f"/tenancy/tenants/{file['tenant']}", file).status_code == 200
    return str(file["tenant"])


def test_a_key_goes_to_standard_output_alone_and_is_never_shown_again(
    parley: Parley, to_tenancy: Settings, slug: str
) -> None:
    of = ("--tenant", slug)
    made = parley("keys", "create", *of, "--name", "crm", "--role", "agent", **to_tenancy)
    key = made.out.strip()
    assert (made.code, bool(KEY.fullmatch(key))) == (0, True)
    assert key not in made.err
    listed = parley("keys", "list", *of, **to_tenancy)
    assert all(word in listed.out for word in ("crm", "agent", key[:15], "until "))
    assert key not in listed.out


def test_a_key_is_revoked_by_its_id(parley: Parley, to_tenancy: Settings, slug: str) -> None:
    of = ("--tenant", slug)
    parley("keys", "create", *of, "--name", "crm", "--days", "1", **to_tenancy)
    [key] = json.loads(parley("keys", "list", *of, "--json", **to_tenancy).out)["items"]
    assert parley("keys", "revoke", key["id"], *of, **to_tenancy).code == 0
    assert "revoked" in parley("keys", "list", *of, **to_tenancy).out
    [audited] = [
        line
        for line in parley("tenants", "audit", slug, **to_tenancy).out.splitlines()
        if "key.revoked" in line
    ]
    assert "parley:" in audited


def test_a_line_of_the_audit_log_is_one_line_whatever_is_in_it(
    parley: Parley, to_tenancy: Settings, migrated: Endpoints
) -> None:
    forged = "user:\x1b]0;x\x07\n2099-01-01 00:00:00Z  parley:root  tenant.changed  \u009b\u202ex"
    asked = "insert into audit_log (actor, action, subject) values (:actor, 'key.created', 'x')"
    ask(migrated.database_owner_url, asked, actor=forged)
    lines = parley("tenants", "audit", **to_tenancy).out.removesuffix("\n").split("\n")
    assert [line for line in lines if line.startswith("2099")] == []
    assert all(is_printable(line) for line in lines)
    assert [line for line in lines if "parley:root  tenant.changed" in line]


def test_a_key_of_the_platform_belongs_to_no_tenant(
    parley: Parley, to_tenancy: Settings, tmp_path: Path
) -> None:
    name = f"ops-{tmp_path.name}"
    made = parley("keys", "create", "--platform", "--name", name, **to_tenancy)
    assert made.code == 0
    assert f"platform-admin key '{name}'" in made.err
    assert name in parley("keys", "list", "--platform", **to_tenancy).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create", "--tenant", "nobody", "--name", "a"), 1),
        (("create", "--name", "a"), 2),
        (("create", "--tenant", "x", "--platform", "--name", "a"), 2),
        (("create", "--tenant", "x", "--name", "a", "--role", "platform-admin"), 2),
        (("create", "--tenant", "x", "--name", "a", "--days", "0"), 2),
        (("create", "--tenant", "x", "--name", "a", "--scope", "all"), 2),
        (("create", "--tenant", "x", "--name", "a", "--scope", "keys:write"), 2),
        (("revoke", "0c8e0000-0000-4000-8000-000000000000", "--platform"), 1),
    ],
)
def test_what_can_not_be_is_refused_in_words(
    parley: Parley, to_tenancy: Settings, arguments: tuple[str, ...], code: int
) -> None:
    said = parley("keys", *arguments, **to_tenancy)
    assert (said.code, said.out) == (code, "")
    assert said.err
