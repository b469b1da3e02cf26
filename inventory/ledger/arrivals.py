"""What arrived of a transfer, set against what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from inventory.ledger.errors import BadArrival, UnknownLot
from inventory.ledger.post import AnyRow

ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """What of one item and lot arrived; the three add up to what was sent. Without a bin it waits for put-away."""

    item: str
    lot: str
    received: Decimal
    damaged: Decimal = ZERO
    missing: Decimal = ZERO
    bin: str | None = None


def matched(
    picks: Sequence[AnyRow], arrivals: Sequence[Arrival] | None, bin: str | None, number: str
) -> list[tuple[AnyRow, Arrival]]:
    """Each pick with its arrival. An arrival of a lot that was taken off several places is shared out over them.

    Raises UnknownLot, BadArrival.
    """
    if arrivals is None:
        return [(pick, Arrival(item=pick.item, lot=pick.lot, received=pick.quantity, bin=bin)) for pick in picks]
    sent: dict[tuple[str, str], list[AnyRow]] = {}
    for pick in picks:
        sent.setdefault((pick.item, pick.lot), []).append(pick)
    matched = []
    for one in arrivals:
        parts = sent.pop((one.item, one.lot), None)
        if parts is None:
            raise UnknownLot(store=number, item=one.item, lot=one.lot)
        total = sum((part.quantity for part in parts), ZERO)
        amounts = {"sound": one.received, "damaged": one.damaged, "missing": one.missing}
        if (
            not all(amount.is_finite() and amount >= 0 for amount in amounts.values())
            or sum(amounts.values(), ZERO) != total
        ):
            raise BadArrival(item=one.item, lot=one.lot, sent=total, **amounts)
        left = dict(amounts)
        for part in parts:
            room: Decimal = part.quantity
            share = {}
            for name in ("sound", "damaged", "missing"):
                share[name] = min(left[name], room)
                left[name] -= share[name]
                room -= share[name]
            matched.append((part, replace(one, received=share["sound"], damaged=share["damaged"],
                                          missing=share["missing"], bin=one.bin or bin)))  # fmt: skip
    for (item, lot), parts in sent.items():  # every lot that was sent must be accounted for
        total = sum((part.quantity for part in parts), ZERO)
        raise BadArrival(item=item, lot=lot, sent=total, sound=ZERO, damaged=ZERO, missing=ZERO)
    return matched
