"""The judge of the fault run can say no."""

from tests.faults.tally import NEVER, Got, Tally, Written

A = Written("t", "a", first=1.0, taken=1.1)
B = Written("t", "b", first=2.0, taken=2.1)


def row(tally: Tally) -> tuple[int, int, int, int, float]:
    made = tally.row("s", healed_at=1.5)
    return made.lost, made.doubled, made.misordered, made.unknown, made.recovery_s


def test_what_arrives_once_and_in_order_is_good() -> None:
    made = Tally([A, B], {"t": [Got("a", 3.0), Got("b", 4.0)]}).row("s", healed_at=1.5)
    assert made.good
    assert made.record() == {
        "scenario": "s",
        "in": 2,
        "out": 2,
        "lost": 0,
        "doubled": 0,
        "misordered": 0,
        "unknown": 0,
        "recovery_s": 1.5,
    }


def test_what_never_arrives_is_lost() -> None:
    tally = Tally([A, B], {"t": [Got("a", 3.0)]})
    assert row(tally)[0] == 1
    assert tally.faults == ["lost: t 'b'"]


def test_what_reaches_another_conversation_is_lost_to_its_own() -> None:
    assert row(Tally([A], {"u": [Got("a", 3.0)]}))[0] == 1


def test_a_missing_receipt_is_a_loss() -> None:
    assert row(Tally([A], {"t": [Got("a", 3.0)]}, receipts_lost=["a"]))[0] == 1


def test_what_arrives_twice_is_doubled() -> None:
    assert row(Tally([A], {"t": [Got("a", 3.0), Got("a", 4.0)]}))[1] == 1


def test_a_repeat_under_the_same_id_is_doubled_when_nothing_hid_the_answer() -> None:
    assert row(Tally([A], {"t": [Got("a", 3.0), Got("a", 4.0, again=True)]}))[1] == 1


def test_a_repeat_under_the_same_id_is_unknown_when_the_answer_was_hidden() -> None:
    tally = Tally([A], {"t": [Got("a", 3.0), Got("a", 4.0, again=True)]}, unknowable=True)
    assert row(tally)[1:4] == (0, 0, 1)


def test_an_answer_that_was_cut_off_is_unknown() -> None:
    assert row(Tally([A], {"t": [Got("a", 3.0)]}, unknowable=True, answers_lost=1))[3] == 1


def test_a_line_behind_one_that_came_after_it_is_out_of_order() -> None:
    assert row(Tally([A, B], {"t": [Got("b", 3.0), Got("a", 4.0)]}))[2] == 1


def test_each_line_behind_a_later_one_counts() -> None:
    c = Written("t", "c", first=3.0, taken=3.1)
    got = {"t": [Got("c", 4.0), Got("a", 5.0), Got("b", 6.0)]}
    assert row(Tally([A, B, c], got))[2] == 2


def test_a_line_whose_sender_tried_it_again_beside_the_next_has_no_place() -> None:
    again = Written("t", "a", first=1.0, taken=7.0)
    assert row(Tally([again, B], {"t": [Got("b", 3.0), Got("a", 8.0)]}))[2] == 0


def test_a_line_that_was_never_taken_is_lost() -> None:
    assert row(Tally([Written("t", "a", first=1.0, taken=NEVER)], {}))[0] == 1


def test_recovery_counts_what_was_written_before_the_mend() -> None:
    assert row(Tally([A, B], {"t": [Got("a", 1.4), Got("b", 9.0)]}))[4] == 0.0
