"""A key that was made here is asked for at once, however many made-up ones come meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex, token_urlsafe

import pytest
import requests

from gateway_service.strangers import BURST
from local.services import Endpoints
from shared.services.key_marks import KEY, KeyMarks, prefix
from tests.gateway.office import Office
from tests.tenancy.serving import served
from tests.waits import WAIT_S

OURS, OTHER = "a-service-token-key-of-forty-characters!", "another-key-that-has-forty-characters-ok"


def made_up(mark: str = "") -> str:
    return f"parley_{token_hex(4)}_{token_urlsafe(32)}{mark}"


@pytest.mark.parametrize("mark", ["", "a" * 11])
def test_a_good_key_that_is_new_here_is_served_at_its_first_try(
    office: Office, migrated: Endpoints, tmp_path: Path, mark: str
) -> None:
    good = [office.key(office.acme, "viewer")["key"] for _ in range(5)]
    with (
        served(
            "api-gateway",
            tmp_path,
            WA_WEBHOOK_URL="http://127.0.0.1:9",
            GENESYS_WEBHOOK_URL="http://127.0.0.1:9",
            STATE_URL=office.state.url,
            TENANCY_URL=office.tenancy.url,
            REDIS_URL=migrated.redis_url,
        ) as door,
        ThreadPoolExecutor(16) as pool,
    ):

        def ask(key: str) -> int:
            bearer = {"Authorization": f"Bearer {key}"}
            url = door.url + "/api/v1/me"
            return requests.get(url, headers=bearer, timeout=WAIT_S).status_code

        def flood(count: int) -> list[int]:
            return list(pool.map(ask, [made_up(mark) for _ in range(count)]))

        before = set(flood(2 * int(BURST)))
        while 503 not in before:  # a slow machine refills the bucket meanwhile
            before |= set(flood(int(BURST)))
        assert before == {401, 503}
        others = [pool.submit(ask, made_up(mark)) for _ in range(200)]
        assert [ask(key) for key in good] == [200] * 5
        assert {each.result() for each in others} <= {401, 503}


def test_a_mark_is_of_one_key_and_one_secret() -> None:
    key = KeyMarks(OURS).make()
    assert KEY.fullmatch(key)
    assert key.startswith(prefix(key) + "_")
    assert KeyMarks(OURS).made(key)
    assert KeyMarks(OTHER, OURS).made(key), "the previous secret's keys are known"
    assert not KeyMarks(OTHER).made(key)
    assert not KeyMarks(OURS).made(made_up() + key[-11:])
    assert not KeyMarks(OURS).made(key[:-11])
    assert not KeyMarks(OURS).made(made_up())
