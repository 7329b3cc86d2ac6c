"""RabbitMQ with its Prometheus plugin and one user of ours; epmd is a child of its own."""

import base64
import hashlib
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from local.services import clock
from local.services.errors import NotReadyError
from local.services.home import write_private
from local.services.ports import LOOPBACK, listening
from local.services.process import Command
from local.services.server import Server

# Debian's /usr/sbin/rabbitmq-server changes to the system's user and data; this one does not.
DEBIAN_PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
USER = "parley"
NODE = "parley@localhost"
ASK_LIMIT = 2.0  # seconds for a question to the running node
CONFIGURATION = """\
listeners.tcp.1 = {host}:{amqp}
prometheus.tcp.ip = {host}
prometheus.tcp.port = {prometheus}
load_definitions = {definitions}
log.console = true
log.console.use_colors = off
log.file = false
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 600MiB
raft.wal_max_size_bytes = 67108864
management_agent.disable_metrics_collector = true
"""
# Two schedulers are enough for a developer and keep the others' cores free; distribution on
# loopback alone.
ERLANG_ARGUMENTS = "+S 2:2 -kernel inet_dist_use_interface {127,0,0,1}"


class RabbitMQ(Server):
    """One broker; the node is always `parley@localhost`, told apart by its own epmd."""

    name: ClassVar[str] = "rabbitmq"
    port_uses: ClassVar[tuple[str, ...]] = ("amqp", "prometheus", "distribution", "epmd")
    stop_limit: ClassVar[float] = 30.0

    @classmethod
    def installed(cls) -> bool:
        """Whether the broker and Erlang's port mapper are there."""
        return _program() is not None and shutil.which("epmd") is not None

    def url(self, ports: dict[str, int]) -> str:
        """amqp:// with the password; the virtual host is `/`."""
        return f"amqp://{USER}:{self.home.password('rabbitmq')}@{LOOPBACK}:{ports['amqp']}/%2F"

    def prepare(self, ports: dict[str, int]) -> Sequence[Command]:
        """Configuration, user and cookie; a first start that never came to its end is undone."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._drop_unfinished()
        self._write_configuration(ports)
        env = self._environment(ports)
        epmd = shutil.which("epmd") or "epmd"
        return [
            Command("epmd", [epmd, "-address", LOOPBACK, "-port", str(ports["epmd"])], env),
            Command("rabbitmq-server", [str(_program())], env),
        ]

    def ping(self, ports: dict[str, int]) -> None:
        """A logged-in AMQP connection, and the metrics page's port."""
        if not listening(ports["amqp"]) or not listening(ports["prometheus"]):
            raise NotReadyError("does not listen yet")
        import pika.exceptions  # noqa: PLC0415  # slow: who speaks with no server needs none

        parameters = pika.URLParameters(self.url(ports))
        parameters.socket_timeout = parameters.blocked_connection_timeout = 5
        try:
            pika.BlockingConnection(parameters).close()
        except (pika.exceptions.AMQPError, OSError) as error:
            raise NotReadyError(repr(error)) from error

    def settle(self, ports: dict[str, int]) -> None:  # noqa: ARG002 - the same for any port
        """Mark the data as whole."""
        self._marker.touch()

    def ask_to_stop(self, ports: dict[str, int]) -> None:
        """Take off the management agent's event handler, which would hold the end up by 5 s.

        On a signal it calls Erlang's application controller, which by then waits for it.
        """
        env = self._environment(ports)
        erl = shutil.which("erl", path=env["PATH"])
        words = f"[rabbit_event, rabbit_mgmt_db_handler, []], {ASK_LIMIT * 1000:.0f}"
        call = f"rpc:call('{NODE}', gen_event, delete_handler, {words}), halt()."
        asking = [erl or "erl", "-noinput", "-hidden", "-sname", f"stop-{os.getpid()}@localhost"]
        with suppress(subprocess.TimeoutExpired, OSError):  # then it takes those 5 s
            subprocess.run(
                [*asking, "-eval", call],
                env=env,
                cwd="/",
                capture_output=True,
                timeout=2 * ASK_LIMIT,
                check=False,
            )

    @property
    def _marker(self) -> Path:
        return self.folder / "started-once"

    def _drop_unfinished(self) -> None:
        data = self.folder / "mnesia"
        if data.exists() and not self._marker.exists():
            self.say("the first start was interrupted: its half-made data is removed")
            shutil.rmtree(data)

    def _write_configuration(self, ports: dict[str, int]) -> None:
        definitions = self.folder / "definitions.json"
        write_private(definitions, json.dumps(_definitions(self.home.password("rabbitmq"))))
        write_private(
            self.folder / "rabbitmq.conf",
            CONFIGURATION.format(host=LOOPBACK, definitions=definitions, **ports),
        )
        write_private(self.folder / "enabled_plugins", "[rabbitmq_prometheus].\n")
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            write_private(cookie, secrets.token_hex(16))
            cookie.chmod(0o400)  # Erlang refuses a cookie that others could read

    def _environment(self, ports: dict[str, int]) -> dict[str, str]:
        folder = str(self.folder)
        return {
            "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": folder,
            "LANG": "C.UTF-8",
            "ERL_CRASH_DUMP_BYTES": "0",  # the log says why; a dump of the heap helps nobody here
            "ERL_EPMD_PORT": str(ports["epmd"]),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_NODENAME": NODE,
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(ports["amqp"]),
            "RABBITMQ_DIST_PORT": str(ports["distribution"]),
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{folder}/generated",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/no-environment-file",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_ARGUMENTS,
            # The start script then becomes the server instead of waiting for it: one pid for both.
            "detached": "true",
            **clock.moved(),
        }


def _program() -> Path | None:
    if DEBIAN_PROGRAM.exists():
        return DEBIAN_PROGRAM
    found = shutil.which("rabbitmq-server")
    return Path(found) if found else None


def _definitions(password: str) -> dict[str, object]:
    """One user and one virtual host; loading them also keeps the default user from being made."""
    return {
        "users": [
            {
                "name": USER,
                "password_hash": _password_hash(password),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "administrator",
            }
        ],
        "vhosts": [{"name": "/"}],
        "permissions": [
            {"user": USER, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
        ],
    }


def _password_hash(password: str) -> str:
    """Salted SHA-256 as https://www.rabbitmq.com/docs/passwords#computing-password-hash has it."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
