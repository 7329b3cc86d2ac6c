"""A file in S3 is named so that an erasure finds it by its message, both ways."""

from uuid import UUID

from minio import Minio

from local.services import Endpoints
from shared.media.store import Wanted, name_of, new_key
from tests.transform_functions.stage import Stage, Tenant, outcome

TENANT = "11111111-1111-4111-8111-111111111111"


def begins(key: str) -> str:
    return key.rpartition("/")[2][:18]


def stored(services: Endpoints, bucket: str, tenant_id: str) -> set[str]:
    host = services.s3_endpoint_url.removeprefix("http://")
    store = Minio(host, services.s3_access_key, services.s3_secret_key, secure=False)
    found = store.list_objects(bucket, prefix=f"{tenant_id}/", recursive=True)
    return {begins(str(one.object_name)) for one in found}


def test_a_name_begins_with_its_message_and_ends_at_random() -> None:
    wanted = Wanted(TENANT, "media-inbound", 1, message="wamid.x")
    one, two = (new_key(wanted, "image/png") for _ in range(2))
    assert one != two
    assert {begins(one), begins(two)} == {name_of(TENANT, "wamid.x")}
    assert UUID(one.rpartition("/")[2].partition(".")[0]).version == 4
    others = {name_of(TENANT, "wamid.y"), name_of(TENANT.replace("1", "2"), "wamid.x")}
    assert begins(one) not in others
    nobodys = Wanted(TENANT, "media-inbound", 1)
    assert begins(new_key(nobodys, "image/png")) != begins(new_key(nobodys, "image/png"))


def test_a_customer_s_file_is_named_by_its_wamid(
    stage: Stage, tenant: Tenant, services: Endpoints
) -> None:
    event = tenant.customer_sends()
    assert outcome(stage.inbound, event) == "delivered"
    tenant_id = tenant.desk.tenant_id
    wanted = {name_of(tenant_id, str(event.subject))}
    assert stored(services, "media-inbound", tenant_id) == wanted


def test_an_agent_s_file_is_named_by_its_tracking_id(
    stage: Stage, tenant: Tenant, services: Endpoints
) -> None:
    tenant.desk.talk("wamid.first", tenant.number, None)
    event = tenant.agent_sends()
    assert outcome(stage.outbound, event) == "delivered"
    tenant_id = tenant.desk.tenant_id
    message = tenant.desk.message(str(event.subject))
    wanted = {name_of(tenant_id, message.tracking_id)}
    assert stored(services, "media-outbound", tenant_id) == wanted
