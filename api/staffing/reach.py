"""What a question reads beside its own tables has to lie within the caller's reach."""

from fastapi import Request
from sqlalchemy import Connection

from api.access.scope import Caller
from api.routes.incidents import situation_of
from api.staffing.questions import Patrol, Question
from inventory.database import reading


def check_question(connection: Connection, caller: Caller, question: Question) -> None:
    """Raises NotPermitted, OutsideScope, UnknownSituation."""
    stores = getattr(question, "stores", None)
    if stores is not None:
        caller.scope("stock.read").check(stores)
    if isinstance(question, Patrol):
        situation_of(connection, caller.scope("incidents.read"), question.situation, part=True)


def check_reach(request: Request, question: Question) -> None:
    """The same, outside a transaction."""
    with reading(request.app.state.engine) as connection:
        check_question(connection, request.state.caller, question)
