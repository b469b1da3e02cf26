"""An independent look at rounds: every rule R1 to R5 of optimizer/rounds/plan.py, from the result alone."""

from collections.abc import Iterator

from optimizer.rounds.plan import Fleet, Loads, Round, Rounds
from optimizer.units import UNREACHABLE

ROUNDING = 1e-9


def faults(fleet: Fleet, loads: Loads, plan: Rounds, *, horizon_s: int) -> tuple[str, ...]:
    """What is wrong, in words; empty when all rules are kept."""
    return tuple(_faults(fleet, loads, plan, horizon_s))


def _faults(fleet: Fleet, loads: Loads, plan: Rounds, horizon_s: int) -> Iterator[str]:
    brought = [stop.load for one in plan.rounds for stop in one.stops if not stop.picks_up]
    if sorted([*brought, *plan.left_behind]) != list(range(len(loads.store))):
        yield "R1: every load is brought once or left behind"
    back: dict[int, tuple[int, int]] = {}
    for one in sorted(plan.rounds, key=lambda r: (r.vehicle, r.trip)):
        number, home_at = back.get(one.vehicle, (0, 0))
        if one.trip != number + 1 or one.depart_s < home_at:
            yield f"R5: trip {one.trip} of vehicle {one.vehicle} leaves before the one before is back"
        back[one.vehicle] = (one.trip, one.back_s)
        yield from _one(fleet, loads, one, horizon_s)
    waited = sum(
        float(loads.weight[stop.load]) * stop.at_s for one in plan.rounds for stop in one.stops if not stop.picks_up
    )
    if abs(waited - plan.waited) > ROUNDING * max(1.0, waited):
        yield "value: the sum of weight x arrival"
    if plan.metres != sum(one.metres for one in plan.rounds):
        yield "value: metres"


def _one(fleet: Fleet, loads: Loads, one: Round, horizon_s: int) -> Iterator[str]:
    name = f"trip {one.trip} of vehicle {one.vehicle}"
    home = int(fleet.home[one.vehicle])
    now, here, metres = one.depart_s, home, 0
    aboard: dict[int, int] = {}
    for stop in one.stops:
        expected = loads.store[stop.load] if stop.picks_up else loads.incident[stop.load]
        if stop.place != expected:
            yield f"R1: {name} handles load {stop.load} at the wrong place"
        way = int(fleet.travel_s[one.vehicle, here, stop.place])
        if way >= UNREACHABLE:
            yield f"R3: {name} cannot go from {here} to {stop.place}"
        earliest = now + way
        if here == home and stop.place == home:
            earliest = min(earliest, stop.at_s)  # loading before the trip leaves
        if stop.at_s < earliest:
            yield f"R3: {name} is at {stop.place} too early"
        if stop.picks_up and stop.at_s < loads.ready_s[stop.load]:
            yield f"R4: {name} picks up load {stop.load} before the incident is reported"
        if not stop.picks_up and stop.at_s > horizon_s:
            yield f"R4: load {stop.load} arrives after the horizon"
        metres += int(fleet.travel_m[one.vehicle, here, stop.place])
        if stop.picks_up:
            aboard[stop.load] = stop.at_s
        elif aboard.pop(stop.load, None) is None:
            yield f"R1: {name} brings load {stop.load} without having it"
        for room, each, unit in ((fleet.payload_kg, loads.kg, "kg"), (fleet.volume_m3, loads.m3, "m3")):
            if sum(float(each[load]) for load in aboard) > float(room[one.vehicle]) * (1 + 1e-6):
                yield f"R2: {name} carries too many {unit}"
        now, here = stop.at_s, stop.place
    if aboard:
        yield f"R1: {name} comes home with loads {sorted(aboard)}"
    if fleet.travel_s[one.vehicle, here, home] >= UNREACHABLE:
        yield f"R3: {name} has no way home from {here}"
    if one.back_s < now + int(fleet.travel_s[one.vehicle, here, home]):
        yield f"R3: {name} is home too early"
    if one.metres != metres + int(fleet.travel_m[one.vehicle, here, home]):
        yield f"value: metres of {name}"
