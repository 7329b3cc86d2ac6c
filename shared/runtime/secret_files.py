"""The secrets that a platform mounts: a file each, found by the name of the setting it fills."""

import os
from pathlib import Path

DEFAULT_SECRETS_DIR = "/var/openfaas/secrets"


def secret_path(field: str) -> Path:
    """Where the secret of a field lies: a file on OpenFaaS, a folder of one file on Knative."""
    folder = Path(os.environ.get("SECRETS_DIR") or DEFAULT_SECRETS_DIR)
    name = os.environ.get(f"{field.upper()}_SECRET") or field.replace("_", "-")
    return folder / name


def read_secret(field: str) -> str | None:
    """The secret's text without the newline that editors leave; None where there is none."""
    path = secret_path(field)
    if path.is_dir():
        files = sorted(entry for entry in path.iterdir() if entry.is_file())
        if not files:
            return None
        path = files[0]
    if not path.is_file():
        return None
    return path.read_text(encoding="utf-8").rstrip("\r\n")
