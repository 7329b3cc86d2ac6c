"""After all of a run: what it wrote anywhere holds no secret, and no log line tells of a person.

The last file of this folder by name, so that it looks at what all the others did.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests
import yaml

from local.demo.world import Company, World
from tests.e2e.lines import OPENED
from tests.stack import Stack
from tests.waits import WAIT_S

SHORTEST_SECRET, SHORTEST_WORD = 12, 12
# Where a secret belongs, and where servers keep what is theirs.
HOMES = ("secrets", "env", "services", "data", "tenants-", "run")
CORES = ("core", "core.*", "*.dmp", "hs_err*", "*.core")


@dataclass(frozen=True)
class Written:
    """Texts by the place they were found at."""

    texts: dict[str, str]

    def holding(self, words: set[str]) -> list[str]:
        """Places that hold one of the words; never the word itself."""
        forms = {form for word in words for form in (word, json.dumps(word)[1:-1])}
        return [place for place, text in self.texts.items() if any(one in text for one in forms)]


@pytest.fixture(scope="module")
def secret(stack: Stack, world: World) -> set[str]:
    """Every secret of the platform and of its tenants."""
    found = {
        text
        for path in stack.root.rglob("secrets/**/*")
        if path.is_file() and (text := path.read_text(errors="replace").strip())
    }
    found |= {json.dumps(value) for value in _key_ring(found)}
    companies: list[Company] = [*world.companies, *(line.company for line in OPENED)]
    for company in companies:
        found |= {company.access_token, company.client_secret, company.webhook_secret}
    found |= {world.app_secret, world.verify_token}
    parts = {password for one in found for password in re.findall(r"://[^:/@]*:([^@/]+)@", one)}
    whole = {one for one in found | parts if len(one) >= SHORTEST_SECRET and "\n" not in one}
    assert len(whole) > 15
    return whole


def _key_ring(texts: set[str]) -> Iterator[str]:
    for text in texts:
        if text.startswith("{"):
            told = yaml.safe_load(text)
            yield from (str(one) for one in told.get("keys", {}).values())


def logs(stack: Stack) -> dict[str, str]:
    return {
        f"log {path.name}": path.read_text(errors="replace")
        for path in (stack.root / "logs").glob("*.log")
    }


def test_no_secret_is_in_any_log_or_metric(stack: Stack, secret: set[str]) -> None:
    pages = {
        f"metrics {name}": requests.get(f"{url}/metrics", timeout=WAIT_S).text
        for name, url in stack.variables.items()
        if name.endswith("_URL") and url.startswith("http://127.0.0.1") and _ours(name)
    }
    written = Written(logs(stack) | pages)
    assert len(written.texts) > 20
    assert written.holding(secret) == []


def _ours(name: str) -> bool:
    functions = ("API_GATEWAY", "TRANSFORM", "AUTH_URL", "STATE_URL", "TENANCY_URL", "_API_URL")
    return any(one in name for one in functions) or "WEBHOOK_URL" in name


def test_no_secret_is_in_the_arguments_of_any_process(stack: Stack, secret: set[str]) -> None:
    found = {}
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(stack.root) in words or "shared.runtime" in words or "connector" in words:
            found[f"process {process.info['pid']}"] = words
    assert len(found) > 10
    assert Written(found).holding(secret) == []


def test_no_secret_is_in_any_row_event_or_stored_body(stack: Stack, secret: set[str]) -> None:
    tables = stack.query(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p') and not relispartition"
    )
    rows = {
        f"table {name}": str(stack.query(f"select t::text from {name} t limit 20000"))
        for [name] in tables
    }
    store = stack.s3()
    bodies = {}
    for bucket in ("webhooks-inbound", "webhooks-outbound", "webhooks-spool"):
        for found in list(store.list_objects(bucket, recursive=True))[:300]:
            answer = store.get_object(bucket, str(found.object_name))
            bodies[f"{bucket} {found.object_name}"] = answer.read().decode(errors="replace")
            answer.close()
            answer.release_conn()
    assert bodies
    assert Written(rows | bodies).holding(secret) == []


def test_no_process_left_a_dump_of_itself(stack: Stack) -> None:
    found = [path for form in CORES for path in Path(stack.root).rglob(form) if path.is_file()]
    assert found == []


def test_no_log_line_tells_a_number_a_name_or_what_was_written(stack: Stack) -> None:
    numbers = stack.query("select distinct value from identities where length(value) > 8")
    names = stack.query(
        "select distinct profile_name from customers where profile_name is not null"
    )
    texts = stack.query(
        "select distinct content ->> 'text' from message_events"
        " where kind = 'message' and content ? 'text' limit 5000"
    )
    ids = stack.query("select source_id from message_tracking where source_id like 'wamid.%'")
    words = {str(row[0]) for row in names + texts if row[0] and len(row[0]) >= SHORTEST_WORD}
    private = {str(row[0]) for row in numbers + ids} | words
    assert len(private) > 20
    ours = {place: text for place, text in logs(stack).items() if "sandbox" not in place}
    told = Written(ours).holding(private)
    assert told == []
