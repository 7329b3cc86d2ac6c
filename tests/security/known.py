"""Every function's routes, found in its own code, so that a new one is not forgotten."""

import ast
import re
from pathlib import Path

from local.services import clock
from tests.programs import run
from tests.support import ROOT

PUBLIC = {"api-gateway", "wa-webhook", "genesys-webhook"}
INSIDE = sorted(
    path.parent.name
    for path in (ROOT / "functions").glob("*/handler.py")
    if path.parent.name not in PUBLIC
)
_PATH = re.compile(r"/[a-z][a-z0-9_{}/-]*")


def routes(name: str) -> set[tuple[str, str]]:
    """Methods and paths of a function: of its FastAPI app, and every path that its code names."""
    folder = ROOT / "functions" / name
    told = run(
        "tests.security.listing",
        environment={"PYTHONPATH": str(ROOT), **clock.moved()},
        folder=folder,
    )
    assert told.returncode == 0, told.stderr
    found = {tuple(ast.literal_eval(line)) for line in told.stdout.splitlines()}
    named = {text for path in folder.rglob("*.py") for text in _texts(path)}
    anywhere = {("POST", "/"), ("GET", "/openapi.json"), ("GET", "/docs")}
    return found | anywhere | {(method, path) for path in named for method in ("GET", "POST")}


def filled(path: str) -> str:
    """The path with something in its places."""
    return re.sub(r"\{[^}]*\}", "x", path)


def _texts(path: Path) -> set[str]:
    constants = (
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
    )
    return {text for text in constants if isinstance(text, str) and _PATH.fullmatch(text)}
