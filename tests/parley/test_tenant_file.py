"""Bad tenants files: each fault is told with the path of its key, and no value is."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from parley.environment import Environment
from parley.tenant_file import FileFault, read_tenants
from parley.tenant_shape import SHAPE
from tests.tenancy.declared import tenant_file


def fault(folder: Path, text: str | bytes) -> str:
    path = folder / "tenants.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FileFault) as caught:
        read_tenants(path, Environment())
    assert "SECRET" not in caught.value.detail
    return caught.value.detail


def declared(**channel: Any) -> str:
    file = tenant_file()
    file["channels"][0].update(channel)
    return yaml.safe_dump({"tenants": [file]})


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ({"webhook_secrets": "SECRET"}, "tenants[0].channels[0].webhook_secrets: unknown key"),
        ({"phone_number_id": 106540352242922}, "[0].phone_number_id: is a number here"),
        ({"phone_number_id": "SECRET"}, "tenants[0].channels[0].phone_number_id"),
        ({"webhook_secret": "SECRET-short"}, "longer than 15 characters"),
        ({"webhook_secret": {"from_env": "NOT_THERE"}}, "the variable NOT_THERE is not set"),
        ({"webhook_secret": {"from_file": "nowhere"}}, "channels[0].webhook_secret: the secret"),
        ({"status": "asleep"}, "tenants[0].channels[0].status"),
        ({"webhook_secret": ["SECRET"]}, "tenants[0].channels[0].webhook_secret"),
    ],
)
def test_a_fault_in_a_channel(tmp_path: Path, channel: dict[str, Any], words: str) -> None:
    assert words in fault(tmp_path, declared(**channel))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tenants: [", "is not YAML at line"),
        ("tenants:\n\t- x", "is not YAML at line 2"),
        ("- a\n- b", "no mapping at the top"),
        ("", "no mapping at the top"),
        ("tenant: acme", "tenant: unknown key"),
        ("tenants: [{name: Acme}]", "tenants[0].tenant"),
        ("tenants: [{tenant: Acme Bank}]", "tenants[0].tenant"),
        ("tenants: [{tenant: a}, {tenant: a}]", "'a' is there twice"),
        ("tenants: []\ntenants: []", "'tenants' is there twice"),
        ("? [a]\n: b", "no mapping|unknown key|twice|Keys|not a tenants file|is not YAML"),
        (b"tenants: \xff", "is not UTF-8 text"),
        ("!!python/object/apply:os.system ['true']", "is not YAML at line 1"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str | bytes, words: str) -> None:
    assert any(word in fault(tmp_path, text) for word in words.split("|"))


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    told = fault(tmp_path, declared(webhook_secret="SECRET", status="no", other=1))
    assert len(told.splitlines()) == 4


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileFault, match="No such file"):
        read_tenants(tmp_path / "nothing.yml", Environment())


def test_the_shape_that_help_shows_is_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = SHAPE.split("\n\n")[1].replace("1e5a...", "1e5a").replace("2b7c...", "2b7c")
    (tmp_path / "secrets").mkdir()
    for name in ("meta-verify-token", "acme-whatsapp", "acme-webhook"):
        (tmp_path / "secrets" / name).write_text("a-secret-long-enough\n", encoding="utf-8")
    monkeypatch.setenv("META_APP_SECRET", "SECRET-of-sixteen-or-more")
    monkeypatch.setenv("ACME_CLIENT_SECRET", "SECRET")
    path = tmp_path / "tenants.yml"
    path.write_text(example, encoding="utf-8")
    file = read_tenants(path, Environment())
    assert file.platform is not None
    assert file.tenants[0].channels[0].webhook_secret is not None
    assert "SECRET" not in repr(file)
    assert "long-enough" not in repr(file)
