"""What people need when nobody has said: from people affected and duration to units of catalogue items.

Figures per person stand in data/needs.csv with their sources (all assumed; a county edits them).
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files

HOUSEHOLD_SIZE = Fraction(262, 100)  # people; national census of 2020 (assumed to hold for the county)


@dataclass(frozen=True, slots=True)
class Need:
    """`quantity` units of the need per person, per person and day, or per household."""

    code: str
    quantity: Decimal
    per: str
    source: str

    def amount(self, *, people: int, duration_h: Decimal) -> Fraction:
        """Units of the need (litres, person-days …), not yet rounded."""
        base = {
            "person": Fraction(people),
            "person_day": people * Fraction(duration_h) / 24,
            "household": Fraction(-(-Fraction(people) // HOUSEHOLD_SIZE)),  # part of a household is one
        }[self.per]
        return Fraction(self.quantity) * base


@dataclass(frozen=True, slots=True)
class Cover:
    """An item that serves a need: one unit of it covers `per_unit` units of the need."""

    item: str
    need_code: str
    per_unit: Decimal


@lru_cache(maxsize=1)
def load_needs() -> Mapping[str, Need]:
    """The needs of data/needs.csv by code."""
    text = files("scenarios").joinpath("data/needs.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {
        row["need_code"]: Need(row["need_code"], Decimal(row["quantity"]), row["per"], row["source"]) for row in rows
    }


def estimate(
    *, people: int, duration_h: Decimal, covers: Sequence[Cover], available: Mapping[str, Decimal],
    delivered: Mapping[str, Decimal] | None = None,
) -> dict[str, Decimal]:  # fmt: skip
    """Whole units of each item for `people` over `duration_h`.

    A need is asked for once, not once per item that could serve it: of several (three kinds of food) the one
    with most in stock (`available`, units by item) is asked for first, and the next one for what goes beyond
    its stock; what no stock covers is asked of the first. Ties by item id. `delivered`: units by item that have
    left for these people already; whichever item it was, so much of its need is met.
    """
    wanted: dict[str, Decimal] = {}
    needs = load_needs()
    for code in sorted({cover.need_code for cover in covers}):
        need = needs[code].amount(people=people, duration_h=duration_h)
        if delivered:
            need -= sum(
                (Fraction(cover.per_unit) * Fraction(delivered.get(cover.item, Decimal(0)))
                 for cover in covers if cover.need_code == code),
                Fraction(0),
            )  # fmt: skip
        choices = sorted(
            (cover for cover in covers if cover.need_code == code),
            key=lambda cover: (-available.get(cover.item, Decimal(0)) * cover.per_unit, cover.item),
        )
        left = need
        for cover in choices:
            stock = int(available.get(cover.item, Decimal(0)))
            units = min(_whole_units(left, cover), stock)
            if units > 0:
                wanted[cover.item] = Decimal(units)
                left -= units * Fraction(cover.per_unit)
        if left > 0:
            first = choices[0]
            wanted[first.item] = wanted.get(first.item, Decimal(0)) + _whole_units(left, first)
    return wanted


def _whole_units(need: Fraction, cover: Cover) -> int:
    if need <= 0:
        return 0
    units = need / Fraction(cover.per_unit)
    return -(-units.numerator // units.denominator)
