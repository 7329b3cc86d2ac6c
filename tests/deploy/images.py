"""Lays out what faas-cli would hand to Docker, and reads from the Dockerfile what it would run."""

import compileall
import fnmatch
import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

from local.faas.stack import substitute

ROOT = Path(__file__).resolve().parents[2]
STACK = ROOT / "stack.yml"
HOME = "/home/app"  # WORKDIR of the template's Dockerfile


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile's instructions, in order: (NAME, rest), continued lines joined."""

    instructions: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, path: Path) -> "Dockerfile":
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        joined = "\n".join(lines).replace("\\\n", " ").splitlines()
        split = [line.split(maxsplit=1) for line in joined if line.strip()]
        return cls(tuple((name, rest) for name, rest in split))

    def all(self, name: str) -> list[str]:
        """What follows every instruction of that name."""
        return [rest for found, rest in self.instructions if found == name]

    @property
    def environment(self) -> dict[str, str]:
        """What ENV sets, in all stages."""
        pairs = [pair for rest in self.all("ENV") for pair in shlex.split(rest)]
        return dict(pair.split("=", 1) for pair in pairs)


def stack(**variables: str) -> dict[str, dict[str, object]]:
    """The functions of stack.yml, with the given variables and no others."""
    document = yaml.safe_load(substitute(STACK.read_text(), variables))
    functions: dict[str, dict[str, object]] = document["functions"]
    return functions


def lay_out(name: str, into: Path) -> Path:
    """The build context of one function, as `faas-cli build --shrinkwrap` makes it.

    Less what .dockerignore keeps out of the image, and with the bytecode that its build makes.
    """
    document = yaml.safe_load(STACK.read_text())
    entry = document["functions"][name]
    context = into / name
    shutil.copytree(ROOT / "template" / entry["lang"], context)
    shutil.copytree(ROOT / entry["handler"], context / "function")
    for extra in document["configuration"]["copy"]:
        shutil.copytree(ROOT / extra, context / "function" / extra)
    _drop_ignored(context)
    compileall.compile_dir(context / "function", quiet=1)  # as the Dockerfile does
    return context


def lay_out_connector(into: Path) -> Path:
    """What the connector's Dockerfile copies to its home folder."""
    context = into / "connector-image"
    dockerfile = ROOT / "deploy" / "connector" / "Dockerfile"
    for rest in Dockerfile.read(dockerfile).all("COPY"):
        source, _, target = rest.rpartition(" ")
        if source.rstrip("/") == target.rstrip("/"):
            shutil.copytree(ROOT / source, context / target)
    shutil.copy(dockerfile, context / "Dockerfile")
    shutil.copy(dockerfile.with_name("Dockerfile.dockerignore"), context / ".dockerignore")
    _drop_ignored(context)
    return context


def _drop_ignored(context: Path) -> None:
    lines = (context / ".dockerignore").read_text().splitlines()
    everywhere = [line.removeprefix("**/") for line in lines if line.startswith("**/")]
    for folder, folders, files in os.walk(context, topdown=False):
        for entry in [*folders, *files]:
            if any(fnmatch.fnmatch(entry, pattern) for pattern in everywhere):
                path = Path(folder) / entry
                shutil.rmtree(path) if path.is_dir() else path.unlink()
