"""The overlay for OpenFaaS Pro: labels alone, on functions that exist."""

import yaml

from local.faas.overlay import overlay
from tests.deploy.images import ROOT, STACK
from tests.deploy.test_stack_file import PORTS

TEXT = (ROOT / "deploy" / "openfaas-pro.yml").read_text()


def test_it_changes_labels_and_nothing_else() -> None:
    before = yaml.safe_load(STACK.read_text())
    after = yaml.safe_load(overlay(STACK.read_text(), [TEXT]))
    for name in PORTS:
        assert before["functions"][name].pop("labels") != after["functions"][name].pop("labels")
    assert before == after


def test_all_its_labels_are_text_as_kubernetes_wants_them() -> None:
    for entry in yaml.safe_load(TEXT)["functions"].values():
        assert list(entry) == ["labels"]
        assert {type(value) for value in entry["labels"].values()} == {str}
