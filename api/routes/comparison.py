"""Studies side by side as a file."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.access.scope import Scope
from api.http import negotiate
from api.http.caller import needs
from api.http.papers import PDF, attached, written
from api.http.problems import language
from api.http.reads import PROBLEMS
from api.http.work import Reading
from api.routes.studies import seen_study
from api.staffing.studies import NotAnswered
from inventory.errors import InventoryError
from scenarios.staffing.comparison import MEASURES, Study, beside
from scenarios.texts import Lang

router = APIRouter(prefix="/staffing", tags=["staffing"], responses=PROBLEMS)
Numbers = Annotated[
    list[Annotated[int, Query(ge=1, le=2**62)]],
    Query(min_length=2, max_length=5, description="研究编号，其余与第一个比 / studies, set against the first"),
]  # fmt: skip
Look = Annotated[Scope, needs("staffing.read")]


class NotComparable(InventoryError):
    """Studies of different kinds, or of a kind that has no towns. Facts: studies."""


@router.get("/comparison", summary="研究对比（文件） / studies compared, as a file", response_class=Response,
            responses={200: {"content": {negotiate.XLSX: {}, PDF: {}}}})  # fmt: skip
def compares(scope: Look, request: Request, connection: Reading, study: Numbers) -> Response:
    """最近一次计算的结果；须是同一种研究，值班表不能比 / of their last runs; of one kind, and no rosters"""
    media = negotiate.accepted(request, [negotiate.XLSX, PDF])
    lang: Lang = "en" if language(request) == "en" else "zh"
    found = []
    for number in dict.fromkeys(study):
        row = seen_study(connection, scope, number)
        if row.answer is None:
            raise NotAnswered(study=number)
        stale = row.answered_sha256 != row.question_sha256
        found.append(Study(number, row.name, row.kind, row.question, row.answer, stale))
    if len(found) < 2 or len({one.kind for one in found}) > 1 or found[0].kind not in MEASURES:
        raise NotComparable(studies=[one.number for one in found])
    compared = beside(found)
    if media == PDF:
        from scenarios.staffing.report import comparison_pdf

        return Response(comparison_pdf(compared, lang), headers=attached("comparison.pdf"), media_type=PDF)
    from scenarios.staffing.compare_book import write_comparison

    return written("comparison.xlsx", media, lambda path: write_comparison(path, compared, lang))
