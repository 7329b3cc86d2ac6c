"""What a claim costs beside `select 1`, on one connection: `python -m tests.state.bench_claims`.

Figures of one machine do not hold on another: the ratio in the same run is the measure. Commits do
not wait for the disk here.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from local.services import Services
from migrations.run import upgrade
from shared.storage.database import Session
from shared.storage.database_url import DatabaseUrl

PEOPLE, ROUNDS, CALLS = 3000, 10, 300
TENANT = str(uuid4())


def claim(session: Session, direction: str, wa_id: str | None, bsuid: str | None) -> None:
    told = {
        "tenant_id": TENANT,
        "channel_id": TENANT,
        "direction": direction,
        "source_id": uuid4().hex,
        "attempt_id": str(uuid4()),
        "customer": wa_id or bsuid,
        "wa_id": wa_id,
        "bsuid": bsuid,
        "profile_name": None,
        "conversation_id": None,
        "kind": "text",
        "content": {"text": "hello"},
        "occurred_at": datetime.now(UTC),
        "event_id": "e",
        "raw_ref": "r",
        "lease_seconds": 60.0,
        "resend_unknown_seconds": 300.0,
        "aliases": (),
        "reply_to": None,
        "tapped": None,
        "opens_window": True,
    }
    names = ", ".join(f"p_{name} => :{name}" for name in told)
    session.rows(f"select claim_message({names}) as answer", told)


def scenes(session: Session) -> dict[str, Callable[[], Any]]:
    strangers = iter(range(PEOPLE, sys.maxsize))

    def known() -> tuple[str, str]:
        number = random.randrange(PEOPLE)
        return f"49{number}", f"DE.{number}"

    def stranger() -> tuple[str, str]:
        number = next(strangers)
        return f"49{number}", f"DE.{number}"

    return {
        "select 1": lambda: session.rows("select 1 as one", {}),
        "inbound, number and id": lambda: claim(session, "inbound", *known()),
        "inbound, number": lambda: claim(session, "inbound", known()[0], None),
        "inbound, id": lambda: claim(session, "inbound", None, known()[1]),
        "outbound": lambda: claim(session, "outbound", known()[0], None),
        "first message": lambda: claim(session, "inbound", *stranger()),
    }


def measure(session: Session) -> None:
    session.rows("set synchronous_commit = off", {})
    for number in range(PEOPLE):
        claim(session, "inbound", f"49{number}", f"DE.{number}")
    took: dict[str, list[float]] = {}
    calls = scenes(session)
    for _ in range(ROUNDS):
        for name, call in calls.items():
            times = []
            for _ in range(CALLS):
                begun = time.perf_counter()
                call()
                times.append(time.perf_counter() - begun)
            took.setdefault(name, []).append(statistics.median(times))
    base = statistics.median(took["select 1"])
    for name, medians in took.items():
        median = statistics.median(medians)
        sys.stdout.write(f"{name:24} {median * 1e6:6.0f} us  {median / base:5.1f} x select 1\n")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        services = Services(Path(folder), report=lambda _: None)
        services.up()
        try:
            endpoints = services.up()
            upgrade(endpoints.database_owner_url, report=lambda _: None)
            url = DatabaseUrl.parse(endpoints.database_url("functions"))
            session = Session(url, statement_timeout_ms=5000, connect_timeout=5)
            measure(session)
            session.close()
        finally:
            services.down()


if __name__ == "__main__":
    main()
