"""Each function, started from its build context alone by the image's own command.

What is deployed is what is tested here: the template's lock, its environment, its paths.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from local.faas.secret_files import GENERATED
from local.services import clock
from tests.deploy.conftest import LayOut
from tests.deploy.images import HOME, Dockerfile, stack
from tests.deploy.test_stack_file import FUNCTIONS
from tests.ports import free_port
from tests.support import answers, wait_until
from tests.waits import WAIT_S

NOWHERE = "127.0.0.1:9"  # the discard port: nobody listens
SECRETS = {
    "redis-url": f"redis://{NOWHERE}/0",
    "amqp-url": f"amqp://guest:guest@{NOWHERE}/",
    "database-url-functions": f"postgresql://parley:x@{NOWHERE}/parley",
    "database-url-tenancy": f"postgresql://parley:x@{NOWHERE}/parley",
    "s3-access-key": "access",
    "s3-secret-key": "secret",
}
# A hundred milliseconds each, and not for functions: S3's SDK with its ciphers, blocking HTTP.
UNCALLED = {"minio", "Crypto", "urllib3", "requests", "sqlalchemy", "alembic", "yaml", "jsonschema"}
# Of the CPU of a start, what comes after the framework and its clients: 0.1 to 0.25 measured.
# A share, for no two machines are equally fast.
OUR_SHARE = 0.5
# Read by the logger before there are settings.
BESIDE_SETTINGS = {"LOG_LEVEL"}
# The image's own, and a secret that exists only while its key is being changed.
NOT_IN_STACK = {
    "host",
    "port",
    "function_source",
    "drain_seconds",
    "service_token_key_previous",
    "auth_token_key_previous",
}

DESCRIBE = """
import importlib.util, json, sys, time
from pathlib import Path
import shared
from shared.runtime.loading import loading
with loading():
    from shared.runtime.server import ServeSettings, load
    import aiohttp, redis.asyncio
    if "import FastAPI" in Path(sys.argv[1]).read_text():
        import fastapi
    framework = time.process_time()
    _, _, function = load(Path(sys.argv[1]))
    whole = time.process_time()
fields = {**ServeSettings.model_fields, **function.settings.model_fields}
strangers = ("connector", "local", "pytest")
print(json.dumps({
    "name": function.name,
    "known": sorted(fields),
    "required": sorted(n for n, f in fields.items() if f.is_required()),
    "shared": shared.__file__,
    "strangers": [n for n in strangers if importlib.util.find_spec(n)],
    "loaded": sorted({n.partition(".")[0] for n in sys.modules}),
    "share": (whole - framework) / whole,
}))
"""


def environment(context: Path, python: Path) -> dict[str, str]:
    """What the image sets, with its home folder where the context lies."""
    image = Dockerfile.read(context / "Dockerfile").environment
    ours = {name: value.replace(HOME, str(context)) for name, value in image.items()}
    return {**ours, "PATH": f"{python.parent}:/usr/bin:/bin", **clock.moved()}


@cache
def describe(context: Path, python: Path) -> dict[str, Any]:
    """What the handler in a context declares, as told by an interpreter of the image."""
    env = environment(context, python)
    told = subprocess.run(
        [python, "-c", DESCRIBE, env["FUNCTION_SOURCE"]],
        cwd=context,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    described: dict[str, Any] = json.loads(told.stdout)
    return described


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_start_loads_no_library_that_the_function_does_not_call(
    name: str, context_of: LayOut, image_python: Path
) -> None:
    told = describe(context_of(name), image_python)
    assert UNCALLED & set(told["loaded"]) == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_our_own_modules_are_the_smaller_part_of_a_start(
    name: str, context_of: LayOut, image_python: Path
) -> None:
    assert describe(context_of(name), image_python)["share"] < OUR_SHARE


def fields_of(entry: dict[str, Any]) -> set[str]:
    """The settings that an entry's secrets fill: `foo-bar`, or what FOO_BAR_SECRET names."""
    named = {
        value: variable.removesuffix("_SECRET").lower()
        for variable, value in entry["environment"].items()
        if variable.endswith("_SECRET")
    }
    return {named.get(secret, secret.replace("-", "_")) for secret in entry.get("secrets", [])}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_stack_steers_every_setting_and_none_that_is_unknown(
    name: str, context_of: LayOut, image_python: Path
) -> None:
    context, entry = context_of(name), stack()[name]
    told = describe(context, image_python)
    assert told["name"] == name
    variables = set(dict(entry["environment"])) - BESIDE_SETTINGS  # type: ignore[call-overload]  # a mapping
    given = {v.removesuffix("_SECRET").lower() for v in variables} | fields_of(entry)
    assert set(told["required"]) <= given
    assert given == set(told["known"]) - NOT_IN_STACK
    assert told["shared"].startswith(str(context))
    assert told["strangers"] == []


@contextmanager
def served(context: Path, python: Path, entry: dict[str, Any], folder: Path) -> Iterator[str]:
    """A function of an image, running; its address."""
    for secret in entry.get("secrets", []):
        text = SECRETS[secret] if secret in SECRETS else GENERATED[secret]()
        (folder / secret).write_text(text)
    port = free_port()
    env = environment(context, python)
    env |= entry["environment"] | {"PORT": str(port), "SECRETS_DIR": str(folder)}
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            env["fprocess"].split(" "),
            cwd=context,
            env=env | {"DRAIN_SECONDS": "0"},
            stdout=output,
            stderr=subprocess.STDOUT,
            executable=python.parent / env["fprocess"].split(" ")[0],
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: process.poll() is not None or answers(f"{url}/healthz"))
            assert process.poll() is None, (folder / "output").read_text()
            yield url
        finally:
            process.terminate()
            process.wait(WAIT_S)
        assert process.returncode in {0, -15}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_starts_from_its_context_alone_and_is_well(
    name: str, context_of: LayOut, image_python: Path, tmp_path: Path
) -> None:
    variables = {
        f"{other.upper().replace('-', '_')}_URL": f"http://{NOWHERE}" for other in FUNCTIONS
    }
    entry = stack(**variables, S3_ENDPOINT_URL=f"http://{NOWHERE}")[name]
    context = context_of(name)
    before = sorted(context.rglob("*"))
    with served(context, image_python, entry, tmp_path) as url:
        assert requests.get(f"{url}/healthz", timeout=WAIT_S).status_code == 200
        ready = requests.get(f"{url}/readyz", timeout=WAIT_S)
        assert ready.status_code in {200, 503}
        assert ready.json()["function"] == name
    assert sorted(context.rglob("*")) == before, "the root of an image is read-only"
