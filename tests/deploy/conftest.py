"""The image's packages, installed once, and each function's build context laid out."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.images import ROOT, lay_out

LayOut = Callable[[str], Path]


@pytest.fixture(scope="session")
def image_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with what the template's lock names and nothing else."""
    folder = tmp_path_factory.mktemp("image") / "venv"
    uv = Path(sys.executable).parent / "uv"
    lock = ROOT / "template" / "parley-python" / "requirements.txt"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    python = folder / "bin" / "python"
    options = ["--require-hashes", "--only-binary", ":all:", "--compile-bytecode"]
    install = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*install, *options, "-r", lock], check=True)
    return python


@pytest.fixture(scope="session")
def context_of(tmp_path_factory: pytest.TempPathFactory) -> LayOut:
    """Lays out a function's build context, once a run."""
    into = tmp_path_factory.mktemp("build")

    def get(name: str) -> Path:
        made = into / name
        return made if made.is_dir() else lay_out(name, into)

    return get
