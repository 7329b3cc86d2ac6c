"""Settings of a process: one model each, from the environment and secret files.

A field `foo_bar` is read from `FOO_BAR`; else from a secret file in `SECRETS_DIR`, named by
`FOO_BAR_SECRET` or `foo-bar`. All that is missing or wrong is said at once, never a value.
"""

import os
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shared.runtime.errors import SettingsError
from shared.runtime.faults import in_words, words_of
from shared.runtime.logging import level_fault
from shared.runtime.secret_files import read_secret, secret_path

MIN_KEY_LENGTH = 32
ADDRESS = in_words(r"^https?://[^\s/]+", "is no address such as https://graph.facebook.com")
OPTIONAL_ADDRESS = in_words(
    r"^(https?://[^\s/]+.*)?$", "is no address such as https://api.mypurecloud.de"
)
API_VERSION = in_words(r"^v\d{1,3}\.\d{1,2}$", "is no version such as v23.0")


def _secret(field: str) -> tuple[str | None, str | None]:
    """A secret file's text, or what is wrong with it. A variable that is set stands before it."""
    if os.environ.get(field.upper()):
        return None, None
    try:
        return read_secret(field), None
    except SettingsError as error:
        return None, error.detail


class SecretFiles(PydanticBaseSettingsSource):
    """Settings source: the platform's mounted secrets."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """One field's secret, as pydantic-settings asks for it."""
        del field
        return read_secret(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Every field that has a secret file; one that can not be read is absent here."""
        found = {name: _secret(name)[0] for name in self.settings_cls.model_fields}
        return {name: value for name, value in found.items() if value is not None}


class Settings(BaseSettings):
    """Base of every process's settings. Use `load()`, which says all that is wrong at once."""

    # The logger has it before there are settings; one model of each process says that it is wrong.
    says_log_level: ClassVar[bool] = True

    # An empty variable counts as absent: `${NAME:-}` in stack.yml leaves such.
    model_config = SettingsConfigDict(
        extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then mounted secrets."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, SecretFiles(settings_cls)

    @classmethod
    def load(cls) -> Self:
        """Read them all. Raises SettingsError that names every setting to change."""
        unreadable = {
            field: words for field in cls.model_fields if (words := _secret(field)[1]) is not None
        }
        level = level_fault() if cls.says_log_level else None
        lines = [f"{field.upper()}: {words}" for field, words in unreadable.items()]
        lines += [] if level is None else [level]
        try:
            loaded = cls()
        except ValidationError as error:
            lines += _explain(error, set(unreadable))
        else:
            if not lines:
                return loaded
        raise SettingsError("settings are missing or wrong:\n  " + "\n  ".join(lines))


def _explain(error: ValidationError, known: Collection[str]) -> list[str]:
    """A line a fault. `known`: fields of which all is said already."""
    lines = []
    for fault in error.errors(include_input=False, include_url=False):
        if not fault["loc"]:  # about several: it names them itself
            lines.append(words_of(fault))
            continue
        field = str(fault["loc"][0])
        if field in known:
            continue
        what = "missing" if fault["type"] == "missing" else words_of(fault)
        lines.append(
            f"{field.upper()}: {what} (set the variable {field.upper()}, "
            f"or the secret file {secret_path(field)})"
        )
    return lines


class RedisSettings(Settings):
    """Where the cache is."""

    redis_url: SecretStr = Field(
        description=(
            "Address of Redis: `redis://[user]:password@host:port/db`; with"
            " `?socket_timeout=0.3` the seconds that one answer may take"
        )
    )


class AmqpSettings(Settings):
    """Where the broker is, and how many queues each exchange has (drain before changing it)."""

    amqp_url: SecretStr = Field(
        description="Address of RabbitMQ: `amqp://user:password@host:port/vhost`, `/` as `%2F`"
    )
    partitions: int = Field(
        8,
        ge=1,
        le=256,
        description="Queues an exchange has; the same everywhere, drain before changing it",
    )
    queue_prefix: str = Field(
        "", description="Before every exchange's and queue's name: installations on one broker"
    )


class DatabaseSettings(Settings):
    """Where PostgreSQL is, with this function's own role."""

    database_url: SecretStr = Field(
        description="Address of PostgreSQL: `postgresql://role:password@host:port/database`"
    )
    database_pool_size: int = Field(
        4, ge=1, le=64, description="Connections to PostgreSQL that one replica holds at most"
    )


class ObjectSettings(Settings):
    """Where S3 is."""

    s3_endpoint_url: str = Field(description="Address of S3 as the functions reach it")
    s3_public_url: str = Field(
        "",
        description=(
            "Address of S3 as the outside world reaches it: scheme and host, https on port 443; "
            "without it the links to files are for S3_ENDPOINT_URL"
        ),
    )
    s3_access_key: SecretStr = Field(description="S3's access key, the half that names")
    s3_secret_key: SecretStr = Field(description="S3's secret key, the half that signs")
    s3_region: str = Field("us-east-1", description="Region that signatures name")


class ServiceAuthSettings(Settings):
    """The key of the tokens between functions; the previous one is accepted while it is changed."""

    service_token_key: SecretStr = Field(
        min_length=MIN_KEY_LENGTH,
        description="Signs the tokens between functions; the same in all of them",
    )
    service_token_key_previous: SecretStr | None = Field(
        None, description="Still accepted beside it, while the key is being changed"
    )

    @property
    def own_keys(self) -> Mapping[str, tuple[str, ...]]:
        """Issuers that have keys of their own, as far as this process knows them."""
        return {}


class AuthKeySettings(ServiceAuthSettings):
    """What auth proves by that it is auth: for auth and tenancy alone."""

    auth_token_key: SecretStr = Field(
        min_length=MIN_KEY_LENGTH,
        description="Signs the tokens by which auth, and nobody else, has tenancy open credentials",
    )
    auth_token_key_previous: SecretStr | None = Field(
        None, description="Still accepted by tenancy beside it, while the key is being changed"
    )

    @property
    def own_keys(self) -> Mapping[str, tuple[str, ...]]:
        """Auth's."""
        keys = (self.auth_token_key, self.auth_token_key_previous)
        return {"auth": tuple(key.get_secret_value() for key in keys if key is not None)}


class VaultSettings(Settings):
    """The key ring that seals credentials."""

    key_ring: SecretStr = Field(
        description="Seals credentials; JSON that `parley keys new key-ring` prints"
    )


class GraphSettings(Settings):
    """Where Meta's Graph API is."""

    graph_api_base_url: str = Field(
        "https://graph.facebook.com", pattern=ADDRESS, description="Address of Meta's Graph API"
    )
    graph_api_version: str = Field(
        "v23.0", pattern=API_VERSION, description="Version of the Graph API"
    )
