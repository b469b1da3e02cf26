"""What a read and an issue cost with nothing around them: `python bare.py DATABASE_URL PORT`.

FastAPI on uvicorn, a pooled engine, and the domain's SQL: no sign-in, no permissions, no audit row, no answer kept
for repeats, no model of the answer, no log, no metrics.
"""

import sys
from decimal import Decimal
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy import select
from starlette.responses import Response

from inventory.database import now, open_engine, reading, transaction
from inventory.ledger.issue import issue
from inventory.ledger.post import Act
from inventory.tables.goods import items, lots
from inventory.tables.places import bins, stores
from inventory.tables.stock import balances


class Issue(BaseModel):
    store: str
    item: str
    quantity: Decimal


def bare(url: str) -> FastAPI:
    app, engine = FastAPI(), open_engine(url)
    line = (
        select(balances.c.id, stores.c.code.label("store"), items.c.code.label("item"), lots.c.code.label("lot"),
               bins.c.code.label("bin"), balances.c.state, balances.c.quantity, balances.c.reserved, lots.c.owner,
               lots.c.made, lots.c.expires, balances.c.received, lots.c.unit_price)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .outerjoin(bins, bins.c.id == balances.c.bin_id)
    )  # fmt: skip

    @app.get("/stock/{id_}")
    def read(id_: int) -> Any:
        with reading(engine) as connection:
            row = connection.execute(line.where(balances.c.id == id_)).one()
        return Response(to_json(row._asdict()), media_type="application/json")

    @app.post("/stock/issue", status_code=201)
    def issues(given: Issue) -> Any:
        with transaction(engine) as connection:
            act = Act(actor="bare", reason="RESCUE", at=now())
            done = issue(connection, store=given.store, item=given.item, quantity=given.quantity, act=act)
        return {"operation": done.id}

    return app


if __name__ == "__main__":
    uvicorn.run(bare(sys.argv[1]), port=int(sys.argv[2]), log_level="warning", access_log=False)
