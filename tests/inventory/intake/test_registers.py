"""Registers from files: new rows are added, changed ones brought up to date, and the rest stays."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory.intake.registers import (
    import_bins,
    import_kits,
    import_packages,
    import_places,
    import_stores,
    import_teams,
    import_vehicles,
)
from inventory.snapshot import snapshot
from inventory.tables.forces import teams
from inventory.tables.places import bins, places, stores, zones

COUNTY, TOWN, VILLAGE = "520600000000", "520600100000", "520600100201"
BED, WATER = "M003", "M013"


def counts(done):
    return done.added, done.changed, done.same


def place(code, level, **more):
    return {"code": code, "name": level, "level": level} | more


def store(id_, tier="village", **more):
    return {"id": id_, "name": "一号库", "tier": tier} | more


TEAM = {"id": "T1", "tier": "3", "place": TOWN, "capabilities": ("flood", "search"), "headcount": 8, "profile": "car",
        "turnout_s": 180, "available_from": datetime(2026, 6, 1, tzinfo=UTC)}  # fmt: skip
TRUCK = {"id": "V1", "store": "S0", "payload_kg": Decimal("1500.5"), "volume_m3": Decimal(9), "profile": "truck"}
CASES = {  # kind -> import, two rows, what is altered in the second
    "places": (import_places, [place("520600102000", "town"), place("520600102201", "village", lat=27.1, lon=109.2)],
               {"name": "改名", "population": 120}),
    "stores": (import_stores,
               [store("N1", place=VILLAGE), store("N2", "town", area_m2=Decimal(200), profiles=("cold",))],
               {"area_m2": Decimal("250.5"), "profiles": ("cold", "flash_flood")}),
    "bins": (import_bins, [{"store": "S0", "bin": "A-1"}, {"store": "S1", "bin": "A-1", "volume_m3": Decimal(2)}],
             {"volume_m3": Decimal("2.5")}),
    "teams": (import_teams, [TEAM, TEAM | {"id": "T2", "place": None, "carries": (BED, WATER), "store": "S0"}],
              {"headcount": 9, "capabilities": ("flood",), "carries": (WATER,), "store": "S1"}),
    "vehicles": (import_vehicles, [TRUCK, TRUCK | {"id": "V2"}],
                 {"payload_kg": Decimal(2000), "available_from": datetime(2026, 6, 1, tzinfo=UTC)}),
    "packages": (import_packages, [{"item": WATER, "package": "箱", "units": Decimal(24)},
                                   {"item": WATER, "package": "托", "units": Decimal(480)}], {"units": Decimal(960)}),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_rows_are_added_changed_and_left_as_they_are(session, rows, kind):
    load, (first, second), change = CASES[kind]
    before = snapshot(session, kind)
    assert counts(load(session, rows(kind, first, second))) == (2, 0, 0)
    assert counts(load(session, rows(kind, first, second))) == (0, 0, 2)
    assert counts(load(session, rows(kind, first, second | change))) == (0, 1, 1)
    assert counts(load(session, rows(kind, second | change))) == (0, 0, 1)  # the first stays, unnamed
    held = list(snapshot(session, kind).rows())
    assert len(held) == len(before) + 2
    keys = [name for name in second if name in ("code", "id", "store", "bin", "item", "package")]
    row = next(row for row in held if all(row[name] == (second | change)[name] for name in keys))
    assert {name: row[name] for name in change} == change


def test_places_come_in_any_order_and_find_their_parents_by_code(empty, rows):
    table = rows("places", place(VILLAGE, "village"), place(TOWN, "town"), place(COUNTY, "county"))
    assert counts(import_places(empty, table)) == (3, 0, 0)
    found = empty.execute(select(places.c.code, places.c.parent_code).order_by(places.c.code)).all()
    assert found == [(COUNTY, None), (TOWN, COUNTY), (VILLAGE, TOWN)]


def test_places_without_a_parent_are_all_told(empty, rows, faults):
    table = rows("places", place(VILLAGE, "village"), place(COUNTY, "county"), place("520700100000", "town"))
    with faults() as found:
        import_places(empty, table)
    assert found == [(2, "parent_code", "UNKNOWN_REFERENCE"), (4, "parent_code", "UNKNOWN_REFERENCE")]


def test_a_store_too_small_or_nowhere_is_told_row_by_row(session, rows, faults):
    table = rows(
        "stores",
        store("N1", "town", area_m2=Decimal("199.9")), store("N2", "town", area_m2=Decimal(200)),
        store("N3", area_m2=Decimal("29.99"), place="520699999000"), store("N4", area_m2=Decimal(30)),
        store("N5", "county", area_m2=Decimal(1)), store("N6"),
    )  # fmt: skip
    with faults() as found:
        import_stores(session, table)
    assert found == [
        (2, "area_m2", "StoreTooSmall"),
        (4, "place", "UNKNOWN_REFERENCE"),
        (4, "area_m2", "StoreTooSmall"),
    ]


def test_a_bin_stands_in_the_zone_its_code_begins_with(session, rows):
    table = rows("bins", *({"store": "S0", "bin": code} for code in ("A-1-1", "A-1-2", "B-1", "C")))
    import_bins(session, table)
    found = session.execute(select(bins.c.code, zones.c.code).join(zones).order_by(bins.c.code)).all()
    assert found == [("A-1-1", "A"), ("A-1-2", "A"), ("B-1", "B"), ("C", "C")]


def test_a_volume_left_out_stays(session, rows):
    import_bins(session, rows("bins", {"store": "S0", "bin": "A-1", "volume_m3": Decimal(2)}))
    assert counts(import_bins(session, rows("bins", {"store": "S0", "bin": "A-1"}))) == (0, 0, 1)
    assert session.execute(select(bins.c.volume_m3)).scalar_one() == 2


@pytest.mark.parametrize(
    ("load", "kind", "row", "column"),
    [
        (import_bins, "bins", {"bin": "A-1"}, "store"),
        (import_vehicles, "vehicles", TRUCK, "store"),
        (import_teams, "teams", TEAM, "place"),
        (import_teams, "teams", TEAM, "store"),
        (import_packages, "packages", {"package": "箱", "units": Decimal(1)}, "item"),
        (import_kits, "kits", {"kit": "K", "name": "K", "quantity": Decimal(1)}, "item"),
    ],
)
def test_what_names_nothing_is_told_for_every_row(session, rows, faults, load, kind, row, column):
    with faults() as found:
        load(session, rows(kind, row | {column: "X1"}, row | {column: "X2"}))
    assert found == [(2, column, "UNKNOWN_REFERENCE"), (3, column, "UNKNOWN_REFERENCE")]
    assert len(snapshot(session, kind)) == 0


def test_every_unknown_item_that_a_team_carries_is_told(session, rows, faults):
    with faults() as found:
        import_teams(session, rows("teams", TEAM | {"carries": (BED, "X1", "X2")}))
    assert found == [(2, "carries", "UNKNOWN_REFERENCE")] * 2


def test_the_rows_of_one_kit_are_what_it_holds(session, rows):
    def kit(code, item, quantity, name="防汛包"):
        return {"kit": code, "name": name, "item": item, "quantity": Decimal(quantity)}

    both = [kit("K1", BED, 1), kit("K1", WATER, 2), kit("K2", BED, 3)]
    assert counts(import_kits(session, rows("kits", *both))) == (2, 0, 0)
    assert counts(import_kits(session, rows("kits", *both))) == (0, 0, 2)
    assert counts(import_kits(session, rows("kits", kit("K1", BED, 5)))) == (0, 1, 0)
    held = {(row["kit"], row["item"]): row["quantity"] for row in snapshot(session, "kits").rows()}
    assert held == {("K1", BED): 5, ("K2", BED): 3}


def test_a_team_keeps_what_a_file_does_not_speak_of(session, rows):
    import_teams(session, rows("teams", TEAM))
    session.execute(teams.update().values(status="out"))
    import_teams(session, rows("teams", TEAM | {"headcount": 5}))
    assert session.execute(select(teams.c.status, teams.c.headcount)).one() == ("out", 5)


def test_files_of_nothing_are_no_harm(session, rows):
    for kind, (load, *_) in CASES.items():
        assert counts(load(session, rows(kind))) == (0, 0, 0)
    assert len(session.execute(select(stores.c.id)).all()) == 3
