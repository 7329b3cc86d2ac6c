"""Who is one person, by what name, and where to write to now (docs/adr/0009)."""

import pytest

from shared.runtime.errors import NotFound
from shared.services.state import Claim
from tests.moments import told_at
from tests.state.desk import Desk

N, OTHER_N, B, OTHER_B = "491701", "491799", "DE.1", "DE.2"
MORNING, NOON, EVENING = told_at(hours=-2), told_at(), told_at(hours=2)


def address(claim: Claim) -> tuple[str, str | None, str | None]:
    return claim.customer, claim.wa_id, claim.bsuid


def whose(desk: Desk, conversation_id: str) -> str:
    """By the tables alone; Redis may tell an older name for an hour, which leads to the same."""
    sql = "select customer from conversation_mappings where conversation_id = :id"
    [row] = desk.rows(sql, id=conversation_id)
    return str(row["customer"])


def test_a_number_then_both_then_the_id_alone_are_one_person(desk: Desk) -> None:
    assert address(desk.talk("1", N, None)) == (N, N, None)
    assert address(desk.talk("2", N, B)) == (N, N, B)
    last = desk.hear("3", None, B)
    assert (address(last), last.conversation_id) == ((N, N, B), "conv-2")


def test_an_id_alone_and_then_both_are_one_person(desk: Desk) -> None:
    assert address(desk.talk("1", None, B)) == (B, None, B)
    assert address(desk.hear("2", N, B)) == (B, N, B)
    assert address(desk.write_to(N)) == (B, N, B)


def test_an_agent_can_write_first(desk: Desk) -> None:
    assert address(desk.write_to(N)) == (N, N, None)
    assert address(desk.hear("1", N, B)) == (N, N, B)


def test_what_an_agent_typed_changes_nothing_of_people(desk: Desk) -> None:
    desk.hear("1", N, B)
    out = desk.claim("out", customer=N, wa_id=OTHER_N, bsuid=OTHER_B)
    assert address(out) == (N, N, B)
    assert address(desk.hear("2", OTHER_N, OTHER_B)) == (OTHER_N, OTHER_N, OTHER_B)


def test_a_name_without_an_address_stands_for_itself(desk: Desk) -> None:
    assert address(desk.claim("out", customer="nobody")) == ("nobody", None, None)
    assert desk.rows("select * from customers") == []


SPELLED = [
    ("5511987654321", "551187654321"),
    ("551187654321", "5511987654321"),
    ("5215512345678", "525512345678"),
    ("525512345678", "5215512345678"),
    ("5491123456789", "541123456789"),
    ("541123456789", "5491123456789"),
]


@pytest.mark.parametrize(("said", "typed"), SPELLED)
def test_another_spelling_finds_the_person_and_goes_to_the_number_as_meta_has_it(
    desk: Desk, said: str, typed: str
) -> None:
    desk.talk("1", said, B)
    out = desk.write_to(typed)
    assert (address(out), out.conversation_id) == ((said, said, B), "conv-1")
    assert desk.customer(typed).customer == said


@pytest.mark.parametrize(("said", "typed"), SPELLED)
def test_who_answers_by_another_spelling_than_was_typed_is_who_was_written_to(
    desk: Desk, said: str, typed: str
) -> None:
    desk.write_to(typed)
    assert address(desk.hear("1", said, None)) == (typed, said, None)
    assert address(desk.write_to(typed, "2")) == (typed, said, None)


def test_who_changed_the_number_is_the_same_and_is_written_to_at_the_new_one(desk: Desk) -> None:
    desk.talk("1", N, B)
    assert desk.link({"wa_id": N}, {"wa_id": OTHER_N}) == N
    out = desk.write_to(N, conversation_id="conv-1")
    assert address(out) == (N, OTHER_N, None)
    assert whose(desk, "conv-1") == N
    assert desk.customer(OTHER_N).customer == N


