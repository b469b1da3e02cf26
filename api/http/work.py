"""One write = one transaction: what is done, its audit row and the answer kept for repeats are committed together."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from pydantic_core import to_json
from sqlalchemy import Connection, Engine, insert, select
from starlette.responses import Response

from api.access.scope import Caller
from api.access.tables import answers, audit
from api.http.caller import AnyCaller
from api.office import plain
from inventory.database import TryAgain, now, reading, transaction
from inventory.errors import InventoryError
from inventory.ledger.errors import KeyReused
from inventory.ledger.post import Act, insert_into

TRIES = 3  # where others work on the same at the same moment
REPLAYED = "Idempotency-Replayed"


class NoMatchGiven(InventoryError):
    """An edit without If-Match. Facts: etag."""


class EditedSince(InventoryError):
    """What is edited is not any more what the caller saw. Facts: given, etag."""


@dataclass
class Step:
    """Inside the transaction."""

    connection: Connection
    caller: Caller
    at: datetime
    request_id: str
    key: str | None
    _written: list[dict[str, Any]] = field(default_factory=list)

    def act(self, reason: str, *, note: str | None = None, occurred_at: datetime | None = None,
            reference: str | None = None) -> Act:  # fmt: skip
        """On whose word the ledger moves. The key of the request makes the whole request safe to repeat, so the
        ledger's own key is not needed."""
        return Act(actor=self.caller.name, reason=reason, at=self.at, note=note, occurred_at=occurred_at,
                   reference=reference)  # fmt: skip

    def record(
        self, action: str, resource: str, code: object, *, place: str | None = None, before: Any = None,
        after: Any = None,
    ) -> None:  # fmt: skip
        """A row of the audit log."""
        self._written.append(
            {
                "recorded_at": self.at, "actor": self.caller.name, "request_id": self.request_id, "action": action,
                "resource": resource, "code": str(code)[:255], "place_code": place, "before": plain(before),
                "after": plain(after),
            }
        )  # fmt: skip


@dataclass(frozen=True)
class Work:
    """Does a write once. `Idempotency-Key` given: the same request sent again hears the same and does nothing."""

    engine: Engine
    caller: Caller
    request: Request
    key: str | None
    match: str | None

    def once(self, step: Callable[[Step], Any], *, asked: Any = None, status: int = 201) -> Response:
        """The answer of `step` as JSON. Raises what it raises, KeyReused, TryAgain after three tries."""
        digest = "" if self.key is None else _digest(self.request, asked)
        for left in range(TRIES - 1, -1, -1):
            try:
                return self._once(step, digest, status)
            except TryAgain:
                if not left:
                    raise
        raise AssertionError

    def _once(self, step: Callable[[Step], Any], digest: str, status: int) -> Response:
        with transaction(self.engine) as connection:
            kept = self._kept(connection, digest)
            if kept is not None:
                return kept
            inside = Step(connection, self.caller, now(), self.request.state.request_id, self.key)
            body = as_json(step(inside))
            etag = etag_of(body)
            if inside._written:
                connection.execute(insert(audit), inside._written)
            if self.key is not None:
                row = {"scope": self.caller.name, "key": self.key, "request_hash": digest, "status": status,
                       "etag": etag, "body": body, "recorded_at": inside.at}  # fmt: skip
                made = insert_into(connection.dialect.name)(answers).on_conflict_do_nothing().returning(answers.c.id)
                if connection.execute(made, row).scalar() is None:
                    raise TryAgain(cause="Idempotency-Key")  # somebody else was quicker with the same key
        self.request.app.state.metrics.entered(inside._written)
        return _answer(body, status, etag)

    def _kept(self, connection: Connection, digest: str) -> Response | None:
        if self.key is None:
            return None
        row = connection.execute(
            select(answers).where(answers.c.scope == self.caller.name, answers.c.key == self.key)
        ).first()
        if row is None:
            return None
        if row.request_hash != digest:
            raise KeyReused(key=self.key, scope=self.caller.name)
        return _answer(row.body, row.status, row.etag, {REPLAYED: "true"})

    def matched(self, shown: Any) -> None:
        """An edit names the version it was made from. Raises NoMatchGiven, EditedSince."""
        etag = etag_of(as_json(shown))
        if self.match is None:
            raise NoMatchGiven(etag=etag)
        if self.match not in ("*", etag, f"W/{etag}"):
            raise EditedSince(given=self.match, etag=etag)


def as_json(value: Any) -> str:
    """The bytes of an answer: the same for the same value."""
    return to_json(value).decode()


def etag_of(body: str) -> str:
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'


def tagged(body: str) -> Response:
    """What is there, with the version an edit of it must name."""
    return _answer(body, 200, etag_of(body))


def _answer(body: str, status: int, etag: str | None, more: Mapping[str, str] | None = None) -> Response:
    headers = {**({"ETag": etag} if etag else {}), **(more or {})}
    return Response(body, status, headers, "application/json")


def _digest(request: Request, asked: Any) -> str:
    text = json.dumps(
        [request.method, request.url.path, sorted(request.query_params.multi_items()), plain(jsonable_encoder(asked))],
        sort_keys=True, ensure_ascii=False,
    )  # fmt: skip
    return hashlib.sha256(text.encode()).hexdigest()


async def _work(
    request: Request,
    caller: AnyCaller,
    key: Annotated[
        str | None, Header(alias="Idempotency-Key", min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")
    ] = None,
    match: Annotated[str | None, Header(alias="If-Match", max_length=128)] = None,
) -> Work:
    return Work(request.app.state.engine, caller, request, key, match)


Writing = Annotated[Work, Depends(_work)]


def _look(request: Request) -> Any:
    with reading(request.app.state.engine) as connection:
        yield connection


Reading = Annotated[Connection, Depends(_look)]
"""A view of the database that stays the same while the request is answered."""
