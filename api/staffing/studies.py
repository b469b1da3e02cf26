"""Studies in the database: asked, edited, answered. An answer says which question it answers."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from api.http.work import as_json
from api.staffing.questions import AnyQuestion, Question
from api.staffing.tables import studies
from inventory.errors import InventoryError

_QUESTION: TypeAdapter[Any] = TypeAdapter(AnyQuestion)


class UnknownStudy(InventoryError):
    """No such study, or none within reach. Facts: study."""


class NotAnswered(InventoryError):
    """A study that has not been run. Facts: study."""


def question_of(kept: Mapping[str, Any]) -> Question:
    question: Question = _QUESTION.validate_python(kept)
    return question


def _asked(question: Question) -> dict[str, Any]:
    kept = question.model_dump(mode="json", exclude_none=True)
    return {"question": kept, "question_sha256": digest(kept), "kind": kept["kind"]}


def digest(question: Mapping[str, Any]) -> str:
    return hashlib.sha256(as_json(question).encode()).hexdigest()


def add_study(
    connection: Connection, *, name: str, place: str | None, question: Question, actor: str, at: datetime
) -> int:
    row = {"name": name, "place_code": place, "actor": actor, "recorded_at": at, **_asked(question)}
    return int(connection.execute(insert(studies).returning(studies.c.id), row).scalar_one())


def edit_study(
    connection: Connection, number: int, *, name: str, place: str | None, question: Question, actor: str, at: datetime
) -> None:
    """The answer stays, and is stale where the question is another."""
    row = {"name": name, "place_code": place, "edited_by": actor, "edited_at": at, **_asked(question)}
    connection.execute(update(studies).where(studies.c.id == number).values(**row))


def drop_study(connection: Connection, number: int) -> None:
    """With its question and its answer; files of its runs stay with their jobs."""
    connection.execute(delete(studies).where(studies.c.id == number))


def find_study(connection: Connection, number: int, *, lock: bool = False) -> Row[Any]:
    """Raises UnknownStudy."""
    asked = select(studies).where(studies.c.id == number)
    row = connection.execute(asked.with_for_update() if lock else asked).first()
    if row is None:
        raise UnknownStudy(study=number)
    return row


def keep_answer(
    connection: Connection, number: int, answer: Mapping[str, Any], *, sha256: str, made: datetime, actor: str,
    at: datetime,
) -> None:  # fmt: skip
    """`sha256`: of the question that was answered. A late answer to an earlier question leaves one to the question as
    it stands; `made`: when the study was, as the number of one that was deleted may be given again."""
    row = {"answer": answer, "answered_sha256": sha256, "answered_by": actor, "answered_at": at}
    c = studies.c
    news = or_(
        c.question_sha256 == sha256, c.answered_sha256.is_(None), c.answered_sha256 != c.question_sha256
    )  # fmt: skip
    connection.execute(update(studies).where(c.id == number, c.recorded_at == made, news).values(**row))
