"""Exercises beside the live situation: opened, and closed with everything they held."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select, update

from inventory.ledger.post import Act
from optimizer.errors import OptimizerError
from scenarios import exercise
from scenarios.incidents import find_situation, still_open
from scenarios.tables import LIVE, plans, situations


class SituationTaken(OptimizerError):
    """There is a situation of that code. Facts: situation."""


class NotAnExercise(OptimizerError):
    """The live situation does not end. Facts: situation."""


def open_exercise(
    connection: Connection, code: str, *, title_zh: str, title_en: str, place: str | None = None,
    as_of: datetime | None = None, like: str = LIVE,
) -> Any:  # fmt: skip
    """Its row. Roads and parameters are those of the situation `like`; `as_of`: the moment it plays at, None = it goes
    by the clock. Raises SituationTaken, UnknownSituation."""
    there = connection.execute(select(situations.c.code).where(situations.c.code == code)).first()
    if there is not None or code == LIVE:  # whose row is made with its first incident
        raise SituationTaken(situation=code)
    pattern = connection.execute(select(situations).where(situations.c.code == like)).first()
    if pattern is None and like != LIVE:
        find_situation(connection, like)
    names = ("roads", "roads_crs", "parameters")
    row = {
        "code": code, "kind": exercise.EXERCISE, "title_zh": title_zh, "title_en": title_en, "as_of": as_of,
        "place_code": place, **({} if pattern is None else {name: getattr(pattern, name) for name in names}),
    }  # fmt: skip
    connection.execute(insert(situations), {"parameters": {}, **row})
    return find_situation(connection, code)


def close_exercise(
    connection: Connection, code: str, *, act: Act
) -> tuple[Mapping[exercise.Key, Decimal], Mapping[exercise.Key, Decimal]]:
    """It is over: its plan is given up, what it kept is free, what it had out is back, and nothing is done in it any
    more. What was done stays on record. The units set free, and those that came back. Raises UnknownSituation,
    NotAnExercise, SituationClosed."""
    if find_situation(connection, code).kind != exercise.EXERCISE:
        raise NotAnExercise(situation=code)
    still_open(connection, code, locked=True)
    entry = exercise.enter(connection, code, "CANCEL", act, {"close": code})
    free, back = exercise.kept(connection, code), exercise.out(connection, code)
    exercise.write(connection, entry, "FREE", free)
    exercise.write(connection, entry, "RETURN", back)
    running = (plans.c.situation_code == code, plans.c.status == "committed")
    connection.execute(update(plans).where(*running).values(status="cancelled"))
    connection.execute(update(situations).where(situations.c.code == code).values(closed_at=act.at))
    return free, back
