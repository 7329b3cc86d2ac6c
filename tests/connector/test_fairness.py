"""Who may go: tenants beside each other."""

from connector.tenants import Tenants


def test_a_tenant_takes_at_most_half_of_the_slots() -> None:
    tenants = Tenants(4)
    tenants.took("a")
    tenants.took("a")
    assert not tenants.admits("a")
    assert tenants.admits("b")


def test_no_slot_is_given_twice() -> None:
    tenants = Tenants(2)
    tenants.took("a")
    tenants.took("b")
    assert tenants.full()
    assert not tenants.admits("c")
    tenants.released("a")
    assert tenants.admits("c")


def test_five_failures_in_a_row_hold_a_tenant_and_one_success_frees_it() -> None:
    tenants = Tenants(8)
    assert [tenants.failed("a", 0.0) for _ in range(5)] == [False] * 4 + [True]
    assert tenants.is_held("a")
    assert not tenants.is_held("b")
    assert tenants.succeeded("a")
    assert not tenants.is_held("a")


def test_a_success_in_between_begins_the_count_anew() -> None:
    tenants = Tenants(8)
    for _ in range(4):
        tenants.failed("a", 0.0)
    assert not tenants.succeeded("a")
    assert not any(tenants.failed("a", 0.0) for _ in range(4))


def test_a_held_tenant_is_probed_once_a_second_and_never_twice_at_once() -> None:
    tenants = Tenants(8)
    for _ in range(5):
        tenants.failed("a", 0.0)
    assert tenants.due_probes(0.9) == []
    assert tenants.due_probes(1.0) == ["a"]
    tenants.probed("a", 1.0)
    tenants.took("a")
    assert tenants.due_probes(5.0) == []
    tenants.released("a")
    tenants.failed("a", 5.0)
    assert tenants.due_probes(5.5) == []
    assert tenants.due_probes(6.0) == ["a"]
