"""The four servers: stopped, killed, restarted, emptied, full; their connections cut."""

from __future__ import annotations

from functools import partial

import redis

from tests.faults.field import Field
from tests.faults.gates import Refusal
from tests.faults.scenario import Scenario

CUTS = 5
BETWEEN_S = 1.5
_CUT = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
# What MinIO answers when its disks are full.
_FULL = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>XMinioStorageFull</Code><Message>Storage '
    b"backend has reached its minimum free drive threshold. Please delete a few objects to proceed."
    b"</Message></Error>"
)


def _away(server: str, field: Field) -> None:
    with field.without(server):
        field.rest(field.outage_s)


def _restart(server: str, field: Field) -> None:
    with field.without(server):
        pass


def _kill(server: str, field: Field) -> None:
    field.kill_server(server)
    field.stack.servers.start(server)


def _cut_connections(field: Field) -> None:
    for _ in range(CUTS):
        field.stack.query(_CUT)
        field.rest(BETWEEN_S)


def _flush(field: Field) -> None:
    for _ in range(CUTS):
        with redis.Redis.from_url(field.stack.endpoints.redis_url) as client:
            client.flushall()
        field.rest(BETWEEN_S)


def _fill(field: Field) -> None:
    """S3 takes nothing more, and goes on reading: MinIO at its threshold."""

    def refuse(method: str, _path: str) -> Refusal | None:
        return (507, _FULL) if method in {"PUT", "POST"} else None

    field.gates["s3"].refusal = refuse
    try:
        field.rest(field.outage_s / 2)
    finally:
        field.gates["s3"].refusal = None


SCENARIOS = [
    Scenario(
        "RabbitMQ stopped", partial(_away, "rabbitmq"), lines=1500, short_lines=300, unbroken=True
    ),
    Scenario("RabbitMQ killed", partial(_kill, "rabbitmq"), short_lines=150),
    Scenario("PostgreSQL restarted", partial(_restart, "postgres"), unknowable=True),
    Scenario("PostgreSQL killed", partial(_kill, "postgres"), unknowable=True),
    Scenario("PostgreSQL connections cut", _cut_connections, unknowable=True, short_lines=150),
    Scenario("Redis flushed", _flush, unbroken=True),
    Scenario("Redis stopped", partial(_away, "redis"), lines=1500, short_lines=300, unbroken=True),
    Scenario("S3 stopped", partial(_away, "s3"), lines=1500, short_lines=300, unbroken=True),
    Scenario("S3 full", _fill, lines=800, unbroken=True),
]
