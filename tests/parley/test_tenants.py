"""`parley tenants` against the real tenancy function."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.parley.conftest import Parley
from tests.tenancy.declared import tenant_file

Settings = dict[str, str]


def written(folder: Path, *tenants: dict[str, Any], **more: Any) -> Path:
    path = folder / "tenants.yml"
    path.write_text(yaml.safe_dump({"tenants": list(tenants), **more}), encoding="utf-8")
    return path


def test_apply_twice_says_unchanged(parley: Parley, to_tenancy: Settings, tmp_path: Path) -> None:
    one, two = tenant_file(), tenant_file()
    path = written(tmp_path, one, two)
    first = parley("tenants", "apply", path, **to_tenancy)
    assert first.code == 0
    assert f"tenant {one['tenant']}: changed" in first.out
    assert "created channel main" in first.out
    second = parley("tenants", "apply", path, **to_tenancy)
    assert second.code == 0
    assert second.out == f"tenant {one['tenant']}: unchanged\ntenant {two['tenant']}: unchanged\n"
    assert "SECRET" not in first.out + first.err


@pytest.mark.usefixtures("no_platform_app")
def test_the_platforms_app_is_applied_with_the_tenants(
    parley: Parley, to_tenancy: Settings, tmp_path: Path
) -> None:
    app = {"app": "platform", "app_secret": "SECRET-of-the-app", "verify_token": "SECRET-to-verify"}
    path = written(tmp_path, platform=app)
    parley("tenants", "apply", path, **to_tenancy)
    assert parley("tenants", "apply", path, **to_tenancy).out == "app platform: unchanged\n"


def test_a_dry_run_says_what_would_be(parley: Parley, to_tenancy: Settings, tmp_path: Path) -> None:
    file = tenant_file()
    path = written(tmp_path, file)
    told = parley("tenants", "apply", path, "--dry-run", **to_tenancy)
    assert told.code == 0
    assert "would be created tenant" in told.out
    assert "without --dry-run" in told.out
    assert parley("tenants", "show", file["tenant"], **to_tenancy).code == 1


def test_secrets_come_from_files_beside_the_file_and_from_variables(
    parley: Parley, to_tenancy: Settings, tmp_path: Path
) -> None:
    file = tenant_file()
    path = written(tmp_path, file)
    parley("tenants", "apply", path, **to_tenancy)
    (tmp_path / "hook").write_text(file["channels"][0]["webhook_secret"] + "\n", encoding="utf-8")
    secret = file["credentials"]["genesys"]["default"]["client_secret"]
    file["channels"][0]["webhook_secret"] = {"from_file": "hook"}
    file["credentials"]["genesys"]["default"]["client_secret"] = {"from_env": "ACME_SECRET"}
    path = written(tmp_path, file)
    told = parley("tenants", "apply", path, **to_tenancy, ACME_SECRET=secret)
    assert told.out == f"tenant {file['tenant']}: unchanged\n"
    variables = tmp_path / "env"
    variables.write_text(f"# chosen\nexport ACME_SECRET='{secret}'\n", encoding="utf-8")
    told = parley("--env-file", variables, "tenants", "apply", path, **to_tenancy)
    assert told.out == f"tenant {file['tenant']}: unchanged\n"


def test_a_refused_tenant_does_not_stop_the_others(
    parley: Parley, to_tenancy: Settings, tmp_path: Path
) -> None:
    bad, good = tenant_file(), tenant_file()
    bad["channels"][0]["region"] = "evil.example"
    told = parley("tenants", "apply", written(tmp_path, bad, good), **to_tenancy)
    assert told.code == 1
    assert f"tenant {bad['tenant']}: refused\n" in told.out
    assert "'evil.example' is not a region" in told.out
    assert f"tenant {good['tenant']}: changed" in told.out


def test_list_and_show_tell_no_secret(parley: Parley, to_tenancy: Settings, tmp_path: Path) -> None:
    file = tenant_file()
    parley("tenants", "apply", written(tmp_path, file), **to_tenancy)
    listed = parley("tenants", "list", **to_tenancy)
    shown = parley("tenants", "show", file["tenant"], **to_tenancy)
    assert file["tenant"] in listed.out
    assert "webhook_secret           set" in shown.out
    assert "SECRET" not in listed.out + shown.out
    as_json = json.loads(parley("tenants", "show", file["tenant"], "--json", **to_tenancy).out)
    assert as_json["channels"][0]["region"] == "mypurecloud.de"
    listed_json = json.loads(parley("tenants", "list", "--json", **to_tenancy).out)
    assert file["tenant"] in [one["tenant"] for one in listed_json["items"]]


def test_an_absent_function_is_told_with_its_setting(parley: Parley, to_tenancy: Settings) -> None:
    told = parley("tenants", "list", **{**to_tenancy, "TENANCY_URL": "http://127.0.0.1:9"})
    assert told.code == 3
    assert "TENANCY_URL" in told.err


def test_something_else_at_that_address_is_told(parley: Parley, to_tenancy: Settings) -> None:
    url = to_tenancy["TENANCY_URL"] + "/healthz?"
    told = parley("tenants", "list", **{**to_tenancy, "TENANCY_URL": url})
    assert told.code == 3
    assert "not the tenancy function" in told.err


def test_another_service_key_is_told(parley: Parley, to_tenancy: Settings) -> None:
    told = parley("tenants", "list", **{**to_tenancy, "SERVICE_TOKEN_KEY": "x" * 40})
    assert told.code == 2
    assert "SERVICE_TOKEN_KEY" in told.err


@pytest.mark.parametrize("missing", ["TENANCY_URL", "SERVICE_TOKEN_KEY"])
def test_a_missing_setting_is_named(parley: Parley, to_tenancy: Settings, missing: str) -> None:
    del to_tenancy[missing]
    told = parley("tenants", "list", **to_tenancy)
    assert told.code == 2
    assert f"{missing} is not set" in told.err
