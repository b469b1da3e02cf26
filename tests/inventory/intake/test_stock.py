"""A stock file into the ledger: it says what is there, and only the differences are posted."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory.files import read_table, write_table
from inventory.intake.stock import import_lots, import_stock
from inventory.ledger.errors import KeyReused
from inventory.ledger.issue import issue
from inventory.ledger.move import recall
from inventory.ledger.pages import stock_page
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.reserve import reserve
from inventory.ledger.verify import verify
from inventory.snapshot import snapshot
from inventory.tables.goods import lots
from inventory.tables.places import bins, zones
from inventory.tables.stock import movements, operations, stock_heads

BED, WATER = "M003", "M013"


def bed(quantity, **more):
    row = {"store": "S0", "item": BED, "lot": "L1", "bin": "A-1", "quantity": Decimal(str(quantity))}
    return row | {"state": "serviceable", "received": date(2026, 1, 1)} | more


@pytest.fixture
def load(session, rows, act):
    """`load(bed(10))`: the counts of (added, changed, same)."""

    def import_rows(*given, **more):
        done = import_stock(session, rows("stock", *given), act=act(**more))
        return done.added, done.changed, done.same

    return import_rows


def book(session):
    return {
        (row.store, row.item, row.lot, row.bin, row.state): row.quantity for row in stock_page(session, limit=999).rows
    }


class TestWhatIsPosted:
    def test_a_new_line_is_received(self, session, load, left):
        assert load(bed(10), bed("2.5", lot="L2", store="S1")) == (2, 0, 0)
        assert (left("S0", BED), left("S1", BED)) == (10, Decimal("2.5"))
        assert session.execute(select(operations.c.kind, operations.c.reason)).all() == [("RECEIVE", "OPENING")]
        assert verify(session).differences == ()

    def test_the_same_file_again_changes_nothing(self, session, load, entries):
        rows = [bed(10), bed(5, bin=None, lot=None), bed(3, state="damaged"), bed(0, lot="GONE")]
        load(*rows)
        before, held = entries(), book(session)
        assert load(*rows) == (0, 0, 4)
        assert (entries(), book(session)) == (before, held)

    @pytest.mark.parametrize(("then", "legs"), [(12, (False, True)), (7, (True, False)), (0, (True, False))])
    def test_of_a_changed_quantity_only_the_difference_is_posted(self, session, load, then, legs):
        load(bed(10), bed(5, lot="L2"))
        assert load(bed(then), bed(5, lot="L2")) == (0, 1, 1)
        row = session.execute(select(movements).where(movements.c.kind == "ADJUST")).one()
        assert (row.quantity, row.from_id is not None, row.to_id is not None) == (abs(then - 10), *legs)
        reasons = session.execute(select(operations.c.reason).where(operations.c.kind == "ADJUST")).scalars().all()
        assert reasons == ["STATEMENT"]
        assert verify(session).differences == ()

    def test_lines_the_file_does_not_name_stay(self, session, load):
        load(bed(10), bed(5, lot="L2"))
        load(bed(9))
        assert book(session)["S0", BED, "L2", "A-1", "serviceable"] == 5

    def test_what_moved_since_is_stated_anew(self, session, load, act, left):
        load(bed(10))
        issue(session, store="S0", item=BED, quantity=Decimal(4), act=act(reason="RESCUE"))
        assert load(bed(10)) == (0, 1, 0)
        assert left("S0", BED) == 10
        assert verify(session).differences == ()

    def test_everything_a_row_says_is_kept(self, session, load):
        load(bed(10, owner="entrusted", made=date(2026, 1, 2), expires=date(2027, 1, 2), unit_price=Decimal("9.90"),
                 reserve_floor=Decimal(4), bin="B-2-1-1"))  # fmt: skip
        (row,) = stock_page(session).rows
        assert (row.owner, row.made, row.expires, row.unit_price, row.received) == (
            "entrusted", date(2026, 1, 2), date(2027, 1, 2), Decimal("9.9"), date(2026, 1, 1),
        )  # fmt: skip
        assert session.execute(select(stock_heads.c.reserve_floor)).scalar_one() == 4
        assert session.execute(select(bins.c.code, zones.c.code).join(zones)).all() == [("B-2-1-1", "B")]

    def test_an_empty_owner_is_the_tier_of_the_store(self, session, load):
        load(bed(1), bed(1, store="S1"), bed(1, store="S2"))
        assert [row.owner for row in stock_page(session).rows] == ["county", "town", "village"]

    def test_a_floor_that_a_file_leaves_out_stays(self, session, load):
        load(bed(10, reserve_floor=Decimal(4)))
        load(bed(10))
        assert session.execute(select(stock_heads.c.reserve_floor)).scalar_one() == 4
        load(bed(10, reserve_floor=Decimal(2)))
        assert session.execute(select(stock_heads.c.reserve_floor)).scalar_one() == 2

    def test_a_lot_of_two_days_of_expiry_is_two_lines(self, session, load):
        load(bed(1, expires=date(2027, 1, 1)), bed(2, expires=date(2028, 1, 1)))
        assert sorted(row.quantity for row in stock_page(session).rows) == [1, 2]

    def test_what_comes_in_by_file_and_by_hand_is_one_lot(self, session, load, act):
        load(bed(10))
        receive(session, store="S0", item=BED, quantity=Decimal(1), act=act(), lot=LotFacts(code="L1"), bin="A-1")
        assert book(session) == {("S0", BED, "L1", "A-1", "serviceable"): 11}

    def test_what_goes_out_as_a_file_comes_in_unchanged(self, session, load, act, tmp_path, entries):
        load(
            bed(10, unit_price=Decimal("0.1")),
            bed(5, bin=None, lot=None, owner="agreement"),
            bed(3, state="repair", bin=None),
        )
        write_table(tmp_path / "stock.csv", "stock", snapshot(session, "stock"))
        before = entries()
        done = import_stock(session, read_table(tmp_path / "stock.csv", "stock"), act=act())
        assert (done.added, done.changed, done.same) == (0, 0, 3)
        assert entries() == before

    def test_an_empty_file_is_no_harm(self, load, rows, session, act):
        assert import_stock(session, rows("stock"), act=act()).added == 0


class TestKeys:
    def test_a_file_sent_twice_under_one_key_is_not_even_compared(self, session, load, act, left, entries):
        load(bed(10), key="file-1")
        issue(session, store="S0", item=BED, quantity=Decimal(4), act=act(reason="RESCUE"))
        before = entries()
        assert load(bed(10), key="file-1") == (0, 0, 1)
        assert entries() == before
        assert left("S0", BED) == 6

    def test_another_file_under_that_key_is_refused(self, load, session):
        load(bed(10), key="file-1")
        with pytest.raises(KeyReused):
            load(bed(11), key="file-1")

    def test_no_entry_is_written_under_an_earlier_operation(self, session, load, act):
        load(bed(10), key="one")
        load(bed(12), key="two")
        load(bed(9), bed(1, lot="L2"), key="three")
        rows = select(operations.c.reference, movements.c.kind, movements.c.quantity).join(operations)
        found = session.execute(rows.order_by(movements.c.id)).all()
        assert found == [("one", "RECEIVE", 10), ("two", "ADJUST", 2), ("three", "RECEIVE", 1), ("three", "ADJUST", 3)]

    def test_a_file_is_an_opening_or_a_statement_whatever_was_said(self, session, load):
        load(bed(1), reason="RESCUE", key="k")
        load(bed(2), reason="RESCUE")
        assert set(session.execute(select(operations.c.reason)).scalars()) == {"OPENING", "STATEMENT"}


class TestFaults:
    def test_all_are_told_at_once(self, load, faults):
        with faults() as found:
            load(
                bed(1), bed(1, store="S9"), bed(1, item="M999", store="S8"), bed("0.0000001"), bed(10**10),
                bed(1, lot="L3", unit_price=Decimal("0.0000001")), bed(1, lot="L4", reserve_floor=Decimal(10**9 + 1)),
            )  # fmt: skip
        assert sorted(found) == [
            (3, "store", "UNKNOWN_REFERENCE"), (4, "item", "UNKNOWN_REFERENCE"), (4, "store", "UNKNOWN_REFERENCE"),
            (5, "quantity", "TOO_FINE"), (6, "quantity", "TOO_FINE"), (7, "unit_price", "TOO_FINE"),
            (8, "reserve_floor", "TOO_FINE"),
        ]  # fmt: skip

    def test_what_only_the_book_knows_is_told_at_once_too(self, session, load, faults, act):
        load(bed(10), bed(10, lot="BAD"))
        reserve(session, store="S0", item=BED, quantity=Decimal(4), act=act(reason="PLAN"), reference="P", lot="L1")
        recall(session, item=BED, lot="BAD", act=act(reason="RECALL"))
        with faults() as found:
            load(bed(1), bed(5, lot="BAD"), bed(3, owner="county"), bed(7, lot="NEW"))
        assert found == [
            (2, "quantity", "BELOW_RESERVED"), (3, "lot", "RecalledLot"), (4, None, "SAME_LINE"),
            (4, "quantity", "BELOW_RESERVED"),
        ]  # fmt: skip
        assert book(session) == {
            ("S0", BED, "L1", "A-1", "serviceable"): 10, ("S0", BED, "BAD", "A-1", "recalled"): 10,
        }  # fmt: skip

    def test_a_line_below_what_is_reserved_on_it(self, session, load, faults, act, left):
        load(bed(10))
        reserve(session, store="S0", item=BED, quantity=Decimal(4), act=act(reason="PLAN"), reference="P")
        with faults() as found:
            load(bed("3.999999"))
        assert found == [(2, "quantity", "BELOW_RESERVED")]
        assert left("S0", BED) == 6
        load(bed(4))
        assert left("S0", BED) == 0

    def test_a_recalled_lot_may_be_stated_as_recalled_only(self, session, load, faults, act):
        load(bed(10))
        recall(session, item=BED, lot="L1", act=act(reason="RECALL"))
        with faults() as found:
            load(bed(1, store="S1"))
        assert found == [(2, "lot", "RecalledLot")]
        load(bed(1, store="S1", state="recalled"))

    def test_two_rows_for_one_line(self, load, faults):
        with faults() as found:
            load(bed(10), bed(9, owner="county"))
        assert found == [(3, None, "SAME_LINE")]


class TestLots:
    def lot(self, **more):
        return {"item": WATER, "lot": "W1", "owner": "county", "expires": date(2027, 1, 1)} | more

    def test_they_are_described_once_and_suppliers_are_kept(self, session, rows):
        table = rows("lots", self.lot(supplier="甲厂"), self.lot(lot="W2"))
        done = import_lots(session, table)
        assert (done.added, done.changed, done.same) == (2, 0, 0)
        done = import_lots(session, table)
        assert (done.added, done.changed, done.same) == (0, 0, 2)
        done = import_lots(session, rows("lots", self.lot(supplier="乙厂"), self.lot(lot="W2")))
        assert (done.added, done.changed, done.same) == (0, 1, 1)
        assert session.execute(select(lots.c.supplier).order_by(lots.c.code)).scalars().all() == ["乙厂", None]

    def test_their_last_usable_day_is_known(self, session, rows):
        import_lots(session, rows("lots", self.lot()))
        assert session.execute(select(lots.c.usable_until)).scalar_one() == date(2027, 1, 1)

    def test_items_that_are_not_there_are_all_told(self, session, rows, faults):
        with faults() as found:
            import_lots(session, rows("lots", self.lot(item="X1"), self.lot(), self.lot(item="X2")))
        assert found == [(2, "item", "UNKNOWN_REFERENCE"), (4, "item", "UNKNOWN_REFERENCE")]

    def test_stock_of_a_lot_that_was_described_is_of_that_lot(self, session, rows, load):
        import_lots(session, rows("lots", self.lot(supplier="甲厂")))
        load(bed(1, item=WATER, lot="W1", expires=date(2027, 1, 1)))
        assert len(session.execute(select(lots.c.id)).all()) == 1


def test_expired_stock_is_there_and_not_available(load, left, session):
    day = date(2026, 6, 15)
    load(bed(3, expires=day - timedelta(days=1), lot="OLD"), bed(2, expires=day, lot="TODAY"))
    assert left("S0", BED) == 2
    assert sum(book(session).values()) == 5


class TestDescribedAnew:
    def test_a_day_of_manufacture_that_is_filled_in_doubles_nothing(self, session, load, left):
        load(bed(40))
        assert load(bed(40, made=date(2025, 1, 1))) == (0, 1, 0)
        assert left("S0", BED) == 40
        (row,) = stock_page(session).rows
        assert (row.quantity, row.made, row.received) == (40, date(2025, 1, 1), date(2026, 1, 1))
        assert load(bed(40, made=date(2025, 1, 1))) == (0, 0, 1)
        assert verify(session).differences == ()

    def test_an_expiry_put_right_and_another_quantity_are_two_entries(self, session, load, left):
        load(bed(40, expires=date(2027, 1, 1)))
        assert load(bed(38, expires=date(2027, 2, 1))) == (0, 1, 0)
        assert left("S0", BED) == 38
        kinds = session.execute(select(movements.c.kind, movements.c.quantity).order_by(movements.c.id)).all()
        assert [tuple(row) for row in kinds] == [("RECEIVE", 40), ("MOVE", 40), ("ADJUST", 2)]
        assert verify(session).differences == ()

    def test_another_batch_without_a_number_is_another_batch(self, load, left):
        load(bed(10, lot=None, expires=date(2027, 1, 1)))
        assert load(bed(10, lot=None, expires=date(2028, 1, 1))) == (1, 0, 0)
        assert left("S0", BED) == 20

    def test_stock_without_a_number_gets_what_was_not_known(self, load, left):
        load(bed(10, lot=None))
        assert load(bed(10, lot=None, expires=date(2028, 1, 1))) == (0, 1, 0)
        assert left("S0", BED) == 10

    def test_both_descriptions_in_the_file_are_two_lots(self, load, left):
        load(bed(10, expires=date(2027, 1, 1)))
        both = (bed(10, expires=date(2027, 1, 1)), bed(5, expires=date(2028, 1, 1)))
        assert load(*both) == (1, 0, 1)
        assert left("S0", BED) == 15

    def test_reserved_units_stay_as_they_are_until_released(self, session, load, faults, act):
        load(bed(10))
        reserve(session, store="S0", item=BED, quantity=Decimal(2), act=act(reason="PLAN"), reference="P1")
        with faults() as found:
            load(bed(10, made=date(2025, 1, 1)))
        assert found == [(2, "quantity", "RESERVED_AS_IT_WAS")]
