"""What a root left behind on this machine, asked of the kernel rather than of our own records."""

from pathlib import Path


def processes_of(root: Path) -> list[str]:
    """Command lines of processes whose words, environment or folder name that root."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            folder = str((process / "cwd").resolve(strict=True))
        except OSError:  # gone meanwhile, or another user's
            continue
        if str(root).encode() in words or folder.startswith(str(root)):
            found.append(f"{process.name} {words[:200]!r}")
    return found
