"""Custodians and checks from files, and the lots that a failed check holds."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory.intake.care import import_custodians, import_maintenance
from inventory.ledger.errors import NotDispatchable
from inventory.ledger.holds import hold_failed
from inventory.ledger.issue import issue
from inventory.ledger.receive import LotFacts, receive
from inventory.tables.care import holds, maintenance
from inventory.tables.places import bins, custodianships, people

BED, WATER = "M003", "M013"
AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)


def counts(done):
    return done.added, done.changed, done.same


class TestCustodians:
    def term(self, **more):
        row = {"store": "S0", "person": "P1", "phone": "0856-1", "role": "primary", "valid_from": date(2026, 1, 1)}
        return row | more

    def test_terms_are_added_ended_and_left(self, session, rows):
        def load(*given):
            return counts(import_custodians(session, rows("custodians", *given)))

        deputy = self.term(person="P2", role="deputy")
        assert load(self.term(), deputy) == (2, 0, 0)
        assert load(self.term(), deputy) == (0, 0, 2)
        assert load(self.term(valid_to=date(2026, 6, 30)), deputy) == (0, 1, 1)
        assert load(self.term(person="P3", valid_from=date(2026, 7, 1))) == (1, 0, 0)
        found = select(people.c.code, custodianships.c.valid_to).join(people).where(custodianships.c.role == "primary")
        assert session.execute(found.order_by(people.c.code)).all() == [("P1", date(2026, 6, 30)), ("P3", None)]

    def test_a_handover_in_one_file(self, session, rows):
        import_custodians(session, rows("custodians", self.term()))
        new = self.term(person="P2", valid_from=date(2026, 7, 1))
        done = import_custodians(session, rows("custodians", new, self.term(valid_to=date(2026, 6, 30))))
        assert counts(done) == (1, 1, 0)

    @pytest.mark.parametrize("until", [None, date(2026, 7, 1)])
    def test_two_primaries_at_a_time_are_refused_with_the_row(self, session, rows, faults, until):
        first, second = self.term(valid_to=until), self.term(person="P2", valid_from=date(2026, 7, 1))
        with faults() as found:
            import_custodians(session, rows("custodians", first, self.term(store="S1"), second))
        assert found == [(4, "valid_from", "TWO_PRIMARIES")]

    def test_also_against_those_that_are_there(self, session, rows, faults):
        import_custodians(session, rows("custodians", self.term(person="P9", valid_from=date(2026, 3, 1))))
        with faults() as found:
            import_custodians(session, rows("custodians", self.term(valid_to=date(2026, 3, 1))))
        assert found == [(2, "valid_from", "TWO_PRIMARIES")]
        import_custodians(session, rows("custodians", self.term(valid_to=date(2026, 2, 28))))

    def test_every_pair_of_them_is_told(self, session, rows, faults):
        terms = [self.term(store=store, person=f"P{number}") for store in ("S0", "S1") for number in (1, 2)]
        with faults() as found:
            import_custodians(session, rows("custodians", *terms))
        assert [code for *_, code in found] == ["TWO_PRIMARIES"] * 2

    def test_other_scopes_and_deputies_do_not_meet(self, session, rows):
        terms = [self.term(), self.term(person="P2", bin="A-1"), self.term(person="P3", item=BED),
                 self.term(person="P4", store="S1"), self.term(person="P5", role="deputy"),
                 self.term(person="P6", role="deputy")]  # fmt: skip
        assert counts(import_custodians(session, rows("custodians", *terms))) == (6, 0, 0)
        assert session.execute(select(bins.c.code)).scalars().all() == ["A-1"]
        assert len(session.execute(select(people.c.id)).all()) == 6

    def test_what_names_nothing_is_all_told(self, session, rows, faults):
        terms = [self.term(store="S9"), self.term(item="M999"), self.term(store="S8", item="M998")]
        with faults() as found:
            import_custodians(session, rows("custodians", *terms))
        assert sorted(found) == [(2, "store", "UNKNOWN_REFERENCE"), (3, "item", "UNKNOWN_REFERENCE"),
                                 (4, "item", "UNKNOWN_REFERENCE"), (4, "store", "UNKNOWN_REFERENCE")]  # fmt: skip


class TestChecks:
    @pytest.fixture
    def beds(self, session, act):
        for lot in ("L1", "L2"):
            receive(session, store="S0", item=BED, quantity=Decimal(10), lot=LotFacts(code=lot), bin="A-1",
                    act=act(reason="PURCHASE", at=AT - timedelta(days=10)))  # fmt: skip

    @pytest.fixture
    def check(self, session, rows, act):
        """`check("FAILED")`: lot L1 was inspected on 14 June."""

        def load(result, *, day=14, **more):
            row = {"store": "S0", "item": BED, "lot": "L1", "kind": "INSPECT", "last_done": date(2026, 6, day)}
            return counts(import_maintenance(session, rows("maintenance", row | {"result": result} | more), act=act()))

        return load

    def test_records_are_written_once(self, session, rows, check):
        assert check("PASSED") == (1, 0, 0)
        assert check("PASSED") == (0, 0, 1)
        assert check("FAILED") == (1, 0, 0)
        whole = {"item": None, "lot": None, "kind": "STOCKTAKE"}
        assert check("PASSED", **whole) == (1, 0, 0)
        assert check("PASSED", **whole) == (0, 0, 1)
        row = session.execute(select(maintenance).order_by(maintenance.c.id)).first()
        assert (row.actor, row.recorded_at, row.done_on) == ("keeper", AT, date(2026, 6, 14))

    def test_a_failed_check_holds_the_lot_and_a_later_pass_frees_it(self, session, beds, check, left, act):
        check("FAILED")
        assert left("S0", BED) == 10
        point = session.begin_nested()
        with pytest.raises(NotDispatchable) as refusal:
            issue(session, store="S0", item=BED, quantity=Decimal(11), act=act(reason="RESCUE"))
        point.rollback()
        facts = refusal.value.facts
        assert (facts["free"], facts["held"], facts["tasks"]) == (10, 10, ["S0/M003/L1/INSPECT"])
        check("PASSED", day=15)
        assert left("S0", BED) == 20
        issue(session, store="S0", item=BED, quantity=Decimal(11), act=act(reason="RESCUE"))

    def test_an_earlier_pass_or_one_of_another_kind_frees_nothing(self, beds, check, left):
        check("FAILED")
        check("PASSED", day=13)
        check("PASSED", day=15, kind="TEST")
        check("PASSED", day=15, lot="L2")
        assert left("S0", BED) == 10

    def test_order_of_arrival_does_not_matter(self, beds, check, left):
        check("PASSED", day=15)
        check("FAILED", day=14)
        assert left("S0", BED) == 20

    def test_a_check_of_all_lots_holds_and_frees_all(self, session, beds, check, left):
        check("FAILED", lot=None)
        assert left("S0", BED) == 0
        assert {row.lot_code for row in session.execute(select(holds))} == {"L1", "L2"}
        check("PASSED", lot=None, day=15)
        assert left("S0", BED) == 20
        assert session.execute(select(holds)).all() == []

    def test_a_lot_that_came_after_the_failure_is_free(self, session, check, left, act):
        check("FAILED", lot=None, day=1)
        receive(session, store="S0", item=BED, quantity=Decimal(3), lot=LotFacts(code="L3"), bin="A-1",
                act=act(reason="PURCHASE"))  # fmt: skip
        assert left("S0", BED) == 3

    def test_the_same_lot_elsewhere_is_not_held(self, session, beds, check, left, act):
        receive(session, store="S1", item=BED, quantity=Decimal(3), lot=LotFacts(code="L1"), bin="A-1", act=act())
        check("FAILED")
        assert left("S1", BED) == 3

    def test_a_failed_stocktake_holds_no_lot(self, beds, check, left):
        check("FAILED", kind="STOCKTAKE", item=None, lot=None)
        check("FAILED", kind="SEASON_CHECK", lot=None)
        assert left("S0", BED) == 20

    def test_what_names_nothing_is_all_told(self, session, rows, faults, act):
        row = {"store": "S0", "item": BED, "kind": "INSPECT", "last_done": date(2026, 6, 1), "result": "PASSED"}
        with faults() as found:
            import_maintenance(session, rows("maintenance", row | {"store": "S9"}, row | {"item": "X"}), act=act())
        assert found == [(2, "store", "UNKNOWN_REFERENCE"), (3, "item", "UNKNOWN_REFERENCE")]

    def test_nothing_to_work_out_is_no_harm(self, session):
        hold_failed(session, pairs=set())
        assert session.execute(select(holds)).all() == []
