"""An overlay changes what it names, leaves the rest, and knows every function it names."""

import pytest
import yaml

from local.faas.errors import FaasError
from local.faas.overlay import overlay

STACK = """
version: "1.0"
functions:
  one:
    image: "${IMAGE:-x}/one"
    labels: {a: "1", b: "2"}
    secrets: [k]
  two: {image: two}
"""


def test_labels_join_and_everything_else_stays() -> None:
    text = overlay(STACK, ['functions: {one: {labels: {b: "3", c: "4"}}}'])
    merged = yaml.safe_load(text)
    assert merged["functions"]["one"]["labels"] == {"a": "1", "b": "3", "c": "4"}
    assert merged["functions"]["one"]["image"] == "${IMAGE:-x}/one"
    assert merged["functions"]["one"]["secrets"] == ["k"]
    assert merged["functions"]["two"] == {"image": "two"}
    assert merged["version"] == "1.0"


def test_a_later_overlay_wins() -> None:
    overlays = [f"functions: {{two: {{image: {image}}}}}" for image in ("a", "b")]
    assert yaml.safe_load(overlay(STACK, overlays))["functions"]["two"]["image"] == "b"


def test_a_function_that_is_not_there_is_refused() -> None:
    with pytest.raises(FaasError, match="three"):
        overlay(STACK, ["functions: {three: {}}"])
