"""Where PostgreSQL is, and whether the way there is encrypted.

`postgresql://user:password@host:5432/database?sslmode=...`: without `sslmode`, loopback is plain
and every other host must prove its certificate.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from shared.runtime.errors import SettingsError

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
MODES = ("disable", "require", "verify-full")
KNOWN_OPTIONS = frozenset({"sslmode", "sslrootcert"})

STEADY = {
    "search_path": "public, pg_temp",
    "row_security": "on",
    "lock_timeout": "0",
    "timezone": "UTC",
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
    "datestyle": "ISO, MDY",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "extra_float_digits": "1",
    "array_nulls": "on",
    "transform_null_equals": "off",
}
"""What decides what our statements mean, and whether they last. Every role may store others for
itself (`alter role current_user set ...`); what comes with the connection stands above these
(postgresql.org/docs: config-setting, "Parameter Interaction via the Client")."""


@dataclass(frozen=True)
class DatabaseUrl:
    """A parsed address. `ssl_context` None means plain text."""

    user: str
    host: str
    port: int
    database: str
    password: str | None = field(repr=False)
    ssl_context: ssl.SSLContext | None

    @classmethod
    def parse(cls, url: str) -> DatabaseUrl:
        """Read the URL. Raises SettingsError (which never holds the URL) when it is not one.

        sslmode: `disable` plain; `require` encrypted, any certificate; `verify-full` (the default
        off loopback) a certificate of a known authority, or of `sslrootcert=<file>`, for this host.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or 5432
        except ValueError as error:
            raise SettingsError(
                "the database URL cannot be read: check its host and port"
            ) from error
        options = dict(parse_qsl(parts.query))
        database = unquote(parts.path.lstrip("/"))
        if parts.scheme not in ("postgresql", "postgres") or not (
            parts.hostname and parts.username and database
        ):
            raise SettingsError(
                "the database URL is not of the form postgresql://user:password@host:port/database"
            )
        if unknown := options.keys() - KNOWN_OPTIONS:
            raise SettingsError(
                f"the database URL has unknown options: {', '.join(sorted(unknown))}"
            )
        mode = options.get("sslmode", "disable" if parts.hostname in LOOPBACK else "verify-full")
        return cls(
            user=unquote(parts.username),
            host=parts.hostname,
            port=port,
            database=database,
            password=None if parts.password is None else unquote(parts.password),
            ssl_context=_context(mode, options.get("sslrootcert")),
        )

    def connect_options(self, timeout: float) -> dict[str, Any]:
        """What pg8000 (native or DB-API) needs to connect: the keywords of its Connection.

        pg8000 never sets TCP_NODELAY, without which a statement over 8 KB waits 44 ms for the
        delayed acknowledgement; so it gets a socket of ours. `timeout` (seconds) bounds the
        connect and every later read. Raises OSError when the host cannot be reached.
        """
        sock = socket.create_connection((self.host, self.port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return {
            "user": self.user,
            "host": self.host,
            "password": self.password,
            "database": self.database,
            "ssl_context": self.ssl_context or False,
            "startup_params": dict(STEADY),
            "sock": sock,
        }


def _context(mode: str, root: str | None) -> ssl.SSLContext | None:
    if mode not in MODES:
        raise SettingsError(f"sslmode={mode} is not one of {', '.join(MODES)}")
    if mode == "disable":
        return None
    try:
        context = ssl.create_default_context(cafile=root)
    except OSError as error:
        raise SettingsError(f"sslrootcert={root} cannot be read") from error
    if mode == "require":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
