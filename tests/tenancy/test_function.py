"""The tenancy function over HTTP, on real PostgreSQL and Redis."""

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from local.services import Endpoints
from shared.storage.database import Database
from shared.tenancy.vault import KeyRing
from tests.tenancy.declared import tenant_file
from tests.tenancy.serving import Served, served
from tests.waits import WAIT_S

File = dict[str, Any]


def apply(tenancy: Served, file: File, **params: str) -> requests.Response:
    return tenancy.call("PUT", f"/tenancy/tenants/{file['tenant']}", file, **params)


def applied(tenancy: Served, file: File, **params: str) -> list[tuple[str, str, list[str]]]:
    answer = apply(tenancy, file, **params)
    assert answer.status_code == 200, answer.text
    return [(one["what"], one["action"], one["fields"]) for one in answer.json()["changes"]]


def refusal(tenancy: Served, file: File) -> tuple[int, str]:
    answer = apply(tenancy, file)
    return answer.status_code, answer.json()["detail"]


def resolved(tenancy: Served, kind: str, value: str) -> Any:
    return tenancy.call("GET", f"/tenancy/resolve/{kind}/{value}").json()["resolution"]


def hooks(tenancy: Served, file: File) -> Any:
    key = file["channels"][0]["integration_id"]
    secrets = tenancy.call("GET", f"/tenancy/signing/genesys/{key}").json()["secrets"]
    assert secrets.pop("version")
    return secrets


