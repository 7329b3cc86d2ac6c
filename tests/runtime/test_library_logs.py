"""What libraries log comes out as lines of ours, without their words."""

import asyncio
import errno
import json
import logging
from collections.abc import Iterator

import pytest

from shared.runtime.library_logs import SERVER, take_over, watch


@pytest.fixture(autouse=True)
def _taken_over() -> Iterator[None]:
    root, server = logging.getLogger(), logging.getLogger(SERVER)
    handlers, level = root.handlers[:], server.level
    take_over()
    yield
    root.handlers[:] = handlers
    server.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    said = capsys.readouterr()
    assert "noon" not in said.out + said.err
    assert said.err == ""
    return [json.loads(line) for line in said.out.splitlines()]


def test_an_exception_is_told_by_its_class_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("customer wrote: meet me at noon")  # noqa: TRY301  # as a library does
    except ValueError as error:
        logging.getLogger("a.library").error("failed at %s", "noon", exc_info=error)
    [line] = lines(capsys)
    assert (line["message"], line["level"], line["library"]) == (
        "library_log",
        "ERROR",
        "a.library",
    )
    assert line["error"] == "ValueError"
    assert line["where"].startswith("test_library_logs.py:")


def test_a_port_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger(SERVER).error(OSError(errno.EADDRINUSE, "at noon"))
    [line] = lines(capsys)
    assert (line["error"], line["errno"]) == ("OSError", "EADDRINUSE")


def test_what_strangers_bytes_are_is_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger(SERVER).warning("Invalid HTTP request received.")
    logging.getLogger("a.library").info("noon")
    assert lines(capsys) == []


def test_what_nobody_awaits_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    async def fail() -> None:
        raise ValueError("noon")

    async def forget() -> None:
        watch(asyncio.get_running_loop())
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        task = asyncio.create_task(fail())
        await asyncio.wait({task})
        del task

    asyncio.run(forget())
    assert [line["error"] for line in lines(capsys)] == ["ZeroDivisionError", "ValueError"]
