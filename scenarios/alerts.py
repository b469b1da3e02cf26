"""Alerts on record, and the incidents that are made of them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from inventory.ledger.post import Act
from inventory.tables.places import places
from optimizer.errors import OptimizerError
from scenarios.cap import SEVERITY, Alert
from scenarios.incidents import still_open
from scenarios.reported import edit_incident, likely_same, report_incident
from scenarios.tables import LIVE, alerts


class WrongExercise(OptimizerError):
    """An exercise alert for a live situation, or a real one for an exercise. Facts: status, situation, kind."""


@dataclass(frozen=True, slots=True)
class Received:
    alert: int
    incident: str | None  # made of it, or brought up to date by it
    new: bool  # False: this alert was here before
    likely_same: tuple[tuple[str, int], ...] = ()  # incidents it may be, and how far (m)


def receive_alert(
    connection: Connection, alert: Alert, content: str, *, act: Act, situation: str = LIVE, place: str | None = None,
    among: ColumnElement[bool] | None = None,
) -> Received:  # fmt: skip
    """Put an alert on record; an <Alert> becomes an incident, an <Update> brings that incident up to date, a <Cancel>
    leaves its end to the dispatcher. The same message twice is one. Tests, acknowledgements and errors make nothing.
    `among`: the incidents that whoever receives it may see.

    Raises UnknownSituation, SituationClosed, WrongExercise.
    """
    head = still_open(connection, situation, locked=True)  # the same message twice at once is one, too
    fits = {"Actual": "live", "Exercise": "exercise"}.get(alert.status)
    if fits is not None and fits != head.kind:
        raise WrongExercise(status=alert.status, situation=situation, kind=head.kind)
    same = (alerts.c.sender == alert.sender, alerts.c.identifier == alert.identifier)
    there = connection.execute(select(alerts.c.id, alerts.c.incident).where(*same)).first()
    if there is not None:
        return Received(there.id, there.incident, False)
    division = alert.division if _known(connection, alert.division) else place
    row = {
        "situation_code": situation, "sender": alert.sender, "identifier": alert.identifier, "sent": alert.sent,
        "status": alert.status, "msg_type": alert.msg_type, "event": alert.event, "headline": alert.headline,
        "urgency": alert.urgency, "severity": alert.severity, "certainty": alert.certainty,
        "effective": alert.effective, "expires": alert.expires, "area": list(alert.areas), "place_code": division,
        "content": content, "recorded_at": act.at, "actor": act.actor,
    }  # fmt: skip
    number = int(connection.execute(insert(alerts).returning(alerts.c.id), row).scalar_one())
    if fits is None or alert.msg_type not in ("Alert", "Update", "Cancel"):
        return Received(number, None, True)
    code, near = _incident(connection, alert, act=act, situation=situation, division=division, among=among)
    connection.execute(update(alerts).where(alerts.c.id == number).values(incident=code))
    return Received(number, code, True, tuple(near))


def _known(connection: Connection, division: str | None) -> bool:
    wanted = select(places.c.code).where(places.c.code == division)
    return division is not None and connection.execute(wanted).first() is not None


def _incident(
    connection: Connection, alert: Alert, *, act: Act, situation: str, division: str | None,
    among: ColumnElement[bool] | None,
) -> tuple[str | None, list[tuple[str, int]]]:  # fmt: skip
    """The incident of the alerts it refers to, brought up to date; else a new one."""
    lat, lon = alert.middle or (None, None)
    facts: dict[str, Any] = {"severity": SEVERITY[alert.severity], "name": (alert.headline or alert.event)[:4000]}
    if alert.references:
        earlier = connection.execute(
            select(alerts.c.incident)
            .where(alerts.c.sender == alert.sender, alerts.c.identifier.in_(alert.references[:1000]))
            .where(alerts.c.incident.is_not(None), alerts.c.situation_code == situation)
            .order_by(alerts.c.id.desc())
        ).scalar()
        if earlier is not None:
            if alert.msg_type == "Update":
                edit_incident(connection, earlier, facts=facts, tasks=None, demands=None, situation=situation)
            else:
                note = f"{alert.sender} {alert.identifier}: {alert.msg_type}"
                edit_incident(connection, earlier, facts={"note": note}, tasks=None, demands=None, situation=situation)
            return str(earlier), []
    if alert.msg_type == "Cancel":
        return None, []
    near = likely_same(connection, kind=alert.kind, lat=lat, lon=lon, reported_at=alert.sent, situation=situation,
                       among=among)  # fmt: skip
    facts |= {"kind": alert.kind, "lat": lat, "lon": lon, "place_code": division, "reported_at": alert.sent}
    source = f"{alert.sender} {alert.identifier}"[:255]
    code = report_incident(connection, facts=facts, tasks=[], demands=None, act=act, situation=situation, source=source)
    return code, near


def alert_text(connection: Connection, number: int) -> str | None:
    """The XML as it came."""
    content = connection.execute(select(alerts.c.content).where(alerts.c.id == number)).scalar()
    return None if content is None else str(content)
