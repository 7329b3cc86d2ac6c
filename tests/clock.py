"""Runs the tests on other days than today: `python -m tests.clock`, which is `make test-clock`.

libfaketime moves the clock of the tests and of all that they start; what measures a length of time
(the monotonic clock) stays. Two servers stay on the real day, and no test minds: Redis, which
libfaketime can not start, is asked for lengths of time alone; SeaweedFS, which is linked
statically, is started without keys: it would refuse signatures of another day.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = "vendor/libfaketime/src/libfaketime.so.1"  # where the package `libfaketime` has it
# They hold what S3 refuses, what it shows to the owner of its keys alone, or a link that has ended,
# and S3 is on the real day; or the age of a file, which is on the real day as well.
ON_THE_REAL_DAY = (
    "tests/storage/test_s3_signature.py",
    "tests/storage/test_buckets.py",
    "tests/storage/test_streams.py::test_a_link_is_signed_for_the_public_address",
    "tests/parley/test_doctor.py",
    "tests/parley/test_command.py::test_buckets_are_made_once",
    "tests/local/faas/test_logs.py::test_logs_of_all_carry_their_names",
)
# The short form: what compares with now, and what the months of the history are made for.
SHORT = (
    "tests/state/test_conversations.py",
    "tests/migrations/test_schema.py",
    "tests/parley/test_retention.py",
    "tests/transform_functions/test_window.py",
    "tests/transform_functions/test_statuses.py",
)


def week_on(now: datetime) -> datetime:
    """A customer's 24 hours and Meta's repeats are over."""
    return now + timedelta(days=7)


def last_of_a_month(now: datetime) -> datetime:
    """Ten minutes before the end of this month, or of the next when it is later than that."""
    ends = _month_after(now) - timedelta(minutes=10)
    return ends if ends > now else _month_after(_month_after(now)) - timedelta(minutes=10)


def leap_day(now: datetime) -> datetime:
    """Noon of the next 29 February."""
    year = now.year
    while year % 4 or (year % 100 == 0 and year % 400) or _noon(year) <= now:
        year += 1
    return _noon(year)


def year_on(now: datetime) -> datetime:
    """Certificates, keys and dates that were far away have come."""
    return now + timedelta(days=365)


def last_of_a_month_a_year_on(now: datetime) -> datetime:
    """Both at once, for the short form."""
    return last_of_a_month(year_on(now))


CLOCKS = {"week": week_on, "month": last_of_a_month, "leap": leap_day, "year": year_on}
SHORT_CLOCKS = {"month, a year on": last_of_a_month_a_year_on}


def moved(library: Path, now: datetime, to: datetime) -> dict[str, str]:
    """The variables that move the clock of a process and its children from now to that moment."""
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"+{(to - now).total_seconds():.0f}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",  # bytecode is compared with its source by the file's real time
    }


def library() -> Path:
    """libfaketime, tried. Exits with what to type when it is missing or moves no clock here."""
    found = importlib.util.find_spec("libfaketime")
    if found is None or found.origin is None:
        sys.exit("libfaketime is missing; type: make install")
    path = Path(found.origin).parent / LIBRARY
    now = datetime.now(UTC)
    day = _shell(["date", "-u", "+%F"], moved(path, now, year_on(now)))
    if day != f"{year_on(now):%F}":
        sys.exit(f"{path} moves no clock on this machine: `date` says {day or 'nothing'}")
    return path


def main() -> int:
    """Run all tests, or those that are named, under the clocks; 1 when any failed."""
    words = _parser().parse_args()
    path, failed = library(), []
    clocks = SHORT_CLOCKS if words.short else CLOCKS
    for name in words.clock or clocks:
        now = datetime.now(UTC)
        to = (CLOCKS | clocks)[name](now)
        _say(f"the clock says {to:%Y-%m-%d %H:%M} UTC ({name})")
        command = [sys.executable, "-m", "pytest", "-q", *_selected(words)]
        environment = {**os.environ, **moved(path, now, to)}
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
            failed.append(name)
        _tidy()
    _say(f"failed: {', '.join(failed)}" if failed else "no test knows what day it is")
    return 1 if failed else 0


def _tidy() -> None:
    """Remove what libfaketime leaves in shared memory of processes that were killed."""
    for path in Path("/dev/shm").glob("*faketime_s*_*"):
        if not Path("/proc", path.name.rpartition("_")[2]).exists():
            path.unlink(missing_ok=True)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a command


def _selected(words: argparse.Namespace) -> list[str]:
    spread = ["-n", str(words.workers), "--dist", "loadfile", "--no-loadscope-reorder"]
    left_out = [word for test in ON_THE_REAL_DAY for word in ("--deselect", test)]
    return [*spread, *left_out, *(words.paths or (SHORT if words.short else ["tests"]))]


def _shell(command: list[str], more: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, env={**os.environ, **more}, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _noon(year: int) -> datetime:
    return datetime(year, 2, 29, 12, tzinfo=UTC)


def _month_after(moment: datetime) -> datetime:
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=31)).replace(day=1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.clock", description=__doc__)
    parser.add_argument("paths", nargs="*", help="tests; without any, all of them")
    parser.add_argument("--clock", action="append", choices=CLOCKS, help="without any, all four")
    parser.add_argument("--short", action="store_true", help="what CI runs: one clock, few files")
    parser.add_argument("--workers", type=int, default=3, help="files at once (default: 3)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
