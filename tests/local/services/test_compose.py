"""compose.yaml: what can be held to without a container engine."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from local.services import Services, clock
from local.services.endpoints import DATABASE, OWNER, ROLES
from local.services.home import Home
from local.services.ports import Ports
from local.services.postgres import Postgres
from tests.local.services.use import sql

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = REPOSITORY / "deploy" / "compose"
TEXT = (REPOSITORY / "compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, Any] = yaml.safe_load(TEXT)["services"]


def test_it_names_the_four_servers_with_pinned_images_and_health_checks() -> None:
    assert set(SERVICES) == {"postgres", "redis", "rabbitmq", "minio"}
    for name, service in SERVICES.items():
        tag = service["image"].rpartition(":")[2]
        assert re.search(r"\d+\.\d+\.\d+|\d+\.\d+-|RELEASE\.\d{4}-\d\d-\d\d", tag), name
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name


def test_every_port_is_open_on_loopback_alone_and_none_twice() -> None:
    ports = [port for service in SERVICES.values() for port in service["ports"]]
    hosts = [re.fullmatch(r"127\.0\.0\.1:\$\{PARLEY_\w+:-(\d+)\}:\d+", port) for port in ports]
    assert all(hosts), ports
    assert len({host[1] for host in hosts if host}) == len(ports) == 5
    assert not any("network_mode" in service for service in SERVICES.values())


def test_no_password_is_written_in_it_and_the_example_names_each_one() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", TEXT))
    example = (FOLDER / "env.example").read_text(encoding="utf-8")
    assert asked == set(re.findall(r"^(\w+)=$", example, re.MULTILINE))
    secrets = [
        value
        for service in SERVICES.values()
        for name, value in service["environment"].items()
        if "PASS" in name or "AUTH" in name
    ]
    assert len(secrets) == 7
    assert all(value.startswith("${") for value in secrets)


def test_what_it_mounts_is_there_and_every_volume_is_declared() -> None:
    declared = set(yaml.safe_load(TEXT)["volumes"])
    for service in SERVICES.values():
        for mount in service["volumes"]:
            source = mount.split(":")[0]
            assert source in declared or (REPOSITORY / source).is_file(), mount
    assert os.access(FOLDER / "roles.sh", os.X_OK)


def test_owner_database_and_plugins_are_those_of_the_local_servers() -> None:
    environment = SERVICES["postgres"]["environment"]
    assert (environment["POSTGRES_USER"], environment["POSTGRES_DB"]) == (OWNER, DATABASE)
    assert (FOLDER / "enabled_plugins").read_text() == "[rabbitmq_prometheus].\n"


def test_its_script_makes_the_same_roles_on_a_real_server(own: Services, root: Path) -> None:
    own.start("postgres")
    postgres = Postgres(Home(root), print)
    ports = Ports(root / "services" / "ports.json").of("postgres")
    for role in ROLES:
        postgres.query(ports, f"drop role parley_{role}")
    owner = postgres.url(ports, OWNER)
    passwords = {f"PARLEY_{role.upper()}_PASSWORD": f"it's {role}" for role in ROLES}
    made = subprocess.run(
        [FOLDER / "roles.sh"],
        env=image_environment(owner) | passwords,
        capture_output=True,
        check=False,
    )
    assert (made.returncode, made.stdout, made.stderr) == (0, b"", b"")
    rights = "select rolname, rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname like"
    assert sorted(sql(owner, f"{rights} 'parley%' and rolname <> '{OWNER}'")) == [
        [f"parley_{role}", True, False, False] for role in sorted(ROLES)
    ]
    for role in ROLES:
        login = f"parley_{role}:it's {role}@"
        url = f"postgresql://{login}{urlsplit(owner).netloc.partition('@')[2]}/parley"
        assert sql(url, "select current_user") == [[f"parley_{role}"]]


def image_environment(owner: str) -> dict[str, str]:
    """What the image gives its scripts, and where psql finds this server instead of its own."""
    parts = urlsplit(owner)
    psql = shutil.which("psql")
    assert psql
    return {
        **clock.moved(),
        "PATH": f"{Path(psql).parent}:/usr/bin:/bin",
        "POSTGRES_USER": OWNER,
        "POSTGRES_DB": DATABASE,
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port),
        "PGPASSWORD": parts.password or "",
    }
