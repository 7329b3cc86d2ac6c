"""Large files pass through without staying: the process hardly grows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.local.sandbox.support import Receiver, World
from tests.support import sandbox_process
from tests.waits import WAIT_S

MB = 1024 * 1024
SIZE = 100 * MB
GROWTH = 40 * MB  # chunks, buffers of sockets, and what the allocator keeps


def peak(pid: int) -> int:
    """The most memory that the process ever held, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


@pytest.fixture
def lonely(receiver: Receiver) -> Iterator[tuple[World, int]]:
    """A world in a process of its own, and that process' id."""
    with sandbox_process("--no-limits") as (sandbox, program):
        world = World(sandbox, receiver)
        sandbox.setup(world.described())
        world.opened()
        yield world, program.pid


def form(boundary: str) -> Iterator[bytes]:
    """A hundred megabytes as an upload, made while they are sent."""
    plain = f'--{boundary}\r\nContent-Disposition: form-data; name="{{}}"\r\n\r\n{{}}\r\n'
    yield plain.format("messaging_product", "whatsapp").encode()
    yield plain.format("type", "application/pdf").encode()
    named = 'Content-Disposition: form-data; name="file"; filename="a.pdf"'
    yield f"--{boundary}\r\n{named}\r\nContent-Type: application/pdf\r\n\r\n".encode()
    for _ in range(SIZE // MB):
        yield bytes(MB)
    yield f"\r\n--{boundary}--\r\n".encode()


def test_a_hundred_megabytes_go_each_way_in_little_memory(lonely: tuple[World, int]) -> None:
    world, pid = lonely
    before = peak(pid)
    bearer = {"Authorization": f"Bearer {world.graph_token}"}
    kind = {"Content-Type": "multipart/form-data; boundary=between"}
    url = f"{world.sandbox.graph_url}/v23.0/{world.number}/media"
    sent = requests.post(url, data=form("between"), headers=bearer | kind, timeout=WAIT_S)
    digest = hashlib.sha256(bytes(SIZE)).hexdigest()
    assert world.media(sent.json()["id"]).json()["sha256"] == digest
    said = world.sandbox.customer_sends(world.number, "491", "video", size=SIZE, wait=True)
    link = world.media(str(said.files[0].id)).json()["url"]
    with requests.get(link, headers=bearer, stream=True, timeout=WAIT_S) as got:
        assert sum(len(chunk) for chunk in got.iter_content(MB)) == SIZE
    file = world.sandbox.agent_sends(world.integration, "+491", "attachment", size=SIZE, wait=True)
    offered = world.posted()[0]["content"][0]["attachment"]["url"]
    document = {"link": offered, "filename": "a.png"}
    body = {"messaging_product": "whatsapp", "to": "919876543210", "type": "document"}
    world.wamid(body | {"document": document})
    assert world.statuses(1)[0]["status"] == "sent"
    assert world.got()[0].files[0].sha256 == file.files[0].sha256
    assert peak(pid) - before < GROWTH
