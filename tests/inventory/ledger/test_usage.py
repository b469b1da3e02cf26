"""What was used, and what it was worth."""

from datetime import timedelta
from decimal import Decimal

from inventory.ledger.issue import give_back, issue
from inventory.ledger.move import write_off
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.reverse import reverse
from inventory.ledger.usage import usage

BED = "M003"


def used(session, act, **more):
    at = act().at
    return usage(session, since=at - timedelta(days=1), until=at + timedelta(days=1), **more)


def test_the_value_counts_what_did_not_come_back(session, act):
    lot = LotFacts(code="L1", unit_price=Decimal("12.50"))
    receive(session, store="S0", item=BED, quantity=Decimal(10), act=act(), lot=lot, bin="A-1")
    issue(session, store="S0", item=BED, quantity=Decimal(6), act=act(reason="RESCUE", reference="flood-1"))
    give_back(session, store="S0", item=BED, quantity=Decimal(2), act=act(reason="GIVE_BACK"), bin="A-1")
    write_off(session, store="S0", item=BED, quantity=Decimal(1), state="serviceable", act=act(reason="LOSS"))
    (one,) = used(session, act)
    assert (one.item, one.owner) == (BED, "county")
    assert (one.issued, one.returned, one.written_off) == (Decimal(6), Decimal(2), Decimal(1))
    assert one.value == Decimal("62.5")
    assert one.unpriced == 0
    (flood,) = used(session, act, reference="flood-1")
    assert flood.value == Decimal(75)


def test_a_reversed_issue_was_not_used(session, act):
    receive(session, store="S0", item=BED, quantity=Decimal(10), act=act(), lot=LotFacts(code="L1"), bin="A-1")
    gone = issue(session, store="S0", item=BED, quantity=Decimal(6), act=act(reason="RESCUE"))
    assert used(session, act)[0].unpriced == 6
    reverse(session, operation=gone.id, act=act(reason="CORRECTION"))
    assert sum(one.unpriced for one in used(session, act)) == 0


def test_only_the_place_and_the_time_asked_for_count(session, act):
    for store in ("S0", "S1"):
        receive(session, store=store, item=BED, quantity=Decimal(5), act=act(), lot=LotFacts(code="L1"), bin="A-1")
        issue(session, store=store, item=BED, quantity=Decimal(1), act=act(reason="RELIEF"))
    assert sum(one.issued for one in used(session, act)) == 2
    assert sum(one.issued for one in used(session, act, place="520600100000")) == 1
    at = act().at
    assert usage(session, since=at + timedelta(seconds=1), until=at + timedelta(days=1)) == []


def test_a_reversed_receipt_is_no_loss_and_a_reversed_write_off_none_either(session, act):
    lot = LotFacts(code="L1", unit_price=Decimal(2))
    wrong = receive(session, store="S0", item=BED, quantity=Decimal(3), act=act(), lot=lot, bin="A-1")
    reverse(session, operation=wrong.id, act=act(reason="CORRECTION"))
    assert used(session, act) == []
    receive(session, store="S0", item=BED, quantity=Decimal(3), act=act(), lot=lot, bin="A-1")
    lost = write_off(session, store="S0", item=BED, quantity=Decimal(2), state="serviceable", act=act(reason="LOSS"))
    assert used(session, act)[0].value == 4
    reverse(session, operation=lost.id, act=act(reason="CORRECTION"))
    assert used(session, act) == []