def test_news_of_a_stranger_makes_nobody_where_that_is_asked(desk: Desk) -> None:
    """As the door tells it: the stranger's first message may be under way, and gives the name."""
    assert desk.link({"wa_id": N}, {"wa_id": OTHER_N}, known_only=True) is None
    assert desk.rows("select * from customers") == []
    desk.talk("1", N, B)
    assert desk.link({"wa_id": N}, {"wa_id": OTHER_N}, known_only=True) == N
    assert desk.customer(OTHER_N).customer == N


@pytest.mark.parametrize("previous", [{"bsuid": B}, {"wa_id": N}, {"wa_id": N, "bsuid": OTHER_B}])
def test_one_id_that_is_known_is_enough(desk: Desk, previous: dict[str, str]) -> None:
    desk.talk("1", N, B)
    assert desk.link(previous, {"bsuid": "DE.777"}, known_only=True) == N


def test_the_id_that_comes_with_the_new_number_is_the_same_person_s(desk: Desk) -> None:
    """Ids change with numbers, and no word of it may come."""
    desk.talk("1", N, B, occurred_at=MORNING)
    desk.link({"wa_id": N}, {"wa_id": OTHER_N}, NOON)
    # The news is a message too, from the old number, of the same second.
    assert address(desk.hear("news", N, B, occurred_at=NOON, opens_window=False))[0] == N
    assert address(desk.hear("2", OTHER_N, OTHER_B, occurred_at=EVENING)) == (N, OTHER_N, OTHER_B)
    assert desk.hear("3", None, B, occurred_at=EVENING).customer == N


def test_the_news_may_come_after_it_was_claimed(desk: Desk) -> None:
    desk.hear("1", N, B, occurred_at=MORNING)
    desk.hear("news", N, B, occurred_at=NOON, opens_window=False)
    desk.link({"wa_id": N}, {"wa_id": OTHER_N}, NOON)
    assert address(desk.hear("2", OTHER_N, OTHER_B, occurred_at=EVENING)) == (N, OTHER_N, OTHER_B)


def test_who_wrote_from_the_new_number_before_the_news_came_is_the_same(desk: Desk) -> None:
    desk.talk("1", N, B, occurred_at=MORNING)
    desk.talk("2", OTHER_N, OTHER_B, occurred_at=EVENING)
    assert desk.link({"wa_id": N}, {"wa_id": OTHER_N}, NOON) == OTHER_N
    assert address(desk.write_to(N, conversation_id="conv-1")) == (OTHER_N, OTHER_N, OTHER_B)
    assert whose(desk, "conv-1") == OTHER_N


def test_the_news_may_carry_the_new_id_which_has_written_before_them(desk: Desk) -> None:
    desk.talk("1", N, B, occurred_at=MORNING)
    desk.talk("2", OTHER_N, OTHER_B, occurred_at=EVENING)
    desk.link({"wa_id": N, "bsuid": OTHER_B}, {"wa_id": OTHER_N}, NOON)
    assert desk.customer(N).customer == desk.customer(B).customer == OTHER_N
    assert address(desk.write_to(N)) == (OTHER_N, OTHER_N, OTHER_B)


def test_an_id_that_changed_is_the_same_person_in_any_order_of_news(desk: Desk) -> None:
    desk.talk("1", N, B)
    desk.link({"bsuid": "DE.11"}, {"bsuid": "DE.12"}, EVENING)
    desk.link({"bsuid": B}, {"bsuid": "DE.11"}, NOON)
    assert address(desk.hear("2", None, "DE.12", occurred_at=EVENING)) == (N, N, "DE.12")


def test_an_id_that_was_taken_for_a_stranger_s_is_given_back_by_the_news(desk: Desk) -> None:
    desk.talk("1", N, B, occurred_at=MORNING)
    desk.talk("2", N, OTHER_B, occurred_at=NOON)
    assert desk.customer(OTHER_B).customer == OTHER_B
    assert desk.link({"bsuid": B}, {"bsuid": OTHER_B}, NOON) == OTHER_B
    assert address(desk.write_to(N)) == (OTHER_B, N, OTHER_B)


def test_old_news_change_nothing(desk: Desk) -> None:
    desk.hear("1", N, B, occurred_at=MORNING)
    desk.link({"wa_id": N}, {"wa_id": "491703"}, EVENING)
    desk.link({"wa_id": N}, {"wa_id": "491702"}, NOON)
    assert desk.write_to(N).wa_id == "491703"
    assert desk.customer("491702").customer == N


