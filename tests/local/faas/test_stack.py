"""Reading stack.yml: substitution as faas-cli has it, and errors that name the entry."""

from pathlib import Path

import pytest

from local.faas.errors import FaasError
from local.faas.stack import load, substitute


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ("${A}", {"A": "1"}, "1"),
        ("${A}", {}, ""),
        ("${A:-x}", {}, "x"),
        ("${A:-x}", {"A": ""}, "x"),
        ("${A:-x}", {"A": "1"}, "1"),
        ("${A:-}", {}, ""),
        ("${A:-http://h:1/p?q=a-b}", {}, "http://h:1/p?q=a-b"),
        ("$A {A} $$", {"A": "1"}, "$A {A} $$"),
        ("${A}${B:-2}", {"A": "${B}"}, "${B}2"),
    ],
)
def test_substitution(text: str, variables: dict[str, str], expected: str) -> None:
    assert substitute(text, variables) == expected


ENTRY = """
functions:
  one:
    lang: tiny
    handler: ./one
    environment: {LEVEL: "${LEVEL:-INFO}", SIZE: 4, ON: true, NONE: }
    secrets: [a, b]
    annotations: {parley.port: "3001", parley.queues: "A, B"}
"""


def lay(folder: Path, text: str, fprocess: str = "python -m x") -> Path:
    (folder / "template" / "tiny").mkdir(parents=True)
    (folder / "template" / "tiny" / "template.yml").write_text(f"fprocess: {fprocess}\n")
    (folder / "stack.yml").write_text(text)
    return folder / "stack.yml"


def test_a_function_is_read_with_its_templates_command(tmp_path: Path) -> None:
    spec = load(lay(tmp_path, ENTRY), {"LEVEL": "DEBUG"}).functions[0]
    assert spec.command == ("python", "-m", "x")
    assert spec.environment == {"LEVEL": "DEBUG", "SIZE": "4", "ON": "true", "NONE": ""}
    assert spec.secrets == ("a", "b")
    assert (spec.port, spec.queues) == (3001, ("A", "B"))
    assert spec.handler == tmp_path / "one"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ENTRY.replace("tiny", "none"), "lang 'none' has no template"),
        (ENTRY.replace("parley.port", "port"), "functions.one needs the annotation parley.port"),
        (ENTRY.replace('"3001"', '"http"'), "functions.one needs the annotation parley.port"),
        (
            ENTRY + ENTRY.replace("functions:\n", "").replace("one:", "two:"),
            "both have parley.port 3001",
        ),
        ("functions: {one: 1}", "functions.one in the stack file is not a mapping"),
        ("functions: {}", "declares no functions"),
        ("- a", "declares no functions"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_wrong_stack_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FaasError, match=words):
        load(lay(tmp_path, text), {})


def test_a_missing_stack_file_says_which_option_names_it(tmp_path: Path) -> None:
    with pytest.raises(FaasError, match="--yaml"):
        load(tmp_path / "stack.yml", {})


def test_an_unknown_function_is_answered_with_the_names_there_are(tmp_path: Path) -> None:
    read = load(lay(tmp_path, ENTRY), {})
    assert read.function("one").port == 3001
    with pytest.raises(FaasError, match="it has: one"):
        read.function("two")
