"""What an operator sees: health, the doctor, restarts, suspension, and nothing after `down`."""

import json
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import yaml

from local.demo.world import Company, World
from local.faas import environment
from local.sandbox.client import Sandbox
from tests.ports import free_offset
from tests.stack import Stack
from tests.support import passed, wait_until
from tests.waits import WAIT_S

FUNCTIONS = {
    "API_GATEWAY_URL": "api-gateway",
    "INBOUND_TRANSFORM_URL": "inbound-transform",
    "OUTBOUND_TRANSFORM_URL": "outbound-transform",
    "AUTH_URL": "auth",
    "STATE_URL": "state",
    "TENANCY_URL": "tenancy",
    "WA_API_URL": "wa-api",
    "GENESYS_API_URL": "genesys-api",
    "WA_WEBHOOK_URL": "wa-webhook",
    "GENESYS_WEBHOOK_URL": "genesys-webhook",
}


@pytest.mark.parametrize(("variable", "name"), FUNCTIONS.items(), ids=FUNCTIONS.values())
def test_each_function_answers_for_its_health(stack: Stack, variable: str, name: str) -> None:
    url = stack.variables[variable]
    assert requests.get(url + "/healthz", timeout=WAIT_S).text == "ok"
    ready = requests.get(url + "/readyz", timeout=WAIT_S)
    assert (ready.status_code, ready.json()["function"]) == (200, name)
    assert set(ready.json()["checks"].values()) <= {"ok"}
    assert "parley" in requests.get(url + "/metrics", timeout=WAIT_S).text


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"API_GATEWAY_URL"}))
def test_inner_functions_refuse_a_stranger(stack: Stack, name: str) -> None:
    answer = requests.post(stack.variables[name] + "/state/claim", data=b"{}", timeout=WAIT_S)
    refused = 404 if name.endswith("WEBHOOK_URL") else 401
    assert answer.status_code == refused


def test_the_doctor_is_content_when_all_is_well(stack: Stack) -> None:
    done = stack.parley("doctor")
    assert done.returncode == 0


def test_the_doctor_says_what_is_wrong_when_redis_is_stopped(stack: Stack) -> None:
    stack.servers.stop("redis")
    try:
        done = stack.parley("doctor", check=False)
    finally:
        stack.servers.start("redis")
    assert done.returncode == 1
    assert "redis" in done.stdout.lower()
    assert "REDIS_URL" in done.stdout + done.stderr
    wait_until(lambda: stack.parley("doctor", check=False).returncode == 0)


def test_up_on_a_running_copy_starts_a_server_that_has_died(stack: Stack) -> None:
    [redis] = [row for row in stack.servers.status() if row.name == "redis"]
    assert redis.pid is not None
    os.kill(redis.pid, signal.SIGKILL)
    wait_until(lambda: "stopped" in {row.state for row in stack.servers.status()})
    up = stack.faas_local("up")
    assert "already up" in up.stdout
    assert "not running any more: redis" in up.stdout
    assert {row.state for row in stack.servers.status()} == {"running"}
    again = stack.faas_local("up")
    assert "not running" not in again.stdout


def test_a_restarted_function_is_another_process_and_no_failure(stack: Stack) -> None:
    def row(name: str) -> dict[str, Any]:
        told = json.loads(stack.faas_local("status", "-o", "json", check=False).stdout)
        return next(one for one in told["items"] if one["name"] == name)

    before = row("wa-api")
    done = stack.faas_local("restart", "wa-api")
    assert "ready   wa-api" in done.stdout
    after = row("wa-api")
    assert after["pid"] != before["pid"]
    assert (after["state"], after["restarts"]) == ("ready", before["restarts"])


def test_the_doctor_shows_no_secret(stack: Stack) -> None:
    done = stack.parley("doctor")
    said = done.stdout + done.stderr
    for file in (stack.root / "secrets").iterdir():
        assert file.name == "s3-access-key" or file.read_text().strip() not in said
    assert stack.endpoints.s3_secret_key not in said


def test_tenants_are_listed_and_a_second_apply_changes_nothing(stack: Stack, world: World) -> None:
    listed = stack.parley("tenants", "list").stdout
    assert all(company.slug in listed for company in world.companies)
    file = stack.root / "again.yml"
    file.write_text(yaml.safe_dump(world.for_parley()))
    assert "unchanged" in stack.parley("tenants", "apply", str(file)).stdout


def test_a_conversation_survives_redis(stack: Stack, world: World) -> None:
    company, who = world.companies[2], "4915299990001"
    stack.servers.stop("redis")
    try:
        exchange(stack, company, who, "while Redis is away")
    finally:
        stack.servers.start("redis")
    exchange(stack, company, who, "with Redis back")


