"""What people look at: pages of stock, the card of an item, loans and reservations."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory.catalogue import UnknownItem
from inventory.kinds import ELSEWHERE
from inventory.ledger.errors import UnknownStore
from inventory.ledger.issue import end_loan, give_back, issue, lend
from inventory.ledger.move import change_state, move, write_off
from inventory.ledger.pages import open_loans, open_reservations, stock_card, stock_page
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.release import release
from inventory.ledger.reserve import reserve
from inventory.ledger.reverse import reverse
from inventory.ledger.transfer import approve_transfer, receive_transfer, request_transfer, ship_transfer
from inventory.tables.stock import balances, movements

BED, WATER = "M003", "M013"
AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)


@pytest.fixture
def busy(session, stock, act):
    """A store in which everything has happened to its beds; the day each thing happened."""

    def on(day, **more):
        return Act(**{"actor": "keeper", "reason": "RESCUE", "at": AT + timedelta(days=day)} | more)

    stock("S0", 20)
    stock("S0", 10, lot="L2", expires=date(2027, 1, 1))
    here = {"store": "S0", "item": BED}
    move(session, **here, quantity=Decimal(5), to_bin="B-1", act=on(1))
    issue(session, **here, quantity=Decimal("2.5"), act=on(2))
    give_back(session, **here, quantity=Decimal(1), act=on(3))
    wrong = issue(session, **here, quantity=Decimal(1), act=on(3))
    reverse(session, operation=wrong.id, act=on(3, reason="CORRECTION"))
    lend(session, **here, quantity=Decimal(2), borrower="一村", due_back=date(2026, 7, 1), act=on(4))
    change_state(session, **here, quantity=Decimal(2), state="serviceable", to_state="damaged", act=on(5))
    write_off(session, **here, quantity=Decimal(1), state="damaged", act=on(6))
    reserve(session, **here, quantity=Decimal(3), act=on(7), reference="P1")
    for source, target in (("S0", "S1"), ("S1", "S0")):
        lines = [(BED, Decimal(4))]
        number = request_transfer(session, from_store=source, to_store=target, lines=lines, act=on(8))
        approve_transfer(session, number=number, act=on(8))
        ship_transfer(session, number=number, act=on(8))
        receive_transfer(session, number=number, act=on(9), bin="C-1")


class TestPages:
    @pytest.fixture
    def many(self, stock):
        for store in ("S2", "S0", "S1"):
            for item in (WATER, BED):
                for lot in ("L1", "L2", "L3"):
                    stock(store, 5, item=item, lot=lot, expires=date(2027, 1, int(lot[1])))

    @pytest.mark.parametrize("limit", [1, 2, 5, 17, 18, 19])
    def test_turning_pages_shows_every_line_exactly_once(self, session, many, limit):
        seen, after = [], None
        while True:
            page = stock_page(session, after=after, limit=limit)
            assert len(page.rows) <= limit
            seen += page.rows
            after = page.next
            if after is None:
                break
        assert len(seen) == len({row.id for row in seen}) == 18
        assert [(row.store, row.item) for row in seen] == sorted((row.store, row.item) for row in seen)

    def test_a_line_that_comes_in_between_pages_repeats_none(self, session, many, stock):
        first = stock_page(session, limit=9)
        stock("S0", 1, lot="NEW")
        rest = stock_page(session, after=first.next, limit=100)
        assert not {row.id for row in first.rows} & {row.id for row in rest.rows}

    def test_filters_narrow_it(self, session, many):
        def rows(**filters):
            return len(stock_page(session, limit=100, **filters).rows)

        assert rows() == 18
        assert rows(store="S1") == 6
        assert rows(item=BED) == 9
        assert rows(store="S1", item=BED, lot="L2") == 1
        assert rows(lot="L2") == 6
        assert rows(place="520600000000") == 18
        assert rows(place="520600100000") == rows(place="520600101000") == 6
        assert rows(place="520600100201") == 0
        assert rows(expires_by=date(2027, 1, 2)) == 12
        assert rows(owner="town") == 12
        assert rows(owner="entrusted") == 0
        assert rows(item="M999") == 0

    def test_a_store_that_is_not_there(self, session, refused):
        with refused(UnknownStore):
            stock_page(session, store="S9")

    def test_it_adds_up_to_the_book(self, session, busy):
        shown = stock_page(session, limit=100).rows
        elsewhere = [row for state in ELSEWHERE for row in stock_page(session, state=state, limit=100).rows]
        book = session.execute(select(balances.c.quantity)).scalars().all()
        assert sum(row.quantity for row in [*shown, *elsewhere]) == sum(book)
        assert all(row.quantity > 0 for row in shown)
        assert sum(row.reserved for row in shown) == 3

    def test_a_row_says_all_of_a_line(self, session, act):
        facts = LotFacts(code="L", owner="entrusted", made=date(2026, 1, 2), expires=date(2027, 1, 2),
                         unit_price=Decimal("9.90"))  # fmt: skip
        receive(session, store="S0", item=BED, quantity=Decimal("0.5"), act=act(), lot=facts)
        (row,) = stock_page(session).rows
        assert (row.store, row.item, row.lot, row.bin, row.state, row.quantity, row.reserved) == (
            "S0", BED, "L", None, "serviceable", Decimal("0.5"), 0,
        )  # fmt: skip
        assert (row.owner, row.made, row.expires, row.received, row.unit_price) == (
            "entrusted", date(2026, 1, 2), date(2027, 1, 2), date(2026, 6, 15), Decimal("9.9"),
        )  # fmt: skip


class TestCards:
    def replayed(self, session, store, lot=None):
        """What is in a store, worked out from the bare movements."""
        rows = stock_page(session, store=store, item=BED, lot=lot, limit=1000).rows
        return sum((row.quantity for row in rows), Decimal(0))

    def test_the_running_balance_ends_at_what_is_in_the_store(self, session, busy):
        for store in ("S0", "S1"):
            card = stock_card(session, store=store, item=BED)
            balance = card.opening
            for row in card.rows:
                balance += row.came - row.went
                assert row.balance == balance >= 0
            assert card.closing == balance == self.replayed(session, store)
            assert (card.opening, card.more) == (0, False)

    def test_so_does_that_of_one_lot(self, session, busy):
        cards = {lot: stock_card(session, store="S0", item=BED, lot=lot) for lot in ("L1", "L2")}
        for lot, card in cards.items():
            assert card.closing == self.replayed(session, "S0", lot)
            assert {row.lot for row in card.rows} == {lot}
        whole = stock_card(session, store="S0", item=BED)
        assert sum(len(card.rows) for card in cards.values()) == len(whole.rows)

    def test_rows_say_what_came_went_and_only_moved(self, session, busy):
        rows = stock_card(session, store="S0", item=BED).rows
        by_kind = {}
        for row in rows:
            by_kind.setdefault(row.kind, []).append(row)
            assert [row.came, row.went, row.moved].count(0) == 2
        assert [row.came for row in by_kind["RECEIVE"]] == [20, 10]
        assert sum(row.went for row in by_kind["ISSUE"]) == Decimal("5.5")
        assert [row.came for row in by_kind["RETURN"]] == [1]
        assert [row.came for row in by_kind["REVERSE"]] == [1]
        assert [row.went for row in by_kind["WRITE_OFF"]] == [1]
        assert sum(row.went for row in by_kind["TRANSFER_OUT"]) == sum(row.came for row in by_kind["TRANSFER_IN"]) == 4
        assert {row.moved for row in by_kind["RESERVE"]} & {Decimal(3)}
        assert sum(row.moved for row in by_kind["MOVE"]) == 7
        first = by_kind["ISSUE"][0]
        assert (first.from_state, first.to_state, first.actor, first.reason) == (
            "serviceable", "issued", "keeper", "RESCUE",
        )  # fmt: skip

    @pytest.mark.parametrize("limit", [1, 3, 7])
    def test_it_goes_on_where_it_stopped(self, session, busy, limit):
        whole = stock_card(session, store="S0", item=BED).rows
        rows, after = [], 0
        while True:
            card = stock_card(session, store="S0", item=BED, after=after, limit=limit)
            assert card.opening == (rows[-1].balance if rows else 0)
            rows += card.rows
            after = rows[-1].movement
            if not card.more:
                break
        assert rows == list(whole)

    def test_it_ends_where_asked(self, session, busy):
        until = AT + timedelta(days=3)
        rows = stock_card(session, store="S0", item=BED, until=until).rows
        assert rows
        assert all(row.recorded_at < until for row in rows)
        assert len(rows) == len(
            [row for row in stock_card(session, store="S0", item=BED).rows if row.recorded_at < until]
        )

    def test_an_item_never_held_has_an_empty_card(self, session):
        card = stock_card(session, store="S3", item=BED)
        assert (card.rows, card.opening, card.closing, card.more) == ((), 0, 0, False)

    def test_what_is_not_there(self, session, refused):
        with refused(UnknownStore):
            stock_card(session, store="S9", item=BED)
        with refused(UnknownItem):
            stock_card(session, store="S0", item="M999")

    def test_every_movement_is_on_the_cards(self, session, busy):
        shown = set()
        for store in ("S0", "S1"):
            shown |= {row.movement for row in stock_card(session, store=store, item=BED).rows}
        assert shown == set(session.execute(select(movements.c.id)).scalars())


class TestLoans:
    def test_what_is_out_is_listed_first_due_first(self, session, stock, act):
        stock("S0", 10)
        done = {}
        for borrower, day in (("二村", 20), ("一村", 10), ("三村", 30)):
            facts = {"quantity": Decimal("1.5"), "borrower": borrower, "due_back": date(2026, 7, day)}
            done[borrower] = lend(session, store="S0", item=BED, act=act(), **facts)
        rows = open_loans(session)
        assert [(row.borrower, row.quantity, row.due_back.day) for row in rows] == [
            ("一村", Decimal("1.5"), 10), ("二村", Decimal("1.5"), 20), ("三村", Decimal("1.5"), 30),
        ]  # fmt: skip
        assert [row.borrower for row in open_loans(session, due_by=date(2026, 7, 20))] == ["一村", "二村"]
        assert open_loans(session, store="S1") == []
        end_loan(session, operation=done["一村"].id, act=act(reason="GIVE_BACK"))
        assert [row.borrower for row in open_loans(session, store="S0")] == ["二村", "三村"]


class TestReservations:
    def test_what_is_kept_is_listed_by_reference(self, session, stock, act):
        stock("S0", 10)
        until = AT + timedelta(hours=2)
        for reference, expires_at in (("B", None), ("A", until)):
            facts = {"reference": reference, "expires_at": expires_at}
            reserve(session, store="S0", item=BED, quantity=Decimal(2), act=act(reason="PLAN"), **facts)
        rows = open_reservations(session)
        assert [(row.reference, row.store, row.item, row.lot, row.quantity, row.expires_at) for row in rows] == [
            ("A", "S0", BED, "L1", 2, until), ("B", "S0", BED, "L1", 2, None),
        ]  # fmt: skip
        assert len(open_reservations(session, reference="A")) == 1
        release(session, reference="A", act=act(reason="CANCELLED"))
        assert [row.reference for row in open_reservations(session)] == ["B"]
