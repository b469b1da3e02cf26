"""What patrol plans are made of and what they are. Days count from the first working day of the year, 0 on."""

from dataclasses import dataclass, field
from typing import Final

from optimizer.units import BoolArray, IntArray

RISKS: Final = ("low", "medium", "high")
RISK_WEIGHT: Final = (1, 2, 4)  # of a day's delay and of a visit left out (assumed)
FURTHER: Final = 0.5  # of the time on site of each body after the longest (assumed: they look at other things)


@dataclass(frozen=True)
class Due:
    """What one body owes one place."""

    place: int
    body: str
    first_day: int
    last_day: int
    on_site_s: int


@dataclass(frozen=True)
class Visit:
    """One visit that satisfies its dues (P2)."""

    place: int
    dues: tuple[int, ...]  # numbers of the dues
    first_day: int
    last_day: int
    on_site_s: int


@dataclass(frozen=True, eq=False)
class TownYear:
    """A town's year: V visits from one station by P pairs on D working days. Place 0 is the station."""

    travel_s: IntArray  # (V + 1, V + 1) whole seconds, UNREACHABLE where there is no way
    on_site_s: IntArray  # (V + 1,) seconds, 0 for the station
    first_day: IntArray  # (V + 1,)
    last_day: IntArray  # (V + 1,)
    weight: IntArray  # (V + 1,) of the visit's risk
    on_patrol: BoolArray  # (P, D) the pair patrols on that day
    week: IntArray  # (D,) week of the day, 0 on, rising
    work_s: IntArray  # (D,) working seconds of a round

    def __post_init__(self) -> None:
        """Raises ValueError where arrays do not fit together."""
        count, days = len(self.on_site_s), self.on_patrol.shape[1]
        for name, shape in (
            ("travel_s", (count, count)), ("first_day", (count,)), ("last_day", (count,)), ("weight", (count,)),
            ("week", (days,)), ("work_s", (days,)),
        ):  # fmt: skip
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name}: shape {getattr(self, name).shape}, expected {shape}")

    @property
    def visits(self) -> int:
        return len(self.on_site_s) - 1


@dataclass(frozen=True)
class Stop:
    """Seconds count from the departure of the round."""

    visit: int  # 1 .. V
    arrive_s: int
    leave_s: int


@dataclass(frozen=True)
class Round:
    pair: int
    day: int
    stops: tuple[Stop, ...]
    back_s: int
    travel_s: int

    @property
    def visits(self) -> tuple[int, ...]:
        return tuple(stop.visit for stop in self.stops)


@dataclass(frozen=True)
class TownPlan:
    """Rounds by day and pair; nothing is proven, so there is no bound. `per_week`: most of a week (0: not told)."""

    rounds: tuple[Round, ...]
    left_out: tuple[int, ...]
    travel_s: int
    per_week: int
    seed: int
    iterations: int
    status: str = field(default="feasible")

    @property
    def visits(self) -> int:
        return sum(len(one.stops) for one in self.rounds)

    @property
    def travel_h_per_visit(self) -> float:
        """What sizing takes as `travel_h` of the town; 0 without visits."""
        return self.travel_s / 3600 / self.visits if self.visits else 0.0
