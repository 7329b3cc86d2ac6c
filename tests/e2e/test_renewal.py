"""What waits for a refused credential goes on as soon as its tenant is applied or checked again."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from local.demo.world import Company, World
from tests.e2e.lines import OPENED, Line, number
from tests.stack import Stack

ANA = number(0)


@pytest.fixture
def lines(stack: Stack, world: World) -> list[Line]:
    """Three companies whose numbers Meta knows, and whose OAuth clients Genesys does not."""
    names = ("renewed-by-apply", "renewed-by-check", "not-renewed")
    companies = tuple(Company.made_up(name, name.title()) for name in names)
    mine = replace(world, companies=companies).for_sandbox(stack.gateway)
    stack.sandbox.setup({**mine, "orgs": []}, add=True)
    lines = [Line(stack, company) for company in companies]
    for line in lines:
        apply(line, world)
    OPENED.extend(lines)
    return lines


def file_of(line: Line) -> Path:
    return line.stack.root / f"{line.company.slug}.yml"


def apply(line: Line, world: World) -> None:
    told = replace(world, companies=(line.company,)).for_parley()
    file_of(line).write_text(yaml.safe_dump(told))
    line.stack.parley("tenants", "apply", str(file_of(line)))


def health(line: Line) -> str:
    query = "select health from tenant_credentials where tenant_id = :tenant and kind = 'genesys'"
    return str(line.rows(query)[0][0])


def parked(line: Line) -> int:
    return len(line.rows("select 1 from parked where tenant_id = :tenant"))


def waits_for_its_credential(line: Line) -> None:
    """Until it does; then only a renewal wakes it within this test."""
    line.wait(lambda: parked(line) == 1 and health(line) == "bad")
    line.rows("update parked set next_at = next_at + interval '1 hour' where tenant_id = :tenant")


def test_applying_again_or_a_good_check_lets_the_first_message_go(
    stack: Stack, world: World, lines: list[Line]
) -> None:
    by_apply, by_check, neither = lines
    checked = stack.parley("tenants", "check", by_check.company.slug, check=False)
    assert checked.returncode == 1
    assert "the messages wait and are tried once a minute" in checked.stdout
    for line in lines:
        line.customer(ANA, "text", text="Hello")
    for line in lines:
        waits_for_its_credential(line)
    told = stack.parley("tenants", "show", by_apply.company.slug).stdout
    assert "messages wait for it" in told

    companies = tuple(line.company for line in lines)
    stack.sandbox.setup(replace(world, companies=companies).for_sandbox(stack.gateway), add=True)
    apply(by_apply, world)
    stack.parley("tenants", "check", by_check.company.slug)
    assert [one.text for one in by_apply.shown(ANA)] == ["Hello"]
    assert [one.text for one in by_check.shown(ANA)] == ["Hello"]
    assert (neither.at_agent(ANA), parked(neither)) == ([], 1)
    assert [health(line) for line in (by_apply, by_check)] == ["good", "good"]

    apply(neither, world)
    assert [one.text for one in neither.shown(ANA)] == ["Hello"]
