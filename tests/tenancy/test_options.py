"""Options are what the code knows: a wrong one is refused with its name, and none hides another."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.tenancy.files import TenantFile
from shared.tenancy.options import ChannelLimits, ChannelOptions
from tests.tenancy.declared import tenant_file
from tests.tenancy.serving import Served

TEMPLATE = {"name": "we_answered", "language": "en_US", "parameters": ["Acme", "{text}"]}

WRONG = {
    "media_mod": "upload",
    "media_mode": "links",
    "suspended_answer": "silence",
    "typing": "yes",
    "fallback_template": "we_answered",
    "fallback_template.name": TEMPLATE | {"name": "We Answered"},
    "fallback_template.language": TEMPLATE | {"language": "en-US"},
    "fallback_template.parameters": TEMPLATE | {"parameters": ["two\nlines"]},
    "fallback_template.header": TEMPLATE | {"header": "x"},
}


@pytest.mark.parametrize("place", WRONG)
def test_a_wrong_option_is_refused_by_its_name(tenancy: Served, place: str) -> None:
    file = tenant_file()
    file["channels"][0]["options"] = {place.split(".", maxsplit=1)[0]: WRONG[place]}
    answer = tenancy.call("PUT", f"/tenancy/tenants/{file['tenant']}", file)
    assert (answer.status_code, f"options.{place}" in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    "parameters",
    [[""], ["   "], ["a\tb"], ["a     b"], ["x" * 1025], ["x"] * 21],
    ids=["empty", "blank", "tab", "five blanks", "long", "many"],
)
def test_a_parameter_that_meta_refuses_is_refused_here(parameters: list[str]) -> None:
    with pytest.raises(ValidationError, match="parameters"):
        ChannelOptions.model_validate({"fallback_template": TEMPLATE | {"parameters": parameters}})


def test_the_options_of_a_channel_go_before_those_of_its_tenant(tenancy: Served) -> None:
    file = tenant_file(options={"typing": False, "fallback_template": TEMPLATE})
    file["channels"][0]["options"] = {"media_mode": "link", "fallback_template": None}
    path = f"/tenancy/tenants/{file['tenant']}"
    assert tenancy.call("PUT", path, file).status_code == 200
    number = file["channels"][0]["phone_number_id"]
    found = tenancy.call("GET", f"/tenancy/resolve/phone/{number}").json()["resolution"]["options"]
    assert found == {"typing": False, "media_mode": "link", "fallback_template": None}
    assert ChannelOptions.read(found).typing is False
    assert tenancy.call("PUT", path, file).json()["changes"] == []


def test_only_what_was_chosen_is_kept() -> None:
    declared = {"options": {"fallback_template": TEMPLATE}}
    file = TenantFile.model_validate({"tenant": "acme"} | declared)
    assert file.model_dump()["options"] == declared["options"]
    assert TenantFile.model_validate_json(file.model_dump_json()).options == file.options
    assert TenantFile(tenant="acme").model_dump()["options"] == {}


@pytest.mark.parametrize(
    "stored",
    [None, [], "text", {}, {"of_another_version": 1}, {"typing": "yes", "media_mode": 7}],
    ids=["null", "list", "text", "empty", "unknown", "wrong"],
)
def test_what_is_stored_and_no_option_is_as_if_it_were_not(stored: Any) -> None:
    assert ChannelOptions.read(stored) == ChannelOptions()


def test_a_wrong_option_leaves_the_others_as_they_are() -> None:
    stored = {"typing": "yes", "media_mode": "link", "fallback_template": TEMPLATE}
    read = ChannelOptions.read(stored)
    assert (read.typing, read.media_mode) == (True, "link")
    assert read.fallback_template is not None
    assert read.fallback_template.parameters == ["Acme", "{text}"]


def test_a_channel_tells_its_limits_and_the_clients_that_share_its_calls(tenancy: Served) -> None:
    file = tenant_file()
    clients = file["credentials"]["genesys"]
    clients["second"] = clients["default"] | {"client_id": "another"}
    file["channels"][0] |= {
        "genesys_credential": ["default", "second"],
        "limits": {"messages_per_second": 20},
    }
    path = f"/tenancy/tenants/{file['tenant']}"
    assert tenancy.call("PUT", path, file).status_code == 200
    number = file["channels"][0]["phone_number_id"]
    found = tenancy.call("GET", f"/tenancy/resolve/phone/{number}").json()["resolution"]
    assert found["genesys_credential"] == "default,second"
    assert found["limits"] == {"messages_per_second": 20}
    assert tenancy.call("PUT", path, file).json()["changes"] == []


@pytest.mark.parametrize("stored", [{}, None, {"messages_per_second": "many"}, {"old": 1}])
def test_limits_that_can_not_be_used_are_none(stored: Any) -> None:
    assert ChannelLimits.read(stored).messages_per_second is None
