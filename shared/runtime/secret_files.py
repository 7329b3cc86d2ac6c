"""The secrets that a platform mounts: a file each, found by the name of the setting it fills."""

import os
from pathlib import Path

from shared.runtime.errors import SettingsError

DEFAULT_SECRETS_DIR = "/var/openfaas/secrets"


def secret_path(field: str) -> Path:
    """Where the secret of a field lies: a file on OpenFaaS, a folder of one file on Knative."""
    folder = Path(os.environ.get("SECRETS_DIR") or DEFAULT_SECRETS_DIR)
    name = os.environ.get(f"{field.upper()}_SECRET") or field.replace("_", "-")
    return folder / name


def read_secret(field: str) -> str | None:
    """The secret's text without the newline that editors leave; None where there is none.

    Raises SettingsError that names the file, and why it can not be read.
    """
    path = secret_path(field)
    try:
        if path.is_dir():
            files = sorted(entry for entry in path.iterdir() if entry.is_file())
            if not files:
                return None
            path = files[0]
        if not path.is_file():
            return None
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        why = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        why = "it is not UTF-8 text"
    raise SettingsError(f"the secret file {path} can not be read: {why}")
