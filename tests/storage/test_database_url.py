"""Reading the database's address: what is encrypted, what is refused, what is never shown."""

import ssl

import pytest

from shared.runtime.errors import SettingsError
from shared.storage.database_url import DatabaseUrl


def test_every_part_is_read_and_unquoted() -> None:
    url = DatabaseUrl.parse("postgresql://an%40a:p%2Fw@127.0.0.1:6543/par%20ley")
    assert (url.user, url.password, url.host, url.port, url.database) == (
        "an@a",
        "p/w",
        "127.0.0.1",
        6543,
        "par ley",
    )


def test_the_port_has_the_usual_default() -> None:
    assert DatabaseUrl.parse("postgres://u@localhost/d").port == 5432


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_loopback_is_plain_unless_told(host: str) -> None:
    assert DatabaseUrl.parse(f"postgresql://u@{host}/d").ssl_context is None


def test_any_other_host_must_prove_itself_unless_told() -> None:
    context = DatabaseUrl.parse("postgresql://u@db.example/d").ssl_context
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_require_encrypts_without_asking_who_it_is() -> None:
    context = DatabaseUrl.parse("postgresql://u@db.example/d?sslmode=require").ssl_context
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


def test_disable_is_plain_anywhere() -> None:
    assert DatabaseUrl.parse("postgresql://u@db.example/d?sslmode=disable").ssl_context is None


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("mysql://u:hush@h/d", "postgresql://"),
        ("postgresql://h/d", "postgresql://"),
        ("postgresql://u:hush@h", "postgresql://"),
        ("postgresql://u:hush@h:port/d", "port"),
        ("postgresql://u:hush@h/d?sslmode=prefer", "sslmode"),
        ("postgresql://u:hush@h/d?sslmode=verify-full&sslrootcert=/none", "sslrootcert"),
        ("postgresql://u:hush@h/d?pool=3", "pool"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(url: str, word: str) -> None:
    with pytest.raises(SettingsError) as caught:
        DatabaseUrl.parse(url)
    assert word in caught.value.detail
    assert "hush" not in caught.value.detail


def test_the_password_is_not_in_the_repr() -> None:
    assert "hush" not in repr(DatabaseUrl.parse("postgresql://u:hush@localhost/d"))
