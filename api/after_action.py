"""The after-action report of a situation, with what only the audit log knows; as JSON, on paper, as a workbook."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from api.access.tables import audit
from scenarios.after_action import AfterAction, Logged, after_action, as_document, write_pdf, write_xlsx
from scenarios.tables import LIVE

FORMATS = ("json", "pdf", "xlsx")
_ACTIONS = ("incidents.edit", "incidents.merge", "closures.add", "closures.lift")


def report_of(connection: Connection, situation: str = LIVE, *, reach: tuple[str, ...] | None = None) -> AfterAction:
    """For somebody who reads `reach` (patterns of divisions; none: everything). Raises UnknownSituation."""
    return after_action(connection, situation, reach=reach, logged=tuple(_logged(connection, situation)))


def _logged(connection: Connection, situation: str) -> Iterator[Logged]:
    own = f"{situation}/"
    rows = connection.execute(
        select(audit)
        .where(
            audit.c.resource.in_(["incidents", "closures"]),
            audit.c.action.in_(_ACTIONS),
            func.substr(audit.c.code, 1, len(own)) == own,
        )
        .order_by(audit.c.id)
    )
    for row in rows:
        code = row.code.removeprefix(own)
        for kind, facts in _said(row):
            yield Logged(row.recorded_at, row.actor, kind, code, facts)


def _said(row: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    before, after = row.before or {}, row.after or {}
    if row.action == "incidents.edit" and before.get("status") != after.get("status"):
        yield ("incident_closed" if after.get("status") == "closed" else "incident_reopened"), {}
    elif row.action == "incidents.merge":
        yield "incident_merged", {"into": after.get("into", "")}
    elif row.resource == "closures":
        code = row.code.split("/", 1)[1]
        kind, road = ("road_closed", after) if row.action == "closures.add" else ("road_opened", before)
        yield kind, {"code": code, "name": road.get("road_name") or ""}


def write_report(path: Path, found: AfterAction, *, format: str, lang: str) -> None:
    """Raises BadTable for texts that a workbook cannot hold."""
    if format == "pdf":
        write_pdf(path, found, lang=lang)
    elif format == "xlsx":
        write_xlsx(path, found, lang=lang)
    else:
        from api.http.work import as_json

        path.write_text(as_json(as_document(found, lang=lang)), "utf-8")
