"""Every coefficient of the sizing model: name, unit, value, range, source. The table is data/coefficients.csv."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal

from optimizer.errors import BadInput, Fault
from optimizer.staffing.calendar import working_days
from optimizer.units import FloatArray

LEVELS: Final = ("low", "medium", "high")
CLASSES: Final = ("enterprise", "venue")
ALLOWANCES: Final = ("allowance_meetings", "allowance_admin", "allowance_response")
DEFAULT_YEAR: Final = 2026
_ORDERED: Final = (tuple(f"risk_weight_{level}" for level in LEVELS), tuple(f"complexity_{level}" for level in LEVELS))

Values = Mapping[str, "float | FloatArray"]
"""Coefficient -> its value, or an array that broadcasts against towns (last axis)."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One coefficient. `low` and `high` are its range of uncertainty, `least` and `most` what makes sense at all."""

    name: str
    unit: str
    value: float
    low: float
    high: float
    least: float
    most: float
    effect: int  # +1: posts never fall when it rises; -1: never rise; 0: posts do not depend on it
    basis: Literal["fact", "derived", "assumed", "calendar", "stated"]
    meaning: tuple[str, str]  # Chinese, English
    source: tuple[str, str]


@lru_cache(maxsize=1)
def table() -> Mapping[str, Coefficient]:
    """The coefficients as they are kept, in order; `working_days` is filled in by the year."""
    text = (resources.files("optimizer.staffing") / "data" / "coefficients.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines(), strict=True):
        found[row["name"]] = Coefficient(
            name=row["name"],
            unit=row["unit"],
            value=float(row["value"] or "nan"),
            low=float(row["low"]),
            high=float(row["high"]),
            least=float(row["least"]),
            most=float(row["most"]),
            effect=int(row["effect"]),
            basis=row["basis"],  # type: ignore[arg-type]
            meaning=(row["meaning_zh"], row["meaning_en"]),
            source=(row["source_zh"], row["source_en"]),
        )
    return MappingProxyType(found)


@dataclass(frozen=True)
class Parameters:
    """All coefficients of one sizing, of one year. A mapping of name -> value for the model.

    `year_assumed` tells that the working days of the year are not announced yet.
    """

    coefficients: Mapping[str, Coefficient]
    year: int
    year_assumed: bool

    def __getitem__(self, name: str) -> float:
        return self.coefficients[name].value

    def __iter__(self) -> Iterator[Coefficient]:
        return iter(self.coefficients.values())

    @property
    def values(self) -> dict[str, float]:
        return {name: each.value for name, each in self.coefficients.items()}

    def override(
        self,
        values: Mapping[str, float],
        *,
        ranges: Mapping[str, tuple[float | None, float | None]] | None = None,
        sources: Mapping[str, str] | None = None,
        where: str = "parameters",
    ) -> "Parameters":
        """The same with other values. A range that is not given moves with its value, in proportion.

        Raises BadInput with every coefficient that is unknown, out of its bounds, or not in order of risk.
        """
        faults = [
            Fault(name, "UnknownCoefficient", {"name": name, "known": ", ".join(self.coefficients)})
            for name in values
            if name not in self.coefficients
        ]
        changed = dict(self.coefficients)
        for name, value in values.items():
            old = self.coefficients.get(name)
            if old is None:
                continue
            if not old.least <= value <= old.most:  # NaN too
                facts = {"name": name, "value": value, "least": old.least, "most": old.most}
                faults.append(Fault(name, "CoefficientOutOfBounds", facts))
                continue
            low, high = (ranges or {}).get(name, (None, None))
            scale = value / old.value if old.value else 1.0
            low = min(value, old.low * scale) if low is None else low
            high = max(value, old.high * scale) if high is None else high
            low, high = max(low, old.least), min(high, old.most)
            if not low <= value <= high:
                facts = {"name": name, "value": value, "low": low, "high": high}
                faults.append(Fault(name, "RangeWithoutValue", facts))
                continue
            stated = (sources or {}).get(name)
            source = (stated, stated) if stated else ("使用者给定，未注来源", "stated by the user without a source")
            changed[name] = replace(old, value=value, low=low, high=high, basis="stated", source=source)
        if not faults:
            faults += _disordered(changed)
        if faults:
            raise BadInput(where, faults)
        return replace(self, coefficients=MappingProxyType(changed))


def parameters(year: int = DEFAULT_YEAR) -> Parameters:
    """The defaults, with the working days of the year. Raises BadInput for a year out of reach."""
    found = working_days(year)
    changed = dict(table())
    old = changed["working_days"]
    low, high = (min(old.low, found.days), max(old.high, found.days)) if found.assumed else (found.days, found.days)
    changed["working_days"] = replace(
        old, value=float(found.days), low=float(low), high=float(high), basis="assumed" if found.assumed else "calendar"
    )
    return Parameters(MappingProxyType(changed), year, found.assumed)


def _disordered(found: Mapping[str, Coefficient]) -> Iterator[Fault]:
    """A unit that becomes riskier must never need less work; and shares of everybody's time leave some time."""
    for names in _ORDERED:
        for lower, higher in pairwise(names):
            if found[lower].value > found[higher].value:
                facts = {"lower": lower, "low": found[lower].value, "higher": higher, "high": found[higher].value}
                yield Fault(higher, "RiskOutOfOrder", facts)
    absent = sum(found[name].value for name in ("annual_leave_days", "sick_days", "other_days"))
    if found["working_days"].value <= absent:
        facts = {"days": found["working_days"].value, "absent": absent}
        yield Fault("working_days", "NoDaysLeft", facts)
