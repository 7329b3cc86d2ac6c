"""docs/configuration.md is what the code says, and a setting without words can not pass."""

import pytest
from pydantic import Field

from local.settings_page import ROOT, entries
from shared.runtime.settings import Settings
from tests.programs import run

PAGE = ROOT / "docs" / "configuration.md"


def test_the_page_is_what_the_settings_say() -> None:
    written = run("local.settings_page", environment={}).stdout
    assert PAGE.read_text(encoding="utf-8") == written, (
        "type: python -m local.settings_page > docs/configuration.md"
    )


def test_a_setting_without_words_stops_the_writing() -> None:
    class Silent(Settings):
        state_url: str
        mystery: int = 3

    with pytest.raises(ValueError, match="mystery has no description"):
        list(entries(Silent, ["state"]))


def test_defaults_bounds_and_secrets_are_told() -> None:
    class Told(Settings):
        seconds: float = Field(2.0, gt=0, le=10, description="How long")

    (entry,) = entries(Told, [])
    assert (entry.name, entry.default, entry.secret) == ("SECONDS", "`2`", False)
    assert entry.meaning == "How long (over 0, to 10)"