@pytest.mark.parametrize("told", [{}, {"wa_id": N}, {"bsuid": B}])
def test_news_of_strangers_are_kept_for_when_they_write(desk: Desk, told: dict[str, str]) -> None:
    name = desk.link(told, {"wa_id": OTHER_N, "bsuid": OTHER_B})
    assert name == OTHER_N
    assert address(desk.hear("1", OTHER_N, OTHER_B)) == (OTHER_N, OTHER_N, OTHER_B)


def test_news_of_nobody_are_nobody_s(desk: Desk) -> None:
    assert desk.link({}, {}) is None
    assert desk.rows("select * from customers") == []


def test_a_number_with_the_id_of_somebody_else_is_a_new_person_s(desk: Desk) -> None:
    desk.talk("1", N, B, occurred_at=MORNING)
    new = desk.talk("2", N, OTHER_B, occurred_at=NOON)
    assert (address(new), new.conversation_id) == ((OTHER_B, N, OTHER_B), None)
    old = desk.write_to(N, conversation_id="conv-1")
    assert (address(old), old.conversation_id) == ((N, None, B), "conv-1")
    assert address(desk.write_to(OTHER_B, "out2")) == (OTHER_B, N, OTHER_B)
    assert address(desk.hear("3", N, None, occurred_at=EVENING)) == (OTHER_B, N, OTHER_B)
    assert address(desk.hear("4", None, B, occurred_at=EVENING)) == (N, None, B)
    assert [m.source_id for m in desk.history("conv-1").messages] == ["4", "out", "1"]
    assert [m.source_id for m in desk.history("conv-2").messages] == ["3", "out2", "2"]


def test_a_late_message_of_who_had_the_number_does_not_take_it_back(desk: Desk) -> None:
    desk.hear("1", N, B, occurred_at=MORNING)
    desk.hear("2", N, OTHER_B, occurred_at=EVENING)
    assert address(desk.hear("late", N, B, occurred_at=NOON)) == (N, None, B)
    assert desk.hear("3", N, OTHER_B, occurred_at=EVENING).wa_id == N


def test_a_late_message_of_who_had_the_number_before_us_is_a_stranger_s(desk: Desk) -> None:
    desk.hear("1", N, B, occurred_at=NOON)
    assert address(desk.hear("late", N, OTHER_B, occurred_at=MORNING)) == (OTHER_B, None, OTHER_B)
    assert address(desk.write_to(N)) == (N, N, B)


def test_a_number_that_was_left_is_a_new_person_s(desk: Desk) -> None:
    desk.hear("1", N, B, occurred_at=MORNING)
    desk.link({"wa_id": N, "bsuid": B}, {"wa_id": OTHER_N, "bsuid": B}, NOON)
    assert address(desk.hear("late", N, None, occurred_at=MORNING)) == (N, OTHER_N, B)
    assert address(desk.hear("2", N, "DE.3", occurred_at=EVENING)) == ("DE.3", N, "DE.3")


def test_a_new_person_of_whom_only_a_taken_name_is_known_gets_a_made_one(desk: Desk) -> None:
    desk.hear("1", N, None, occurred_at=MORNING)
    desk.link({"wa_id": N}, {"wa_id": OTHER_N}, NOON)
    new = desk.hear("2", N, None, occurred_at=EVENING)
    assert address(new) == (f"ZZ.{N}v2", N, None)
    assert address(desk.write_to(new.customer)) == (new.customer, N, None)
    assert desk.hear("3", N, None, occurred_at=EVENING).customer == new.customer


def test_who_takes_back_a_number_has_it(desk: Desk) -> None:
    desk.hear("1", N, B, occurred_at=MORNING)
    desk.hear("2", OTHER_N, B, occurred_at=NOON)
    assert address(desk.hear("3", N, B, occurred_at=EVENING)) == (N, N, B)


