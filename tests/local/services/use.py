"""Puts something into each server and looks for it again, as a client with the endpoints does."""

import io
from typing import Any
from urllib.parse import urlsplit

import minio
import pg8000.native
import pika
import redis
import urllib3

from local.services import Endpoints
from tests.waits import WAIT_S

QUORUM = {"x-queue-type": "quorum"}
BUCKET = "kept-bucket"


def sql(url: str, statement: str) -> list[Any]:
    parts = urlsplit(url)
    connection = pg8000.native.Connection(
        parts.username or "",
        host=parts.hostname or "",
        port=parts.port or 0,
        password=parts.password,
        database=parts.path.lstrip("/"),
        timeout=WAIT_S,
    )
    try:
        return list(connection.run(statement) or [])
    finally:
        connection.close()


def fill(endpoints: Endpoints) -> None:
    sql(endpoints.database_owner_url, "create table kept (word text)")
    sql(endpoints.database_owner_url, "insert into kept values ('postgres')")
    with redis.Redis.from_url(endpoints.redis_url) as client:
        client.set("kept", "redis")
    with pika.BlockingConnection(pika.URLParameters(endpoints.amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare("kept", durable=True, arguments=QUORUM)
        properties = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
        channel.basic_publish("", "kept", b"rabbitmq", properties, mandatory=True)
    store = object_store(endpoints)
    store.make_bucket(BUCKET)
    store.put_object(BUCKET, "kept", io.BytesIO(b"s3"), 2)


def kept(endpoints: Endpoints) -> list[str]:
    """What `fill` put in, from PostgreSQL, Redis, RabbitMQ and S3 in this order."""
    rows = sql(endpoints.database_owner_url, "select word from kept")
    with redis.Redis.from_url(endpoints.redis_url) as client:
        value: Any = client.get("kept")
    with pika.BlockingConnection(pika.URLParameters(endpoints.amqp_url)) as connection:
        body = connection.channel().basic_get("kept", auto_ack=True)[2]
    return [rows[0][0], value.decode(), body.decode(), read_object(endpoints)]


def read_object(endpoints: Endpoints) -> str:
    answer = object_store(endpoints).get_object(BUCKET, "kept")
    try:
        return answer.read().decode()
    finally:
        answer.close()
        answer.release_conn()


def object_store(endpoints: Endpoints) -> minio.Minio:
    return minio.Minio(
        urlsplit(endpoints.s3_endpoint_url).netloc,
        access_key=endpoints.s3_access_key,
        secret_key=endpoints.s3_secret_key,
        secure=False,
        region=endpoints.s3_region,
        http_client=urllib3.PoolManager(timeout=WAIT_S, retries=False),
    )