def exchange(stack: Stack, company: Company, who: str, text: str) -> None:
    """A line each way."""
    stack.sandbox.customer_says(company.phone_number_id, who, f"customer {text}")
    arrives(stack, "genesys", company, who, f"customer {text}")
    stack.sandbox.agent_says(company.integration_id, "+" + who, f"agent {text}")
    arrives(stack, "whatsapp", company, who, f"agent {text}")


def arrives(stack: Stack, side: str, company: Company, who: str, text: str) -> None:
    stack.sandbox.wait_for(lambda room: text in got(room, side, company, who), WAIT_S)


def got(sandbox: Sandbox, side: str, company: Company, who: str) -> list[str]:
    line = company.integration_id if side == "genesys" else company.phone_number_id
    thread = sandbox.conversation(side, line, "+" + who if side == "genesys" else who)
    return [] if thread is None else [text or "" for text in thread.texts("got")]


def test_a_killed_function_is_said_and_comes_back(stack: Stack, company: Company) -> None:
    before = pid_of(stack, "outbound-transform")
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: pid_of(stack, "outbound-transform") not in (0, before))
    exchange(stack, company, "4915299990002", "after a kill")
    wait_until(lambda: "outbound-transform" in stack.log_of("supervisor"))


def pid_of(stack: Stack, name: str) -> int:
    """The pid that `faas-local status` shows; 0 while there is none."""
    for line in stack.faas_local("status", check=False).stdout.splitlines():
        words = line.split()
        if words and words[0] == name:
            return int(words[2]) if words[2].isdigit() else 0
    return 0


def test_a_suspended_tenant_is_refused_within_a_second_and_comes_back(
    stack: Stack, world: World
) -> None:
    company = world.companies[1]
    for status in ("suspended", "active"):
        apply(stack, world, company, status)
        wait_until(passed(1.0))
        assert refused(stack, company) == (status == "suspended")


def apply(stack: Stack, world: World, company: Company, status: str) -> None:
    tenants = [
        {**tenant, "status": status}
        for tenant in world.for_parley()["tenants"]
        if tenant["tenant"] == company.slug
    ]
    file = stack.root / "status.yml"
    file.write_text(yaml.safe_dump({"tenants": tenants}))
    stack.parley("tenants", "apply", str(file))


def refused(stack: Stack, company: Company) -> bool:
    sent = stack.sandbox.genesys_webhook(
        company.integration_id,
        {"id": os.urandom(16).hex(), "channel": {"id": company.integration_id}, "type": "Receipt"},
    )
    return bool(sent.webhook["attempts"][-1]["status"] == 403)


def test_the_demo_plays_to_its_end_whatever_was_set_and_leaves_the_others(
    stack: Stack, company: Company
) -> None:
    """Against this stack: `make demo` is `faas-local up` and this."""
    stack.sandbox.settings(graph={"statuses": ["sent", "delivered"]})
    stack.sandbox.fault("graph", "status", code=131026, count=1)
    done = stack.run_demo()
    assert done.returncode == 0, done.stderr
    exchange(stack, company, "4915299990003", "after the demo")
    assert done.stdout.count("receipt Delivered in Genesys") == 3
    assert "Acme Bank" in done.stdout
    assert "Blue Air" in done.stdout


def test_down_leaves_no_process_and_no_port(stack: Stack) -> None:
    """A second copy beside this one: up, down, and every port and process of it is gone."""
    root = Path(stack.root).with_name(f"{stack.root.name}-second")
    stack.faas_local_at(root, "up", "--port-offset", str(free_offset()))
    variables = environment.read(root / "env")
    ports = ports_of(variables)
    pids = {process.pid for process in belonging(root)}
    assert len(ports) >= 12
    assert pids
    stack.faas_local_at(root, "down")
    assert {process.pid for process in belonging(root)} == set()
    assert [port for port in ports if is_open(port)] == []
    shutil.rmtree(root)


def ports_of(variables: dict[str, str]) -> set[int]:
    urls = [value for value in variables.values() if "127.0.0.1:" in value]
    return {int(url.split("127.0.0.1:")[1].split("/")[0]) for url in urls}


def is_open(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(0.5)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def belonging(root: Path) -> list[psutil.Process]:
    """Processes whose command line, folder or environment names the root."""
    found = []
    for process in psutil.process_iter():
        try:
            told = " ".join(process.cmdline()) + process.cwd() + str(process.environ())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if str(root) in told and process.pid != os.getpid():
            found.append(process)
    return found