def apart(desk: Desk) -> None:
    """A number and an id, known apart; the conversation of the id is the newer one."""
    desk.talk("n", N, None)
    desk.talk("b", None, B)
    assert desk.customer(N).customer != desk.customer(B).customer


def test_a_number_and_an_id_that_come_together_were_one_person(desk: Desk) -> None:
    apart(desk)
    both = desk.hear("2", N, B)
    assert (address(both), both.conversation_id) == ((B, N, B), "conv-b")
    assert desk.hear("3", N, None).customer == B
    assert desk.customer(N) == desk.customer(B)
    current = desk.rows("select customer from conversation_mappings where is_current")
    assert current == [{"customer": B}]


def test_a_late_answer_in_the_other_conversation_reaches_the_person(desk: Desk) -> None:
    apart(desk)
    desk.hear("2", N, B)
    assert whose(desk, "conv-n") == B
    late = desk.write_to(N, conversation_id="conv-n")
    assert (address(late), late.conversation_id) == ((B, N, B), "conv-n")
    assert desk.customer(B).conversation_id == "conv-b"


def test_a_message_of_the_other_name_that_is_under_way_ends_with_the_person(desk: Desk) -> None:
    apart(desk)
    under_way = desk.hear("3", N, None)
    desk.hear("newest", None, B)
    assert desk.hear("2", N, B).customer == B
    desk.complete(under_way, source_id="3", direction="inbound", conversation_id="conv-new")
    assert whose(desk, "conv-new") == B
    assert desk.hear("3", N, None).outcome == "duplicate"


def test_the_newest_conversation_gives_the_name(desk: Desk) -> None:
    desk.talk("b", None, B)
    desk.talk("n", N, None)
    assert address(desk.hear("2", N, B)) == (N, N, B)
    assert whose(desk, "conv-b") == N


def test_a_conversation_gives_the_name_before_none(desk: Desk) -> None:
    desk.talk("b", None, B)
    desk.hear("n", N, None)
    assert desk.hear("2", N, B).customer == B


def test_the_window_of_one_person_is_one(desk: Desk) -> None:
    desk.talk("n", N, None, occurred_at=EVENING)
    desk.talk("b", None, B, occurred_at=MORNING)
    desk.hear("2", N, B, occurred_at=NOON)
    found = desk.customer(B)
    assert found.last_customer_message_id == "n"
    assert found.last_customer_message_at == desk.hear("3", None, B).last_customer_message_at


def test_names_that_became_one_twice_lead_to_the_last(desk: Desk) -> None:
    for name in ("DE.10", "DE.11", "DE.12"):
        desk.talk(name, None, name)
    desk.link({"bsuid": "DE.10"}, {"bsuid": "DE.11"}, NOON)
    desk.link({"bsuid": "DE.11"}, {"bsuid": "DE.12"}, EVENING)
    assert {desk.customer(f"DE.{n}").customer for n in (10, 11, 12)} == {"DE.12"}
    assert {whose(desk, f"conv-DE.{n}") for n in (10, 11, 12)} == {"DE.12"}
    merged = desk.rows("select distinct merged_into from customers where merged_into is not null")
    assert merged == [{"merged_into": "DE.12"}]


def test_two_people_who_each_have_an_id_stay_two(desk: Desk) -> None:
    desk.talk("1", N, B, occurred_at=MORNING)
    desk.talk("2", OTHER_N, OTHER_B, occurred_at=MORNING)
    assert address(desk.hear("3", OTHER_N, B, occurred_at=NOON)) == (N, OTHER_N, B)
    assert address(desk.write_to(OTHER_B)) == (OTHER_N, None, OTHER_B)


def test_a_person_is_found_by_every_name(desk: Desk) -> None:
    desk.talk("1", N, B)
    found = {desk.customer(one).model_dump_json() for one in (N, B)}
    assert len(found) == 1
    with pytest.raises(NotFound):
        desk.customer("491799")


def test_a_person_of_another_channel_has_no_conversation_in_this_one(desk: Desk) -> None:
    desk.talk("1", N, B)
    desk.channel_id = desk.other().channel_id
    found = desk.customer(N)
    assert (found.customer, found.wa_id, found.conversation_id) == (N, N, None)
