"""`parley doctor`: every setting with its source, every dependency asked, what is wrong and why.

All questions run at once, each for at most two seconds; one that hangs is told as such.
"""

from __future__ import annotations

import argparse
import threading
import time
from dataclasses import dataclass

from parley.doctor_checks import FUNCTIONS, PROVIDERS, ROLES, Check, all_checks
from parley.environment import HOW, Environment, NotSetError
from shared.command.output import print_items, say, wants_json
from shared.runtime.errors import ParleyError, SettingsError

LIMIT_S = 2.0
WELL, ILL = 0, 1

OWNER = "DATABASE_OWNER_URL"
SECRETS: tuple[str, ...] = (
    OWNER,
    "DATABASE_URL",
    *ROLES,
    "REDIS_URL",
    "AMQP_URL",
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "KEY_RING",
    "SERVICE_TOKEN_KEY",
)
PLAIN: tuple[str, ...] = (
    "S3_ENDPOINT_URL",
    "S3_PUBLIC_URL",
    *PROVIDERS,
    "GRAPH_API_VERSION",
    "GENESYS_EXTRA_REGIONS",
    "SECRETS_DIR",
    *(f"{name.upper().replace('-', '_')}_URL" for name in FUNCTIONS),
)


@dataclass
class Answer:
    """What came of a check; seconds it took."""

    name: str
    well: bool = False
    words: str = f"no answer within {LIMIT_S:g} s: is it frozen, or behind a firewall?"
    seconds: float = LIMIT_S
    unset: bool = False  # a setting is missing


def doctor(given: argparse.Namespace, environment: Environment) -> int:
    """Report on all. 0 when all is well, 1 when anything is wrong."""
    if wants_json(given):
        answers = ask_all(all_checks(environment))
        print_items(
            [
                {"check": one.name, "well": one.well, "ms": round(one.seconds * 1000)}
                | {"words": one.words}
                for one in answers
            ],
            settings={name: _setting(environment, name) for name in sorted((*SECRETS, *PLAIN))},
        )
    else:
        answers = _as_table(environment)
    return WELL if all(answer.well for answer in answers) else ILL


def _as_table(environment: Environment) -> list[Answer]:
    say("settings")
    for name in sorted((*SECRETS, *PLAIN)):
        say(f"  {name:<24} {_setting(environment, name)}")
    answers = ask_all(all_checks(environment))
    say()
    say("checks")
    for answer in answers:
        mark = "ok   " if answer.well else "WRONG"
        say(f"  {mark} {answer.name:<22} {answer.seconds * 1000:5.0f} ms  {answer.words}")
    wrong = [answer.name for answer in answers if not answer.well]
    if not wrong:
        say()
        say(f"all {len(answers)} are well")
        return answers
    say()
    say(f"{len(wrong)} of {len(answers)} are wrong: {', '.join(wrong)}")
    if any(answer.unset for answer in answers):
        say(f"to set what is not set: {HOW} in SECRETS_DIR")
        if environment.ignored:
            say(environment.ignored)
    return answers


def ask_all(checks: list[Check]) -> list[Answer]:
    """Ask all at once and wait no longer than the limit for any."""
    answers = [Answer(check.name) for check in checks]
    # Daemons: a question that hangs must not hold the command's end.
    threads = [
        threading.Thread(target=_ask, args=(check, answer), daemon=True)
        for check, answer in zip(checks, answers, strict=True)
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + LIMIT_S
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return answers


def _ask(check: Check, answer: Answer) -> None:
    began = time.monotonic()
    try:
        words, well = check.ask(), True
    except NotSetError as error:
        words, well, answer.unset = error.what, False, True
    except ParleyError as error:
        words, well = error.detail, False
    except Exception as error:  # noqa: BLE001  # a check that breaks is itself a finding
        words, well = f"the check itself failed ({type(error).__name__})", False
    answer.words, answer.well, answer.seconds = words, well, time.monotonic() - began


def _setting(environment: Environment, name: str) -> str:
    try:
        found = environment.find(name)
    except SettingsError as error:
        return error.detail
    if found is None:
        default = PROVIDERS.get(name)
        if default is not None:
            return f"not set; {default} is asked"
        if name == OWNER and environment.find("DATABASE_URL") is not None:
            return "not set; DATABASE_URL is used"
        return "missing" if name in SECRETS else "not set"
    shown = "set" if name in SECRETS else found.value
    return f"{shown}  ({found.source})"
