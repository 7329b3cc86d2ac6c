"""A stack becomes processes: where each is found, what each is told."""

from pathlib import Path

import pytest

from local.faas import planning, stack
from local.faas.errors import FaasError
from local.faas.layout import Layout
from tests.local.faas.test_stack import lay


def plan_for(tmp_path: Path, text: str) -> dict[str, dict[str, str]]:
    declared = stack.load(lay(tmp_path, text), {})
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "handler.py").touch()
    planner = planning.Planner(Layout(tmp_path / ".local"), declared, 10, {"PARTITIONS": "4"})
    return {p.name: dict(p.environment) for p in planner.processes(with_sandbox=True)}


QUEUED = """
functions:
  one:
    lang: tiny
    handler: ./one
    annotations: {parley.port: "3001", parley.queues: "A,B"}
"""


def test_the_connector_is_told_which_queue_goes_to_which_function(tmp_path: Path) -> None:
    connector = plan_for(tmp_path, QUEUED)["connector"]
    assert connector["ROUTES"] == "A=one@http://127.0.0.1:3011;B=one@http://127.0.0.1:3011"
    assert connector["PARTITIONS"] == "4"
    assert connector["PORT"] == "3022"


def test_without_queues_there_is_no_connector(tmp_path: Path) -> None:
    assert set(plan_for(tmp_path, QUEUED.replace('"A,B"', '""'))) == {"one", "sandbox"}


def test_a_function_is_found_where_an_image_would_have_it(tmp_path: Path) -> None:
    one = plan_for(tmp_path, QUEUED)["one"]
    assert one["FUNCTION_SOURCE"] == str(tmp_path / "one" / "handler.py")
    assert one["PYTHONPATH"] == f"{tmp_path}/one:{tmp_path}"
    assert (one["HOST"], one["PORT"]) == ("127.0.0.1", "3011")


def test_a_missing_handler_is_named(tmp_path: Path) -> None:
    declared = stack.load(lay(tmp_path, QUEUED), {})
    planner = planning.Planner(Layout(tmp_path / ".local"), declared, 0, {})
    with pytest.raises(FaasError, match=r"functions\.one: there is no .*handler\.py"):
        planner.processes(with_sandbox=False)
