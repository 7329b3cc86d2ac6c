"""`make demo`: a conversation both ways for two tenants, told as a transcript."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import yaml

from local.demo.play import Line, Scene, Told, play
from local.demo.world import Company, World
from local.faas import environment
from local.faas.layout import Layout, write_private
from local.sandbox.client import Sandbox

NAMES = (("acme-bank", "Acme Bank"), ("blue-air", "Blue Air"))


def _scenes(bank: Company, airline: Company) -> list[Scene]:
    return [
        Scene(
            bank,
            "4915112345601",
            "Ana Lima",
            (
                Line("customer", "Hello! My card was declined in São Paulo 😟"),
                Line("agent", "Hello Ana, I am Tom from Acme Bank. I see it: it was our limit."),
                Line("customer", "Can you lift it for today?"),
                Line("agent", "Done. It holds until midnight. Enjoy your stay!"),
            ),
        ),
        Scene(
            airline,
            "4915112345602",
            "Ben Okafor",
            (
                Line("customer", "Is flight BA 214 on time?"),
                Line("agent", "It leaves at 14:20 from gate B7, on time."),
                Line("customer", "Great, thanks 🙏"),
            ),
        ),
    ]


def _apply(world: World, root: Path) -> None:
    """Tell Parley of the companies, as an operator would."""
    file = root / "demo" / "tenants.yml"
    write_private(file, yaml.safe_dump(world.for_parley(), sort_keys=False))
    variables = environment.read(root / "env")
    command = [sys.executable, "-m", "parley", "tenants", "apply", str(file)]
    subprocess.run(command, check=True, env={**os.environ, **variables})


def _tell(told: Iterator[Told], customer: str) -> None:
    for one in told:
        customers = one.line.who == "customer"
        who = customer if customers else "agent"
        print(f"  {who:>12}: {one.line.text}")
        print(f"{'':16}{one.times}")


def main() -> int:
    """Play it. 0 when every line arrived, 1 when one did not, 2 when nothing runs here."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(".local"), help="as for faas-local")
    root: Path = parser.parse_args().root
    variables = environment.read(root / "env")
    if "SANDBOX_URL" not in variables:
        print(f"nothing runs under {root}: start it with `make up`", file=sys.stderr)
        return 2
    world = World.of(Layout(root), NAMES)
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(variables["SANDBOX_URL"]))
        sandbox.reset()  # the play waits for all statuses, and finds its lines by their words
        sandbox.setup(world.for_sandbox(variables["API_GATEWAY_URL"]), add=True)
        _apply(world, root)
        try:
            for scene in _scenes(*world.companies):
                print(f"\n{scene.company.name}: {scene.name} writes on WhatsApp")
                _tell(play(sandbox, scene), scene.name.split()[0])
        except TimeoutError as error:
            print(f"a line did not arrive: {error}\nsee `faas-local status`", file=sys.stderr)
            return 1
    print(
        "\nTimes are from when the line was written. Everything keeps running:"
        "\n  make status                      what runs, on which ports"
        "\n  .venv/bin/faas-local logs NAME   one function's log"
        "\n  make down                        stop it all"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
