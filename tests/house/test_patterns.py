"""No user reads a regular expression: every pattern of a field is declared with its words."""

import ast
import json
from collections.abc import Iterable, Iterator

import pytest
from pydantic import BaseModel, ValidationError

from shared.runtime.faults import has_words, said, words_of
from shared.services.fields import Uuid
from shared.services.keys import KeyRequest
from shared.tenancy.files import ChannelFile, TenantFile, TenantsFile
from shared.tenancy.options import TenantOptions
from tests.house.test_rules import nodes, product

DECLARES = "in_words"


class KeyPath(BaseModel):
    """As the API's paths name a key."""

    key_id: Uuid


def declared(of: Iterable[ast.AST]) -> set[str]:
    """Names that are assigned a pattern with words."""
    return {
        target.id
        for node in of
        if isinstance(node, ast.Assign) and is_declared(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def is_declared(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == DECLARES
    return isinstance(node, ast.Name) and node.id in names


def patterns(of: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """What is handed to pydantic as a pattern."""
    for node in of:
        if isinstance(node, ast.Call):
            yield from (word.value for word in node.keywords if word.arg == "pattern")


def test_every_pattern_of_a_field_is_declared_with_its_words() -> None:
    ours = [path for path in product() if "sandbox" not in path.parts]
    names = {name for path in ours for name in declared(nodes(path))}
    bare = [
        f"{path}:{value.lineno}"
        for path in ours
        for value in patterns(nodes(path))
        if not is_declared(value, names)
    ]
    assert names
    assert bare == []


@pytest.mark.parametrize("model", [TenantsFile, KeyRequest, KeyPath])
def test_the_patterns_that_users_reach_have_words(model: type[BaseModel]) -> None:
    def found(schema: object) -> Iterator[str]:
        if isinstance(schema, dict):
            if isinstance(schema.get("pattern"), str):
                yield schema["pattern"]
            for value in schema.values():
                yield from found(value)
        if isinstance(schema, list):
            for value in schema:
                yield from found(value)

    told = list(found(model.model_json_schema()))
    assert told
    assert [pattern for pattern in told if not has_words(pattern)] == []


CHANNEL = {
    "name": "main",
    "phone_number_id": "106540352242922",
    "waba_id": "102290129340398",
    "integration_id": "2b7c",
    "region": "mypurecloud.de",
}


@pytest.mark.parametrize(
    ("model", "given", "place", "words"),
    [
        (ChannelFile, {"phone_number_id": "+49 151 1234567"}, "phone_number_id", "not the phone"),
        (ChannelFile, {"waba_id": "my waba"}, "waba_id", "the id that WhatsApp Manager shows"),
        (ChannelFile, {"region": "https://mypurecloud.de"}, "region", "without https://"),
        (ChannelFile, {"integration_id": "a b"}, "integration_id", "Open Messaging integration"),
        (ChannelFile, {"name": "my channel"}, "name", "is no name: up to 63 letters"),
        (TenantFile, {"tenant": "Acme_Bank"}, "tenant", "is no slug such as acme-bank"),
        (
            TenantOptions,
            {"fallback_template": {"name": "hello", "language": "en-US"}},
            "fallback_template.language",
            "such as de or en_US, not en-US",
        ),
        (
            TenantOptions,
            {"fallback_template": {"name": "We answered", "language": "de"}},
            "fallback_template.name",
            "small letters, digits and '_'",
        ),
        (TenantOptions, {"cors_origins": ["desk.example.com"]}, "cors_origins.0", "https://desk"),
        (KeyRequest, {"name": "crm nightly"}, "name", "is no name"),
        (KeyPath, {"key_id": "crm-nightly"}, "key_id", "is an id such as 7d0c5a52-"),
    ],
)
def test_a_likely_mistake_is_told_in_words(
    model: type[BaseModel], given: dict[str, object], place: str, words: str
) -> None:
    with pytest.raises(ValidationError) as wrong:
        model.model_validate((CHANNEL if model is ChannelFile else {}) | given)
    told = said(wrong.value.errors())
    assert told.startswith(f"{place}: ")
    assert words in told
    assert not any(sign in told for sign in ("^", "pattern", "[a-z"))


def test_a_pattern_without_words_is_not_shown_either() -> None:
    fault = {"type": "string_pattern_mismatch", "msg": "^x$", "ctx": {"pattern": "^x$"}}
    assert words_of(fault) == "has not the form of one"
    assert json.dumps(fault)
