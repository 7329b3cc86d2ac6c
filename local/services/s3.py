"""The object store: MinIO when it is on PATH, else SeaweedFS from the development environment."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from local.services import clock
from local.services.errors import NotReadyError
from local.services.home import write_private
from local.services.ports import LOOPBACK
from local.services.process import Command
from local.services.server import Server

REGION = "us-east-1"
ACCESS_KEY = "parley"
SEAWEED_PARTS = ("master", "volume", "filer", "admin")


class S3(Server):
    """One object store with one pair of keys, all rights."""

    name: ClassVar[str] = "s3"
    # MinIO uses the first two, SeaweedFS all: its parts speak to each other over HTTP and gRPC.
    port_uses: ClassVar[tuple[str, ...]] = (
        "s3",
        "admin",
        "master",
        "volume",
        "filer",
        *(f"{part}-grpc" for part in ("s3", *SEAWEED_PARTS)),
    )
    stop_limit: ClassVar[float] = 15.0

    @classmethod
    def installed(cls) -> bool:
        """Whether either program is there."""
        return shutil.which("minio") is not None or _weed() is not None

    def url(self, ports: dict[str, int]) -> str:
        """http:// of the S3 API."""
        return f"http://{LOOPBACK}:{ports['s3']}"

    @property
    def secret_key(self) -> str:
        """The secret half of the keys; the access key is ACCESS_KEY."""
        return self.home.password("s3")

    def prepare(self, ports: dict[str, int]) -> Sequence[Command]:
        """Choose the program; data that one of them wrote stays with that one."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        minio_program = shutil.which("minio")
        seaweed_data = self.folder / "seaweedfs"
        if minio_program and not seaweed_data.exists() and not clock.moved():
            return [self._minio(minio_program, ports)]
        seaweed_data.mkdir(mode=0o700, exist_ok=True)
        self.clean(ports)
        return [self._seaweed(str(_weed()), seaweed_data, ports)]

    def ping(self, ports: dict[str, int]) -> None:
        """List the buckets, signed with our keys."""
        import minio.error  # noqa: PLC0415  # slow: who speaks with no server needs none
        import urllib3.exceptions  # noqa: PLC0415  # the same

        pool = urllib3.PoolManager(timeout=2, retries=False)
        try:
            minio.Minio(
                f"{LOOPBACK}:{ports['s3']}",
                access_key=ACCESS_KEY,
                secret_key=self.secret_key,
                secure=False,
                region=REGION,
                http_client=pool,
            ).list_buckets()
        except (minio.error.MinioException, urllib3.exceptions.HTTPError) as error:
            raise NotReadyError(str(error)) from error
        finally:
            pool.clear()

    def clean(self, ports: dict[str, int]) -> None:
        """SeaweedFS keeps sockets named after its ports in /tmp, and leaves some of them."""
        for use, port in ports.items():
            part = use.removesuffix("-grpc")
            kind = f"{part}-grpc" if use.endswith("-grpc") else part
            with suppress(OSError):  # none there, or another user's: then it is not ours
                Path(f"/tmp/seaweedfs-{kind}-{port}.sock").unlink()  # noqa: S108 - its own choice of place

    def _minio(self, program: str, ports: dict[str, int]) -> Command:
        data = self.folder / "minio"
        data.mkdir(mode=0o700, exist_ok=True)
        return Command(
            "minio",
            [
                program,
                "server",
                str(data),
                f"--address={LOOPBACK}:{ports['s3']}",
                f"--console-address={LOOPBACK}:{ports['admin']}",
            ],
            {
                "PATH": os.defpath,
                "HOME": str(self.folder),
                "MINIO_ROOT_USER": ACCESS_KEY,
                "MINIO_ROOT_PASSWORD": self.secret_key,
                "MINIO_REGION": REGION,
                "MINIO_BROWSER": "off",
            },
        )

    def _seaweed(self, program: str, data: Path, ports: dict[str, int]) -> Command:
        config = self.folder / "s3.json"
        write_private(config, json.dumps(_identities(self.secret_key)))
        parts = [f"-{part}.port={ports[part]}" for part in ("s3", *SEAWEED_PARTS)]
        grpc = [f"-{part}.port.grpc={ports[f'{part}-grpc']}" for part in ("s3", *SEAWEED_PARTS)]
        return Command(
            "weed",
            [
                program,
                "mini",
                f"-dir={data}",
                f"-ip={LOOPBACK}",
                f"-ip.bind={LOOPBACK}",
                *([] if clock.moved() else [f"-s3.config={config}"]),
                *parts,
                *grpc,
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                "-s3.autoCreateBucket=false",  # S3 itself refuses a put to a missing bucket
                "-admin.ui=false",
                "-webdav=false",
                "-master.telemetry=false",
                "-volume.preStopSeconds=0",
            ],
            {"PATH": os.defpath, "HOME": str(self.folder)},
        )


def _weed() -> Path | None:
    """Beside our own Python first: that is where the lock installs it."""
    beside = Path(sys.executable).parent / "weed"
    if beside.exists():
        return beside
    found = shutil.which("weed")
    return Path(found) if found else None


def _identities(secret_key: str) -> dict[str, object]:
    return {
        "identities": [
            {
                "name": ACCESS_KEY,
                "credentials": [{"accessKey": ACCESS_KEY, "secretKey": secret_key}],
                "actions": ["Admin", "Read", "Write", "List", "Tagging"],
            }
        ]
    }
