"""stack.yml: every key known to faas-cli, every value steerable, nothing that a cluster refuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from local.faas import stack as local_stack
from tests.deploy.images import ROOT, STACK, Dockerfile, stack

SCHEMA = json.loads((Path(__file__).parent / "stack.schema.json").read_text())
# As the architecture's table has them.
PORTS = {
    "api-gateway": 3000,
    "inbound-transform": 3002,
    "outbound-transform": 3003,
    "auth": 3004,
    "state": 3005,
    "tenancy": 3006,
    "wa-api": 3008,
    "genesys-api": 3009,
    "wa-webhook": 3010,
    "genesys-webhook": 3011,
}
QUEUES = {
    "inbound-transform": ("INBOUND_WHATSAPP_MESSAGES", "INBOUND_WHATSAPP_STATUSES"),
    "outbound-transform": ("OUTBOUND_GENESYS_MESSAGES",),
}
FUNCTIONS = sorted(PORTS)
# Names a secret of this very file, so it is no choice of the environment.
FIXED = re.compile(r".*_SECRET")


def document() -> dict[str, Any]:
    """The file after substitution with nothing set."""
    loaded: dict[str, Any] = yaml.safe_load(local_stack.substitute(STACK.read_text(), {}))
    return loaded


def test_every_key_is_one_that_faas_cli_knows() -> None:
    faults = [fault.message for fault in Draft202012Validator(SCHEMA).iter_errors(document())]
    assert faults == []


@pytest.mark.parametrize("key", ["enviroment", "secret", "read_only_root_filesystem"])
def test_a_misspelt_key_would_be_found(key: str) -> None:
    wrong = document()
    wrong["functions"]["state"][key] = {}
    assert list(Draft202012Validator(SCHEMA).iter_errors(wrong))


@pytest.mark.parametrize(
    "label",
    [
        {"com.openfaas.scale.zero": "true"},
        {"com.openfaas.scale.max": "6"},
        {"com.openfaas.scale.target": "50"},
        {"com.openfaas.scale.type": "rps"},
        {"com.openfaas.scale.min": 1},
    ],
)
def test_a_label_that_the_community_edition_refuses_would_be_found(label: dict[str, Any]) -> None:
    wrong = document()
    wrong["functions"]["state"]["labels"] = label
    assert list(Draft202012Validator(SCHEMA).iter_errors(wrong))


def test_functions_ports_and_queues_are_the_architectures() -> None:
    read = local_stack.load(STACK, {})
    assert {spec.name: spec.port for spec in read.functions} == PORTS
    assert {spec.name: spec.queues for spec in read.functions if spec.queues} == QUEUES


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_environment_value_can_be_steered_by_a_variable_of_its_name(name: str) -> None:
    entry = yaml.safe_load(STACK.read_text())["functions"][name]
    for variable, value in entry["environment"].items():
        if not FIXED.fullmatch(variable):
            assert re.fullmatch(r"\$\{" + variable + r":-[^}]*\}", value), f"{variable}: {value}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_runs_on_a_read_only_root_with_limits(name: str) -> None:
    entry = document()["functions"][name]
    assert entry["readonly_root_filesystem"] is True
    assert set(entry["limits"]) == set(entry["requests"]) == {"memory", "cpu"}
    assert entry["image"].endswith(f"/{name}:latest")
    assert (ROOT / entry["handler"] / "handler.py").is_file()


def test_a_peers_address_is_its_place_behind_the_gateway() -> None:
    for entry in stack().values():
        for variable, value in dict(entry["environment"]).items():  # type: ignore[call-overload]  # a mapping, by the schema
            if "gateway.openfaas" in value:
                name = variable.removesuffix("_URL").lower().replace("_", "-")
                assert value == f"http://gateway.openfaas:8080/function/{name}"
                assert name in PORTS


def test_the_command_is_the_templates_and_the_images() -> None:
    template = ROOT / "template" / "parley-python"
    command = local_stack.template_command(ROOT, "parley-python")
    assert command == Dockerfile.read(template / "Dockerfile").environment["fprocess"]
    assert {spec.command for spec in local_stack.load(STACK, {}).functions} == {
        tuple(command.split(" "))
    }
