"""A token's planned life never outlasts the token, whatever the provider says."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tenancy.models import Provider
from shared.tokens.lifetime import lifetime

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
seconds = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.sampled_from(get_args(Provider)), seconds)
def test_it_is_renewed_before_it_leaves_redis_and_before_it_ends(
    provider: Provider, expires_in: float
) -> None:
    life = lifetime(provider, NOW, expires_in)
    assert NOW <= life.refresh_at <= life.expires_at
    assert life.expires_at <= NOW + timedelta(seconds=max(expires_in, 0))
    assert 0 <= life.cached <= max(0, expires_in)
    assert life.refresh_at <= NOW + timedelta(seconds=life.cached)


@pytest.mark.parametrize(
    ("provider", "expires_in", "cached", "usable", "renewed"),
    [
        ("genesys", 86400, 3300, 86340, 3000),
        ("genesys", 1000, 940, 940, 846),
        ("genesys", 30, 15, 15, 13.5),
        ("genesys", 0, 0, 0, 0),
        ("whatsapp", 86400, 86340, 86340, 86040),
    ],
)
def test_the_planned_seconds(
    provider: Provider, expires_in: float, cached: float, usable: float, renewed: float
) -> None:
    life = lifetime(provider, NOW, expires_in)
    assert life.cached == cached
    assert life.expires_at == NOW + timedelta(seconds=usable)
    assert life.refresh_at == NOW + timedelta(seconds=renewed)
