"""The connector's image and Deployment: same lock, same routes as stack.yml, starts alone."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import requests
import yaml

from connector.settings import Settings, parse_routes
from local.faas import planning
from local.faas import stack as local_stack
from local.services import clock
from tests.deploy.images import HOME, ROOT, STACK, Dockerfile, lay_out_connector
from tests.ports import free_port
from tests.support import answers, wait_until
from tests.waits import WAIT_S

FOLDER = ROOT / "deploy" / "connector"
DEPLOYMENT: dict[str, Any] = yaml.safe_load((FOLDER / "deployment.yaml").read_text())
POD = DEPLOYMENT["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]
ENVIRONMENT = {entry["name"]: entry["value"] for entry in CONTAINER["env"]}
FIELDS = {name.upper() for name in Settings.model_fields}
SECRETS = {name.upper().replace("-", "_") for name in planning.CONNECTOR_SECRETS} | {
    "SERVICE_TOKEN_KEY_PREVIOUS"
}


def test_the_deployment_routes_every_queue_to_the_function_that_stack_names() -> None:
    routes = {r["exchange"]: (r["function"], r["url"]) for r in parse_routes(ENVIRONMENT["ROUTES"])}
    assert routes == {
        queue: (spec.name, f"http://gateway.openfaas:8080/function/{spec.name}")
        for spec in local_stack.load(STACK, {}).functions
        for queue in spec.queues
    }


def test_the_deployment_names_only_settings_that_the_connector_has() -> None:
    names = {name.removesuffix("_SECRET") for name in ENVIRONMENT} - {"LOG_LEVEL"}
    assert names <= FIELDS


def test_the_connector_finds_its_secrets_among_those_mounted() -> None:
    volume = next(v for v in POD["volumes"] if v["name"] == "secrets")
    mounted = {source["secret"]["name"] for source in volume["projected"]["sources"]}
    assert ENVIRONMENT["DATABASE_URL_SECRET"] in mounted
    assert mounted == set(planning.CONNECTOR_SECRETS.values())


def test_it_is_given_time_to_finish_and_no_rights() -> None:
    assert POD["terminationGracePeriodSeconds"] > float(ENVIRONMENT["STOP_SECONDS"])
    assert CONTAINER["securityContext"]["readOnlyRootFilesystem"] is True
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["automountServiceAccountToken"] is False


def test_faas_local_can_steer_every_setting_of_the_connector() -> None:
    own = {"HOST", "PORT"}
    assert set(planning.CONNECTOR_VARIABLES) == FIELDS - own - SECRETS | {"LOG_LEVEL"}


def test_the_image_installs_the_functions_lock_by_hashes() -> None:
    steps = Dockerfile.read(FOLDER / "Dockerfile")
    assert any("template/parley-python/requirements.txt" in step for step in steps.all("COPY"))
    assert any("--require-hashes" in step for step in steps.all("RUN"))
    assert steps.all("USER") == ["app"]


def test_the_connector_starts_from_its_context_alone(tmp_path: Path, image_python: Path) -> None:
    context = lay_out_connector(tmp_path)
    image = Dockerfile.read(context / "Dockerfile")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "service-token-key").write_text("k" * 40)
    (secrets / "amqp-url").write_text("amqp://guest:guest@127.0.0.1:9/")
    (secrets / "database-url-connector").write_text("postgresql://a:b@127.0.0.1:9/parley")
    (secrets / "redis-url").write_text("redis://127.0.0.1:9/0")
    (secrets / "s3-access-key").write_text("a")
    (secrets / "s3-secret-key").write_text("b")
    port = free_port()
    env = {name: value.replace(HOME, str(context)) for name, value in image.environment.items()}
    env |= ENVIRONMENT | {"HOST": "127.0.0.1", "PORT": str(port), "SECRETS_DIR": str(secrets)}
    env |= clock.moved()
    env["PATH"] = os.pathsep.join([str(image_python.parent), "/usr/bin", "/bin"])
    command = json.loads(image.all("CMD")[0])
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=context,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
            executable=image_python.parent / command[0],
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: process.poll() is not None or answers(f"{url}/healthz"))
        assert process.poll() is None, (tmp_path / "output").read_text()
        assert requests.get(f"{url}/readyz", timeout=WAIT_S).status_code == 503
    finally:
        process.terminate()
        process.wait(WAIT_S)
    assert process.returncode in {0, -15}
