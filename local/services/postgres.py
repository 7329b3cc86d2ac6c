"""PostgreSQL with the roles that the migrations expect, durable as in production."""

import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from local.services.account import Account
from local.services.endpoints import DATABASE, OWNER, ROLES
from local.services.errors import NotReadyError, ServicesError
from local.services.home import write_private
from local.services.ports import LOOPBACK
from local.services.process import Command
from local.services.server import Server

DEBIAN_VERSIONS = Path("/usr/lib/postgresql")
WRONG_PASSWORD = "28P01"  # noqa: S105 - SQLSTATE, PostgreSQL manual, appendix A
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "jit": "off",  # the queries here are short; compiling them costs more than it saves
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres(Server):
    """One cluster; `parley_owner` is its superuser and owns the database `parley`."""

    name: ClassVar[str] = "postgres"
    port_uses: ClassVar[tuple[str, ...]] = ("postgres",)
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": rolls back, does not wait

    @classmethod
    def installed(cls) -> bool:
        """Whether some version's programs are there."""
        return bool(_versions())

    @property
    def data(self) -> Path:
        """The cluster; it takes this name only once it is whole."""
        return self.folder / "data"

    def url(self, ports: dict[str, int], role: str) -> str:
        """postgresql:// of the database `parley` as that role."""
        password = self.home.password(f"postgres-{role}")
        return f"postgresql://{role}:{password}@{LOOPBACK}:{ports['postgres']}/{DATABASE}"

    def prepare(self, ports: dict[str, int]) -> Sequence[Command]:
        """Make the cluster at the first start; mend what an unclean end left behind."""
        account = Account.for_folder(self.folder)
        if not self.data.exists():
            self._make_cluster(account)
        self._check_cluster()
        self._drop_stale_lock()
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        argv = [
            str(self._programs() / "postgres"),
            *("-D", str(self.data), "-p", str(ports["postgres"])),
            *settings,
        ]
        return [Command("postgres", account.command(argv), account.env)]

    def ping(self, ports: dict[str, int]) -> None:
        """`select 1` as the owner."""
        import pg8000.exceptions  # noqa: PLC0415  # slow: who speaks with no server needs none

        try:
            self.query(ports, "select 1")
        except pg8000.exceptions.DatabaseError as error:
            if error.args and isinstance(error.args[0], dict):
                self._check_password(error.args[0])
            raise NotReadyError(str(error)) from error
        except (pg8000.exceptions.InterfaceError, OSError) as error:
            raise NotReadyError(str(error)) from error

    def settle(self, ports: dict[str, int]) -> None:
        """Make the login roles and the database, and give each role its password again."""
        known = {row[0] for row in self.query(ports, "select rolname from pg_roles")}
        statements = []
        for role in (f"parley_{role}" for role in ROLES):
            verb = "alter" if role in known else "create"
            password = self.home.password(f"postgres-{role}")  # hexadecimal: nothing to escape
            statements.append(
                f"{verb} role {role} login nosuperuser nocreatedb nocreaterole nobypassrls"
                f" password '{password}'"
            )
        if not self.query(ports, f"select 1 from pg_database where datname = '{DATABASE}'"):  # noqa: S608 - a constant
            statements.append(f"create database {DATABASE} owner {OWNER}")
        for statement in statements:
            self.query(ports, statement)

    def query(self, ports: dict[str, int], statement: str) -> list[Any]:
        """Run one statement in the database `postgres` as the owner, outside any transaction."""
        import pg8000.native  # noqa: PLC0415  # slow: who speaks with no server needs none

        connection = pg8000.native.Connection(
            OWNER,
            host=LOOPBACK,
            port=ports["postgres"],
            password=self.home.password(f"postgres-{OWNER}"),
            database="postgres",
            timeout=30,
        )
        try:
            return list(connection.run(statement) or [])
        finally:
            connection.close()

    def _make_cluster(self, account: Account) -> None:
        half = self.folder / "data.new"
        if half.exists():
            self.say("making the cluster was interrupted last time: the half of it is removed")
            shutil.rmtree(half)
        password_file = self.folder / "password"
        write_private(password_file, self.home.password(f"postgres-{OWNER}"))
        account.own(password_file)
        argv = [
            str(max(_versions(), key=_major) / "initdb"),
            *("-D", str(half), "-U", OWNER, f"--pwfile={password_file}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
        ]
        try:
            made = subprocess.run(
                account.command(argv),
                env=account.env,
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            password_file.unlink()
        if made.returncode != 0:
            raise ServicesError(f"initdb could not make {half}:\n{made.stdout}{made.stderr}")
        half.rename(self.data)

    def _check_cluster(self) -> None:
        missing = [
            name for name in ("PG_VERSION", "global/pg_control") if not (self.data / name).exists()
        ]
        if missing:
            raise ServicesError(
                f"{self.data} is not a whole cluster: {', '.join(missing)} is missing. Bring it "
                "back from a copy, or move the folder away to start with an empty database"
            )

    def _drop_stale_lock(self) -> None:
        """Remove postmaster.pid when its process is not a postgres on this data.

        The server itself believes any living process of its user with that pid.
        """
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        pid = lock.read_text(encoding="utf-8").partition("\n")[0].strip()
        if pid.isdigit() and _works_in(int(pid), self.data):
            raise ServicesError(
                f"a postgres that this root has no record of (pid {pid}) works on {self.data}; "
                f"end it with `kill -INT {pid}`, then try again"
            )
        self.say(f"postmaster.pid names {pid or 'nothing'}, which is not its server: removed")
        lock.unlink()

    def _check_password(self, fields: dict[str, str]) -> None:
        if fields.get("C") == WRONG_PASSWORD:
            raise ServicesError(
                f"PostgreSQL refuses the password kept in {self.home.services / 'secrets'}: it is "
                f"not the one that {self.data} was made with. Bring the file back, or move "
                f"{self.folder} away to start with an empty database"
            )

    def _programs(self) -> Path:
        """The programs of the version that made the data; another version cannot read it."""
        wanted = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        for folder in _versions():
            if _major(folder) == int(wanted):
                return folder
        raise ServicesError(
            f"{self.data} was made by PostgreSQL {wanted}, which is not installed here; install "
            f"it (apt-get install postgresql-{wanted}) or move the folder away"
        )


def _versions() -> list[Path]:
    """Folders that hold initdb and postgres: Debian's, else the one on PATH."""
    folders = [path.parent for path in DEBIAN_VERSIONS.glob("*/bin/initdb")]
    found = shutil.which("initdb")
    if found and not folders:
        folders.append(Path(found).resolve().parent)
    return folders


def _major(folder: Path) -> int:
    answer = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"\d+", answer.stdout)  # "postgres (PostgreSQL) 15.18 (Debian ...)"
    return int(found[0]) if found else 0


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    except OSError:
        return False
