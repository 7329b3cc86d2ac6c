"""docs/messages.md is what the tables of the transforms say."""

from local.messages_page import page
from shared.transforms.changes import CHANGES
from shared.transforms.inbound_types import TYPES
from shared.transforms.outbound_types import CONTENT
from shared.transforms.receipts import RECEIPTS
from tests.docs.pages import ROOT
from tests.programs import run

PAGE = ROOT / "docs" / "messages.md"


def test_the_page_is_what_the_tables_say() -> None:
    written = run("local.messages_page", environment={}).stdout
    assert PAGE.read_text(encoding="utf-8") == written, (
        "type: python -m local.messages_page > docs/messages.md"
    )


def test_every_row_stands_on_the_page() -> None:
    text = page()
    for rows in (TYPES, CHANGES, CONTENT, RECEIPTS):
        assert [name for name in rows if f"`{name}`" not in text] == []