def in_database(endpoints: Endpoints, work: Callable[[Database], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with Database.open(endpoints.database_url("tenancy")) as database:
            return await work(database)

    return asyncio.run(run())


def changed(file: File, **channel: Any) -> File:
    other = copy.deepcopy(file)
    other["channels"][0].update(channel)
    return other


def test_applying_twice_says_unchanged(tenancy: Served) -> None:
    file = tenant_file()
    assert applied(tenancy, file) == [
        ("tenant", "created", []),
        ("credential", "created", []),
        ("credential", "created", []),
        ("channel", "created", []),
    ]
    assert applied(tenancy, file) == []


def test_a_dry_run_tells_and_changes_nothing(tenancy: Served) -> None:
    file = tenant_file()
    assert len(applied(tenancy, file, dry_run="true")) == 4
    assert tenancy.call("GET", f"/tenancy/tenants/{file['tenant']}").status_code == 404


def test_only_what_differs_is_changed(tenancy: Served) -> None:
    file = tenant_file()
    applied(tenancy, file)
    file["name"] = "Acme"
    file["channels"][0]["options"] = {"typing": False}
    assert applied(tenancy, file) == [
        ("tenant", "changed", ["name"]),
        ("channel", "changed", ["options"]),
    ]


def test_what_the_file_leaves_out_stays(tenancy: Served) -> None:
    file = tenant_file()
    applied(tenancy, file)
    answer = apply(tenancy, {"tenant": file["tenant"], "name": "Acme Bank"}).json()
    assert answer["changes"] == []
    assert sorted(answer["kept"]) == [
        "channel main",
        "credential genesys/default",
        "credential whatsapp/default",
    ]


def test_each_identifier_finds_its_tenant(tenancy: Served) -> None:
    file = tenant_file(options={"typing": False, "media_mode": "link"})
    file["channels"][0]["options"] = {"media_mode": "upload"}
    applied(tenancy, file)
    channel = file["channels"][0]
    by_phone = resolved(tenancy, "phone", channel["phone_number_id"])
    assert by_phone == resolved(tenancy, "integration", channel["integration_id"])
    assert by_phone["tenant_slug"] == file["tenant"]
    assert by_phone["channel_name"] == "main"
    assert by_phone["meta_app"] == "platform"
    assert by_phone["options"] == {"typing": False, "media_mode": "upload"}
    by_waba = resolved(tenancy, "waba", channel["waba_id"])
    assert (by_waba["tenant_id"], by_waba["channel_id"]) == (by_phone["tenant_id"], None)
    assert resolved(tenancy, "phone", channel["waba_id"]) is None


def test_a_changed_webhook_secret_leaves_the_old_one_good_until_it_is_forgotten(
    tenancy: Served,
) -> None:
    file = tenant_file()
    old = file["channels"][0]["webhook_secret"]
    applied(tenancy, file)
    assert hooks(tenancy, file) == {"current": old, "previous": None, "verify_token": None}
    file = changed(file, webhook_secret="SECRET-the-new-one-here")
    assert applied(tenancy, file) == [("channel", "changed", ["webhook_secret"])]
    assert hooks(tenancy, file)["previous"] == old
    again = applied(tenancy, file, forget_previous="true")
    assert again == [("channel", "changed", ["webhook_secret_previous"])]
    assert hooks(tenancy, file)["previous"] is None


def test_a_secret_left_out_is_kept(tenancy: Served) -> None:
    file = tenant_file()
    applied(tenancy, file)
    kept = hooks(tenancy, file)
    del file["channels"][0]["webhook_secret"]
    assert applied(tenancy, file) == []
    assert hooks(tenancy, file) == kept


def test_credentials_come_back_opened(tenancy: Served) -> None:
    file = tenant_file()
    applied(tenancy, file)
    shown = tenancy.call("GET", f"/tenancy/tenants/{file['tenant']}").json()
    path = f"/tenancy/credentials/{shown['id']}"

    def opened(path: str) -> Any:
        return tenancy.call("GET", path, caller="auth")

    genesys = opened(f"{path}/genesys/default").json()["genesys"]
    assert genesys == file["credentials"]["genesys"]["default"]
    assert opened(f"{path}/whatsapp/other").json()["whatsapp"] is None
    assert opened("/tenancy/credentials/acme/whatsapp/default").status_code == 422


@pytest.mark.usefixtures("no_platform_app")
def test_own_and_platform_apps_sign(tenancy: Served) -> None:
    file = tenant_file()
    own = f"app-{file['tenant']}"
    file["apps"] = [
        {"app": own, "app_secret": "SECRET-of-the-app", "verify_token": "SECRET-to-verify"}
    ]
    file["channels"][0]["meta_app"] = own
    applied(tenancy, file)
    channel = file["channels"][0]
    assert resolved(tenancy, "phone", channel["phone_number_id"])["meta_app"] == own
    signing = tenancy.call("GET", f"/tenancy/signing/meta/{own}").json()["secrets"]
    assert signing.pop("version")
    assert signing == {
        "current": "SECRET-of-the-app",
        "previous": None,
        "verify_token": "SECRET-to-verify",
    }
    platform = {
        "app": "platform",
        "app_secret": "SECRET-of-platform",
        "verify_token": "SECRET-to-verify",
    }
    assert tenancy.call("PUT", "/tenancy/apps/platform", platform).status_code == 200
    assert tenancy.call("PUT", "/tenancy/apps/platform", platform).json()["changes"] == []
    told = tenancy.call("GET", "/tenancy/signing/meta/platform").json()["secrets"]
    assert told["current"] == "SECRET-of-platform"
    assert tenancy.call("GET", "/tenancy/signing/meta/nobody").json()["secrets"] is None
    assert tenancy.call("PUT", f"/tenancy/apps/{own}", {"app": own}).status_code == 409


def test_answers_for_operators_hold_no_secret(tenancy: Served) -> None:
    file = tenant_file()
    answer = apply(tenancy, file).text
    shown = tenancy.call("GET", f"/tenancy/tenants/{file['tenant']}").text
    listed = tenancy.call("GET", "/tenancy/tenants").text
    assert file["tenant"] in listed
    assert "SECRET" not in answer + shown + listed
    channel = json.loads(shown)["channels"][0]
    assert (channel["webhook_secret"], channel["webhook_secret_previous"]) == ("set", "missing")


def test_a_sealed_value_moved_to_another_row_does_not_open(
    tenancy: Served, migrated: Endpoints
) -> None:
    mine, other = tenant_file(), tenant_file()
    applied(tenancy, mine)
    applied(tenancy, other)

    async def move(database: Database) -> None:
        await database.rows(
            "update channels set webhook_secret = (select webhook_secret from channels"
            " where integration_id = :source) where integration_id = :target",
            source=mine["channels"][0]["integration_id"],
            target=other["channels"][0]["integration_id"],
        )

    in_database(migrated, move)
    key = other["channels"][0]["integration_id"]
    answer = tenancy.call("GET", f"/tenancy/signing/genesys/{key}")
    assert (answer.status_code, answer.json()["code"]) == (500, "seal_broken")
    assert "SECRET" not in answer.text
    assert applied(tenancy, other) == [("channel", "changed", ["webhook_secret"])]
    assert hooks(tenancy, other)["current"] == other["channels"][0]["webhook_secret"]


def test_after_a_new_key_the_older_values_still_open(
    tenancy: Served, migrated: Endpoints, key_ring: str, tmp_path: Path
) -> None:
    file = tenant_file()
    applied(tenancy, file)
    old, new = KeyRing.parse(key_ring), KeyRing.generate("k2")
    both = KeyRing("k2", old.keys | new.keys).dump()
    settings = {
        "DATABASE_URL": migrated.database_url("tenancy"),
        "REDIS_URL": migrated.redis_url,
    }
    with served("tenancy", tmp_path, **settings, KEY_RING=both) as rotated:
        assert hooks(rotated, file)["current"] == file["channels"][0]["webhook_secret"]
        assert applied(rotated, file) == []
    with served("tenancy", tmp_path, **settings, KEY_RING=new.dump()) as forgetful:
        key = file["channels"][0]["integration_id"]
        answer = forgetful.call("GET", f"/tenancy/signing/genesys/{key}")
    assert "KEY_RING" in answer.json()["detail"]


def test_a_suspended_tenant_is_told_as_such(tenancy: Served) -> None:
    file = tenant_file(status="suspended")
    applied(tenancy, file)
    told = resolved(tenancy, "phone", file["channels"][0]["phone_number_id"])
    assert (told["tenant_status"], told["channel_status"]) == ("suspended", "active")


def test_every_change_is_in_the_audit_log_without_values(
    tenancy: Served, migrated: Endpoints
) -> None:
    file = tenant_file()
    path = f"/tenancy/tenants/{file['tenant']}"
    tenancy.call("PUT", path, file, caller="parley:alice")
    tenancy.call("PUT", path, changed(file, region="mypurecloud.ie"), caller="parley:eve")
    tenancy.call(
        "PUT", path, changed(file, webhook_secret="SECRET-of-bob-is-long"), caller="parley:bob"
    )

    async def read(database: Database) -> list[dict[str, Any]]:
        return await database.rows(
            "select actor, action, subject, detail from audit_log"
            " where starts_with(subject, :slug) order by id",
            slug=file["tenant"],
        )

    rows = in_database(migrated, read)
    assert [(row["actor"], row["action"], row["subject"]) for row in rows] == [
        ("parley:alice", "tenant.created", file["tenant"]),
        ("parley:alice", "credential.created", f"{file['tenant']}/whatsapp/default"),
        ("parley:alice", "credential.created", f"{file['tenant']}/genesys/default"),
        ("parley:alice", "channel.created", f"{file['tenant']}/main"),
        ("parley:bob", "channel.changed", f"{file['tenant']}/main"),
    ]
    assert rows[-1]["detail"] == {"fields": ["webhook_secret"]}


def test_a_number_of_ones_own_other_channel_is_named_but_not_another_tenants(
    tenancy: Served,
) -> None:
    file, stranger = tenant_file(), tenant_file()
    applied(tenancy, file)
    taken = file["channels"][0]
    second = {**tenant_file()["channels"][0], "name": "second"}
    second["phone_number_id"] = taken["phone_number_id"]
    own = {**file, "channels": [*file["channels"], second]}
    status, words = refusal(tenancy, {**own, "channels": [second]})
    assert status == 409
    assert "belongs to channel 'main' of this tenant" in words
    for name in ("phone_number_id", "integration_id", "waba_id"):
        status, words = refusal(tenancy, changed(stranger, **{name: taken[name]}))
        assert status == 409
        assert f"{name} {taken[name]} belongs to another tenant" in words
        assert file["tenant"] not in words


def test_private_regions_are_those_that_the_operator_added(tenancy: Served) -> None:
    file = changed(tenant_file(), region="private.example")
    file["credentials"]["genesys"]["default"]["region"] = "private.example"
    assert len(applied(tenancy, file)) == 4


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ({"region": "evil.example"}, "'evil.example' is not a region of Genesys Cloud"),
        ({"region": "mypurecloud.ie"}, "is not that of its genesys credential"),
        ({"webhook_secret": "SECRET-of-15-ch"}, "longer than 15 characters"),
        ({"webhook_secret": "SECRET-with-a-line-end\n"}, "blanks or line ends"),
        ({"webhook_secret": None}, "webhook_secret is missing"),
        ({"meta_app": "unheard-of"}, "meta_app 'unheard-of' is not an app of this tenant"),
        ({"whatsapp_credential": "b"}, "there is no whatsapp credential 'b'"),
        ({"genesys_credential": "b"}, "there is no genesys credential 'b'"),
        ({"genesys_credential": ["default", "c"]}, "there is no genesys credential 'c'"),
        ({"genesys_credential": ["default"] * 2}, "takes up to 8 names, each once"),
        ({"genesys_credential": [f"c{n}" for n in range(9)]}, "takes up to 8 names, each once"),
        ({"genesys_credential": ["a,b", ""]}, "is no name, or no list of names"),
        ({"limits": {"messages_per_second": 0}}, "limits.messages_per_second"),
        ({"limits": {"messages_per_secnd": 20}}, "limits.messages_per_secnd"),
        ({"phone_number_id": "+49 151"}, "phone_number_id"),
        ({"integration_id": "../../etc"}, "integration_id"),
        ({"color": "red"}, "channels.0.color"),
    ],
)
def test_a_fault_is_named_and_nothing_is_stored(
    tenancy: Served, channel: dict[str, Any], words: str
) -> None:
    file = changed(tenant_file(), **channel)
    status, detail = refusal(tenancy, file)
    assert status == 422
    assert words in detail
    assert "SECRET" not in detail
    assert tenancy.call("GET", f"/tenancy/tenants/{file['tenant']}").status_code == 404


