"""Mutants of shipments: S1 to S9."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal as D

import numpy as np
import pytest

from optimizer.dispatch.check import Code, check
from optimizer.dispatch.check.stock import decimals
from optimizer.dispatch.plan import Shipment
from optimizer.dispatch.problem import Ban, Vehicle
from optimizer.units import UNREACHABLE


def line(problem, lot):
    return next(n for n, stock in enumerate(problem.stock) if stock.lot == lot)


def stock(problem, edit, lot, **changes):
    return edit.row(problem, "stock", line(problem, lot), **changes)


def added(plan, *shipments):
    return replace(plan, shipments=(*plan.shipments, *shipments))


def lots_exchanged(plan, edit):
    """What leaves last takes the lot that expires first: the sum per lot stays, the sequence does not."""
    first = edit.shipment(plan, "s1", lot="L3", quantity=D(4))
    second = edit.shipment(first, "s2", lot="L3", quantity=D(6))
    third = edit.shipment(second, "s3", lot="L2", quantity=D(4))
    return added(third, Shipment("s8", "S1", "I1", "water", "L2", D(2), 0, 400, "V1", 1))


def second_trip(plan, edit, depart):
    return edit.shipment(plan, "s3", depart_s=depart, arrive_s=depart + 300)


def in_a_round(problem, plan, edit, *, leg=500, depart_s=0, arrive_s=950):
    """V2 brings the tents to I1 at 450, then 4 water (27 kg and 0.164 m3 in all) to I2, and is back at 950 + 350."""
    legs = None if leg is None else np.array([[[0, leg, 1], [300, 0, 1], [1, 1, 0]]], np.int64)
    travel = replace(problem.travel, vehicle_between_s=legs, vehicle_between_m=legs, vehicle_group=np.zeros(2, int))
    rows = edit.shipment(plan, "s3", vehicle="V2", trip=1, depart_s=depart_s, arrive_s=arrive_s)
    return replace(problem, travel=travel), rows


MUTANTS = [
    ("one id twice", Code.SHIPMENT_REPEATED_ID, lambda p, q, e: e.shipment(q, "s2", id="s1")),
    ("a store that does not exist", Code.SHIPMENT_UNKNOWN, lambda p, q, e: e.shipment(q, "s5", store="S9")),
    ("an incident unknown", Code.SHIPMENT_UNKNOWN, lambda p, q, e: e.shipment(q, "s5", incident="I9")),
    ("an item that does not exist", Code.SHIPMENT_UNKNOWN, lambda p, q, e: e.shipment(q, "s5", item="beer")),
    ("a vehicle unknown", Code.SHIPMENT_UNKNOWN, lambda p, q, e: e.shipment(q, "s1", vehicle="V9")),
    ("a lot that does not exist", Code.SHIPMENT_UNKNOWN_LOT, lambda p, q, e: e.shipment(q, "s1", lot="L9")),
    ("another store's lot", Code.SHIPMENT_UNKNOWN_LOT, lambda p, q, e: e.shipment(q, "s1", lot="M1")),
    ("nothing shipped", Code.SHIPMENT_QUANTITY, lambda p, q, e: e.shipment(q, "s4", quantity=D(0))),
    ("less than nothing", Code.SHIPMENT_QUANTITY, lambda p, q, e: e.shipment(q, "s4", quantity=D(-2))),
    ("not a number", Code.SHIPMENT_QUANTITY, lambda p, q, e: e.shipment(q, "s4", quantity=D("NaN"))),
    ("half a tent", Code.SHIPMENT_LUMPS, lambda p, q, e: e.shipment(q, "s4", quantity=D("1.5"))),
    ("rope in centimetres", Code.SHIPMENT_LUMPS, lambda p, q, e: e.shipment(q, "s6", quantity=D("1.45"))),
    ("a blocked lot", Code.SHIPMENT_LOT_BLOCKED, lambda p, q, e: e.shipment(q, "s3", lot="L5", quantity=D(3))),
    (
        "a lot blocked since",
        Code.SHIPMENT_LOT_BLOCKED,
        lambda p, q, e: stock(p, e, "M1", blocked=("inspect-1",)),
    ),
    ("an expired lot", Code.SHIPMENT_LOT_EXPIRED, lambda p, q, e: e.shipment(q, "s3", lot="L1")),
    (
        "a lot that expired in Shanghai, where it is a day later than in London",
        Code.SHIPMENT_LOT_EXPIRED,
        lambda p, q, e: stock(p, e, "L2", expires=date(2024, 7, 15)),
    ),
    (
        "a banned store",
        Code.SHIPMENT_BANNED,
        lambda p, q, e: replace(p, bans=(*p.bans, Ban(store="S2", incident="I3"))),
    ),
    (
        "a banned item of a store",
        Code.SHIPMENT_BANNED,
        lambda p, q, e: replace(p, bans=(*p.bans, Ban(store="S2", incident="I2", item="rope"))),
    ),
    (
        "goods nobody asked for",
        Code.SHIPMENT_NOT_DEMANDED,
        lambda p, q, e: e.shipment(q, "s6", incident="I3", depart_s=600, arrive_s=2100),
    ),
    (
        "no vehicle where the store has some",
        Code.SHIPMENT_VEHICLE_MISSING,
        lambda p, q, e: e.shipment(q, "s4", vehicle=None, trip=None),
    ),
    ("no trip", Code.SHIPMENT_VEHICLE_MISSING, lambda p, q, e: e.shipment(q, "s4", trip=None)),
    (
        "a vehicle that has moved to another store",
        Code.SHIPMENT_VEHICLE_ELSEWHERE,
        lambda p, q, e: replace(p, vehicles=(p.vehicles[0], replace(p.vehicles[1], store="S2"))),
    ),
    (
        "a vehicle where the store has none",
        Code.SHIPMENT_VEHICLE_UNWANTED,
        lambda p, q, e: e.shipment(q, "s5", vehicle="V2", trip=1),
    ),
    ("a trip without a vehicle", Code.SHIPMENT_VEHICLE_UNWANTED, lambda p, q, e: e.shipment(q, "s5", trip=1)),
    (
        "no way by vehicle",
        Code.SHIPMENT_UNREACHABLE,
        lambda p, q, e: e.travel(p, "vehicle_to_incident_s", (0, 1), UNREACHABLE),
    ),
    (
        "no way without vehicle",
        Code.SHIPMENT_UNREACHABLE,
        lambda p, q, e: e.travel(p, "store_to_incident_s", (1, 1), UNREACHABLE),
    ),
    (
        "a departure before the report",
        Code.SHIPMENT_DEPART,
        lambda p, q, e: e.shipment(q, "s7", depart_s=599, arrive_s=2099),
    ),
    (
        "a departure in the past",
        Code.SHIPMENT_DEPART,
        lambda p, q, e: e.shipment(q, "s4", depart_s=-300, arrive_s=150),
    ),
    (
        "a vehicle that waits",
        Code.SHIPMENT_DEPART,
        lambda p, q, e: second_trip(q, e, 801),
    ),
    ("arrival a second off", Code.SHIPMENT_ARRIVE, lambda p, q, e: e.shipment(q, "s5", arrive_s=1001)),
    ("a vehicle too fast", Code.SHIPMENT_ARRIVE, lambda p, q, e: e.shipment(q, "s4", arrive_s=449)),
    (
        "a second after the horizon",
        Code.SHIPMENT_AFTER_HORIZON,
        lambda p, q, e: replace(p, parameters=replace(p.parameters, horizon_s=2099)),
    ),
    (
        "more than the lot holds",
        Code.STOCK_LOT_EXCEEDED,
        lambda p, q, e: stock(p, e, "X2", quantity=D(4)),
    ),
    ("one unit more", Code.STOCK_FLOOR_BROKEN, lambda p, q, e: e.shipment(q, "s3", quantity=D(5))),
    (
        "one unit into the floor",
        Code.STOCK_FLOOR_BROKEN,
        lambda p, q, e: replace(p, reserve_floor={("S1", "water"): D(6)}),
    ),
    (
        "a floor above the stock",
        Code.STOCK_FLOOR_BROKEN,
        lambda p, q, e: replace(p, reserve_floor={("S2", "rope"): D(2)}),
    ),
    (
        "the lot without expiry before one that expires",
        Code.STOCK_EXPIRY_ORDER,
        lambda p, q, e: e.shipment(q, "s3", lot="L4"),
    ),
    (
        "the later of two lots first",
        Code.STOCK_EXPIRY_ORDER,
        lambda p, q, e: e.shipment(e.shipment(q, "s1", quantity=D(5)), "s2", quantity=D(7)),
    ),
    ("the later departure, the earlier lot", Code.STOCK_LOT_SEQUENCE, lambda p, q, e: lots_exchanged(q, e)),
    (
        "more than was asked for",
        Code.DEMAND_EXCEEDED,
        lambda p, q, e: e.row(p, "demands", 0, quantity=D(1)),
    ),
    ("a trip left out", Code.TRIP_NUMBERING, lambda p, q, e: e.shipment(q, "s3", trip=3)),
    ("trips from 0", Code.TRIP_NUMBERING, lambda p, q, e: e.shipment(q, "s4", trip=0)),
    (
        "one trip, two departures",
        Code.TRIP_TIMES_DIFFER,
        lambda p, q, e: e.shipment(q, "s2", depart_s=1, arrive_s=401),
    ),
    (
        "a round with two departures",
        Code.TRIP_TIMES_DIFFER,
        lambda p, q, e: in_a_round(p, q, e, depart_s=1),
    ),
    (
        "a round that comes by an incident twice",
        Code.TRIP_TIMES_DIFFER,
        lambda p, q, e: in_a_round(p, added(q, Shipment("s8", "S1", "I1", "water", "L3", D(1), 0, 1400, "V2", 1)), e),
    ),
    ("no way between two incidents", Code.TRIP_LEG_UNREACHABLE, lambda p, q, e: in_a_round(p, q, e, leg=UNREACHABLE)),
    ("vehicles that make no rounds", Code.TRIP_LEG_UNREACHABLE, lambda p, q, e: in_a_round(p, q, e, leg=None)),
    (
        "no way to the second incident from home either",
        Code.SHIPMENT_UNREACHABLE,
        lambda p, q, e: in_a_round(e.travel(p, "vehicle_to_incident_s", (1, 1), UNREACHABLE), q, e),
    ),
    ("too soon at the second incident", Code.TRIP_LEG_TIME, lambda p, q, e: in_a_round(p, q, e, arrive_s=949)),
    (
        "incidents in the other order",
        Code.TRIP_LEG_TIME,
        lambda p, q, e: in_a_round(p, q, e, arrive_s=350),
    ),
    (
        "sooner by way of another incident than straight",
        Code.TRIP_LEG_TIME,
        lambda p, q, e: in_a_round(e.travel(p, "vehicle_to_incident_s", (1, 1), 900), q, e, leg=100, arrive_s=550),
    ),
    (
        "a round that leaves before the last report",
        Code.TRIP_BEFORE_REPORT,
        lambda p, q, e: in_a_round(e.row(p, "incidents", 1, reported_s=200), q, e),
    ),
    (
        "a round that waits for no report",
        Code.SHIPMENT_DEPART,
        lambda p, q, e: in_a_round(p, e.shipment(q, "s4", depart_s=5, arrive_s=455), e, depart_s=5, arrive_s=955),
    ),
    (
        "more on board than the vehicle carries, if not at once to one incident",
        Code.TRIP_TOO_HEAVY,
        lambda p, q, e: in_a_round(e.row(p, "vehicles", 1, payload_kg=D("26.999")), q, e),
    ),
    (
        "more on board than the vehicle holds",
        Code.TRIP_TOO_LARGE,
        lambda p, q, e: in_a_round(e.row(p, "vehicles", 1, volume_m3=D("0.1639")), q, e),
    ),
    (
        "the next trip before the round is over",
        Code.TRIP_VEHICLE_AWAY,
        lambda p, q, e: in_a_round(p, added(q, Shipment("s8", "S1", "I1", "tent", "X1", D(1), 1299, 1749, "V2", 2)), e),
    ),
    (
        "a kilogram over",
        Code.TRIP_TOO_HEAVY,
        lambda p, q, e: e.row(p, "vehicles", 0, payload_kg=D("5.999")),
    ),
    (
        "a litre over",
        Code.TRIP_TOO_LARGE,
        lambda p, q, e: e.row(p, "vehicles", 0, volume_m3=D("0.0119")),
    ),
    (
        "heavier by what no float can tell",
        Code.TRIP_TOO_HEAVY,
        lambda p, q, e: e.row(p, "items", 2, mass_kg=D("0.5") + D("1e-25")),
    ),
    ("a vehicle not yet back", Code.TRIP_VEHICLE_AWAY, lambda p, q, e: second_trip(q, e, 799)),
    (
        "one unit less",
        Code.UNMET_UNITS_BALANCE,
        lambda p, q, e: e.shipment(q, "s5", quantity=D(3)),
    ),
    (
        "a shipment dropped",
        Code.UNMET_UNITS_BALANCE,
        lambda p, q, e: replace(q, shipments=q.shipments[:-1]),
    ),
]


@pytest.mark.parametrize(("code", "change"), [m[1:] for m in MUTANTS], ids=[m[0] for m in MUTANTS])
def test_each_mutant_of_the_shipments_is_named(code, change, codes_of):
    assert code in codes_of(change)


def test_a_round_over_two_incidents_is_allowed(codes_of):
    """Only the levels are others: it arrives sooner than on a second trip."""
    assert set(codes_of(in_a_round)) == {Code.LEVEL_VALUE}


def test_a_vehicle_is_back_from_a_round_by_the_way_out_of_the_last_incident(codes_of):
    """950 + 350; a third tent that leaves then is one too many, but on time."""
    more = Shipment("s8", "S1", "I1", "tent", "X1", D(1), 1300, 1750, "V2", 2)
    found = codes_of(lambda p, q, e: in_a_round(p, added(q, more), e))
    assert Code.TRIP_VEHICLE_AWAY not in found
    assert Code.SHIPMENT_DEPART not in found


def test_a_detour_is_never_quicker_than_the_way_straight_from_home(codes_of):
    """I2 lies 900 s from home, I1 450 s: from I1 it takes at least 450 s, whatever the leg says."""
    found = codes_of(
        lambda p, q, e: in_a_round(e.travel(p, "vehicle_to_incident_s", (1, 1), 900), q, e, leg=100, arrive_s=900)
    )
    assert set(found) == {Code.LEVEL_VALUE}


def test_every_code_of_the_shipments_has_a_mutant():
    mine = {c for c in Code if c.startswith(("shipment_", "stock_", "demand_", "trip_"))}
    assert mine <= {code for _, code, _ in MUTANTS}


def test_a_lot_is_good_on_its_last_day_in_shanghai(problem, good_plan):
    """Lot L2 expires on the 16th: good a second before midnight in Shanghai, not a second later."""
    before = replace(problem, as_of=datetime.fromisoformat("2024-07-16T23:59:59+08:00"))
    after = replace(problem, as_of=datetime.fromisoformat("2024-07-17T00:00:00+08:00"))
    assert check(before, good_plan) == ()
    assert Code.SHIPMENT_LOT_EXPIRED in [v.code for v in check(after, good_plan)]


def test_a_floor_keeps_the_lots_that_expire_last(codes_of):
    """S1 keeps 5 of 21 units of water. That they are those of L4 follows from the order of expiry."""
    assert not codes_of(lambda p, q, e: stock(p, e, "L4", expires=date(2030, 1, 1)))
    earlier = codes_of(lambda p, q, e: stock(p, e, "L4", expires=date(2024, 8, 1)))
    assert Code.STOCK_EXPIRY_ORDER in earlier


def test_an_idle_vehicle_changes_nothing(codes_of):
    def with_one_more(problem, plan, edit):
        travel = problem.travel
        seconds, metres = travel.vehicle_to_incident_s, travel.vehicle_to_incident_m
        more = replace(travel, vehicle_to_incident_s=seconds[[0, 1, 1]], vehicle_to_incident_m=metres[[0, 1, 1]])
        vehicles = (*problem.vehicles, Vehicle("V3", "S1", D(1), D(1), "car"))
        return replace(problem, vehicles=vehicles, travel=more)

    assert not codes_of(with_one_more)


def test_everything_wrong_is_named_and_not_only_the_first(codes_of):
    def many(problem, plan, edit):
        plan = edit.shipment(plan, "s1", lot="L9")
        plan = edit.shipment(plan, "s4", arrive_s=1)
        plan = edit.stop(plan, "T3", 0, tier_met="3")
        return replace(plan, problem_sha256="")

    expected = {
        Code.PLAN_PROBLEM_DIFFERS,
        Code.SHIPMENT_UNKNOWN_LOT,
        Code.SHIPMENT_ARRIVE,
        Code.STOP_TIER,
        Code.LEVEL_VALUE,
    }
    assert expected <= set(codes_of(many))


@pytest.mark.parametrize(
    ("quantities", "places"),
    [(["2.50", "3"], 1), (["10", "1E+2"], 0), (["0.125", "0.5"], 3), ([], 0), (["0.00"], 0)],
)
def test_trailing_zeros_do_not_make_a_smaller_lump(quantities, places):
    assert decimals(map(D, quantities)) == places
