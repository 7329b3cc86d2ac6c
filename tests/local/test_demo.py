"""What the demo tells of a line."""

from local.demo.play import Hop, Line, Told
from local.demo.world import Company


def test_what_happened_to_a_line_is_told_in_the_order_in_which_it_did() -> None:
    company = Company.made_up("acme-bank", "Acme Bank")
    hops = [Hop("webhook answered", 234.2), Hop("agent sees it", 121.4)]
    told = Told(company, Line("customer", "Hello!"), hops)
    assert told.times == "agent sees it 121 ms · webhook answered 234 ms"
