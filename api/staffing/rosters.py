"""What a duty roster comes to, as values."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from api.staffing.answers import Said, both
from scenarios.staffing.roster.make import Made, told_change, told_conflict


class DutyOut(BaseModel):
    """A row of the table duty_roster, which mends the roster when it is given back."""

    day: date
    post: str
    shift: str
    role: str
    person: str


class DayOut(BaseModel):
    day: date
    kind: Literal["work", "weekend", "holiday"]
    response: bool = Field(description="响应期 / a day of response")


class RosterLevelOut(BaseModel):
    name: str = Field(
        description="beyond_*：超出相差一班的部分；wishes：未满足数；其余：平方和 / beyond_*: what goes beyond one "
        "duty of spread; wishes: those not met; others: sum of squares"
    )
    value: int
    bound: int = Field(description="已证明不能更小 / proven that it cannot be less")
    practice: int | None = Field(description="人工轮排 / by taking turns; null: it leaves gaps")


class SpreadOut(BaseModel):
    group: str
    measure: str
    least: int
    most: int
    bound: int = Field(description="已证明的最小差距 / least spread that is possible at all")


class PairOut(BaseModel):
    safety_officer: str
    fire_patroller: str


class RosterOut(BaseModel):
    kind: Literal["roster"] = "roster"
    month: str
    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    days: list[DayOut]
    days_assumed: bool = Field(description="放假安排尚未公布 / the holidays are not announced yet")
    duties: list[DutyOut]
    levels: list[RosterLevelOut]
    spreads: list[SpreadOut]
    pairs: list[PairOut]
    unpaired: list[str] = Field(description="未能结对的人 / people left over")
    changes: list[Said] = Field(description="修补：变动及原因 / of mending: what changes, and why")
    fewest_changes: int | None = Field(description="修补：已证明的最少变动 / of mending: proven fewest changes")
    conflict: list[Said] = Field(description="排不出时：互相矛盾的规定及办法 / rules that cannot be kept together")
    seed: int


def roster_out(made: Made) -> RosterOut:
    statement = made.statement
    slots = {slot.id: slot for slot in statement.problem.slots}
    duties = [
        DutyOut(day=statement.day(slots[one.slot].day), post=slots[one.slot].post, shift=slots[one.slot].shift,
                role=one.role, person=one.person)
        for one in made.assignments
    ]  # fmt: skip
    duties.sort(key=lambda one: (one.day, one.post, one.shift, one.role, one.person))
    return RosterOut(
        month=f"{statement.first:%Y-%m}",
        status=made.status,  # type: ignore[arg-type]
        days=[
            DayOut(day=statement.day(number), kind=kind.value, response=number in statement.response)
            for number, kind in enumerate(statement.problem.day_kinds)
        ],
        days_assumed=statement.assumed_days,
        duties=duties,
        levels=[
            RosterLevelOut(name=one.name, value=one.value, bound=one.bound, practice=one.practice)
            for one in made.levels
        ],
        spreads=[
            SpreadOut(group=one.group, measure=one.measure, least=one.least, most=one.most, bound=one.bound)
            for one in made.spreads
        ],
        pairs=[PairOut(safety_officer=one, fire_patroller=other) for one, other in sorted(statement.pairs.pairs)],
        unpaired=[one for one, _ in statement.pairs.left],
        changes=[both(told_change, made, one) for one in made.changes],
        fewest_changes=made.bound,
        conflict=[both(told_conflict, made, one) for one in made.conflict],
        seed=made.seed,
    )
