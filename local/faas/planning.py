"""Turns a stack into processes: the template's own command, the stack's environment, no more."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from local.faas.environment import CONNECTOR_PORT, HOST, SANDBOX_PORT, address, basics
from local.faas.errors import FaasError
from local.faas.layout import Layout
from local.faas.plan import CARRIERS, DOORS, FUNCTIONS, SANDBOX, Process
from local.faas.stack import FunctionSpec, Stack

# Public: they take no work from another function, so they end first.
DOOR_NAMES = frozenset({"api-gateway", "wa-webhook", "genesys-webhook"})

STOP_S = "10"  # well within what the supervisor waits before it kills

# File in the connector's secrets folder -> secret. Its role sees what waits and what is over.
CONNECTOR_SECRETS: Mapping[str, str] = {
    "service-token-key": "service-token-key",
    "amqp-url": "amqp-url",
    "database-url": "database-url-connector",
    "redis-url": "redis-url",
    "s3-access-key": "s3-access-key",
    "s3-secret-key": "s3-secret-key",
}
# What of the person's environment steers the connector; its settings have no stack.yml.
CONNECTOR_VARIABLES = (
    "CALL_SECONDS",
    "DATABASE_POOL_SIZE",
    "FIRST_WAIT_SECONDS",
    "LEDGER_GRACE_SECONDS",
    "LEDGER_SECONDS",
    "LOG_LEVEL",
    "LONGEST_HOLD_SECONDS",
    "LONGEST_WAIT_SECONDS",
    "MAX_AGE_SECONDS",
    "MAX_ATTEMPTS",
    "PARTITIONS",
    "PREFETCH",
    "QUEUE_PREFIX",
    "ROUTES",
    "S3_ENDPOINT_URL",
    "S3_PUBLIC_URL",
    "S3_REGION",
    "SLOTS",
    "STOP_SECONDS",
    "SWEEP_SECONDS",
    "TICK_SECONDS",
    "TRIES_BEFORE_PARKING",
)


@dataclass(frozen=True)
class Planner:
    """Makes each process of one root."""

    layout: Layout
    stack: Stack
    offset: int
    variables: Mapping[str, str]

    def processes(self, *, with_sandbox: bool) -> tuple[Process, ...]:
        """The sandbox, the functions, and the connector when anything waits for a queue."""
        planned = [self._sandbox()] if with_sandbox else []
        planned += [self._function(spec) for spec in self.stack.functions]
        if any(spec.queues for spec in self.stack.functions):
            planned.append(self._connector())
        return tuple(planned)

    def _function(self, spec: FunctionSpec) -> Process:
        source = spec.handler / "handler.py"
        if not source.is_file():
            raise FaasError(f"functions.{spec.name}: there is no {source}")
        path = os.pathsep.join([str(spec.handler), str(self.stack.folder)])
        own = {"FUNCTION_SOURCE": str(source), "PYTHONPATH": path}
        stage = DOORS if spec.name in DOOR_NAMES else FUNCTIONS
        return self._process(spec.name, spec.command, spec.port, {**spec.environment, **own}, stage)

    def _connector(self) -> Process:
        routes = [
            f"{queue}={spec.name}@{address(spec.port + self.offset)}"
            for spec in self.stack.functions
            for queue in spec.queues
        ]
        given = {n: self.variables[n] for n in CONNECTOR_VARIABLES if self.variables.get(n)}
        own = {"STOP_SECONDS": STOP_S, "ROUTES": ";".join(routes), **given}
        command = ("python", "-m", "connector")
        return self._process("connector", command, CONNECTOR_PORT, own, CARRIERS)

    def _sandbox(self) -> Process:
        port = str(SANDBOX_PORT + self.offset)
        command = ("python", "-m", "local.sandbox", "--port", port)
        return self._process("sandbox", command, SANDBOX_PORT, {}, SANDBOX, "/healthz")

    def _process(
        self,
        name: str,
        command: tuple[str, ...],
        port: int,
        environment: Mapping[str, str],
        stage: int,
        ready_path: str = "/readyz",
    ) -> Process:
        local = {
            "HOST": HOST,
            "PORT": str(port + self.offset),
            "PYTHONUNBUFFERED": "1",
            "SECRETS_DIR": str(self.layout.secrets_of(name)),
        }
        return Process(
            name=name,
            argv=command,
            environment={**basics(), **environment, **local},
            folder=str(self.stack.folder),
            log=str(self.layout.log_of(name)),
            port=port + self.offset,
            ready_path=ready_path,
            stage=stage,
        )


def secret_names(stack: Stack) -> set[str]:
    """Every secret that a process of this stack is given."""
    names = {name for spec in stack.functions for name in spec.secrets}
    if any(spec.queues for spec in stack.functions):
        names |= set(CONNECTOR_SECRETS.values())
    return names


def ports(stack: Stack, offset: int, *, with_sandbox: bool) -> dict[str, int]:
    """Name of each process -> its port."""
    found = {spec.name: spec.port + offset for spec in stack.functions}
    if with_sandbox:
        found["sandbox"] = SANDBOX_PORT + offset
    if any(spec.queues for spec in stack.functions):
        found["connector"] = CONNECTOR_PORT + offset
    return found