@pytest.mark.parametrize("name", ["Acme\nroot", "\x1b[2J", "Acme\u202e", "\u009b31m"])
def test_a_name_that_is_not_to_be_printed_is_refused(tenancy: Served, name: str) -> None:
    status, detail = refusal(tenancy, tenant_file() | {"name": name})
    assert status == 422
    assert "name: holds a control character, an end of line or a mark of direction" in detail


def test_all_faults_are_told_at_once(tenancy: Served) -> None:
    file = changed(tenant_file(), meta_app="x", region="evil.example", webhook_secret=None)
    _, detail = refusal(tenancy, file)
    assert detail.count(";") >= 2


def test_an_app_needs_its_secret_and_a_name_of_its_own(tenancy: Served) -> None:
    one, two = tenant_file(), tenant_file()
    one["apps"] = [{"app": f"app-{one['tenant']}"}]
    assert "app_secret is missing" in refusal(tenancy, one)[1]
    one["apps"] = two["apps"] = [{"app": f"app-{one['tenant']}", "app_secret": "SECRET-of-the-app"}]
    applied(tenancy, one)
    assert refusal(tenancy, two) == (
        409,
        f"app app-{one['tenant']}: the name is taken; app names are unique on the platform",
    )


@pytest.mark.parametrize("name", ["app_secret", "verify_token"])
def test_a_secret_of_an_app_that_could_be_guessed_is_refused(tenancy: Served, name: str) -> None:
    file = tenant_file()
    app = {"app": f"app-{file['tenant']}", "app_secret": "SECRET-" + "x" * 9}
    file["apps"] = [{**app, name: "SECRET-" + "y" * 8}]
    status, detail = refusal(tenancy, file)
    assert (status, f"apps.0.{name}: is too short: 16 characters or more" in detail) == (422, True)
    assert "SECRET" not in detail
    file["apps"] = [{**app, name: "SECRET-" + "y" * 9}]
    applied(tenancy, file)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/tenancy/tenants"),
        ("GET", "/tenancy/resolve/phone/1"),
        ("GET", "/tenancy/signing/meta/platform"),
        ("PUT", "/tenancy/tenants/acme"),
    ],
)
def test_strangers_learn_nothing(tenancy: Served, method: str, path: str) -> None:
    assert requests.request(method, tenancy.url + path, timeout=WAIT_S).status_code == 401


def test_path_and_body_must_agree(tenancy: Served) -> None:
    answer = tenancy.call("PUT", "/tenancy/tenants/another", tenant_file())
    assert answer.status_code == 422


def test_no_secret_in_its_log(tenancy: Served) -> None:
    applied(tenancy, tenant_file())
    text = tenancy.output.read_text()
    assert "configuration_changed" in text
    assert "SECRET" not in text
