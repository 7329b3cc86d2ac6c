"""How long state waits before a repeat: never so short that a slow sender is overtaken."""

import pytest

from shared.runtime.errors import SettingsError
from state_service.settings import Settings


@pytest.fixture(autouse=True)
def _given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    monkeypatch.setenv("REDIS_URL", "redis://h")
    monkeypatch.setenv("SERVICE_TOKEN_KEY", "k" * 40)


@pytest.mark.parametrize(("lease", "resend"), [("60", "59.9"), ("60", "0"), ("400", "")])
def test_a_repeat_before_the_lease_ends_is_refused_at_the_start(
    lease: str, resend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIM_LEASE_SECONDS", lease)
    monkeypatch.setenv("RESEND_UNKNOWN_SECONDS", resend)
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    words = caught.value.detail
    assert "RESEND_UNKNOWN_SECONDS (" in words
    assert "shorter than CLAIM_LEASE_SECONDS (" in words
    assert "the variable" not in words


@pytest.mark.parametrize(("lease", "resend"), [("40", "45"), ("60", "60"), ("60", "-1"), ("", "")])
def test_a_repeat_after_it_or_never_is_allowed(
    lease: str, resend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIM_LEASE_SECONDS", lease)
    monkeypatch.setenv("RESEND_UNKNOWN_SECONDS", resend)
    assert Settings.load().claim_lease_seconds > 0
