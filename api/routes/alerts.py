"""Alerts in Common Alerting Protocol 1.2, as other systems send them."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from starlette.responses import Response

from api.access.scope import Scope
from api.http.caller import needs
from api.http.reads import PROBLEMS, UnknownResource, one_of
from api.http.work import Reading, Step, Writing
from api.routes.incident_lists import ALERTS
from api.routes.incidents import Situation, situation_of, within
from api.routes.incidents_answers import AlertReceived
from scenarios.alerts import alert_text, receive_alert
from scenarios.cap import read_alert
from scenarios.incidents import ensure_live
from scenarios.reported import find_incident

router = APIRouter(prefix="/situations/{situation}/alerts", tags=["alerts"], responses=PROBLEMS)
CAP = "application/cap+xml"


@router.post("", status_code=201, summary="接收 CAP 1.2 预警 / receive a CAP 1.2 alert", response_model=AlertReceived)
def receives(
    situation: Situation,
    content: Annotated[bytes, Body(media_type=CAP, description="CAP 1.2，UTF-8，最大 1 MiB / at most 1 MiB")],
    scope: Annotated[Scope, needs("incidents.report")],
    work: Writing,
) -> Response:
    """Alert 生成事件，Update 更新，Cancel 由调度员结束；同一编号只收一次 / an Alert becomes an incident, an Update
    brings it up to date, a Cancel leaves its end to the dispatcher; the same identifier counts once."""
    alert = read_alert(content)

    def inside(one: Step) -> dict[str, Any]:
        ensure_live(one.connection, situation)
        head = situation_of(one.connection, scope, situation, part=True)
        done = receive_alert(
            one.connection, alert, content.decode("utf-8", "replace"), act=one.act("RESCUE"), situation=situation,
            place=head.place_code, among=within(scope, head),
        )  # fmt: skip
        place = None
        if done.incident is not None:  # a new one, or one that an alert before this one made
            place = find_incident(one.connection, done.incident, situation=situation).place_code
            if not scope.covers(head.place_code):
                scope.check(place)
        if done.new:
            after = {"event": alert.event, "incident": done.incident, "sender": alert.sender}
            one.record("alerts.receive", "alerts", done.alert, place=place or head.place_code, after=after)
        near = [{"incident": code, "metres": metres} for code, metres in done.likely_same]
        return {"alert": done.alert, "incident": done.incident, "new": done.new, "likely_same": near}

    return work.once(inside, asked=content.hex())


@router.get("/{number}/content", summary="预警原文 / an alert as it came", response_class=Response,
            responses={200: {"content": {CAP: {}}}})  # fmt: skip
def content_of(
    situation: Situation, number: Annotated[int, Path(ge=1, le=2**62)],
    scope: Annotated[Scope, needs("incidents.read")], connection: Reading,
) -> Response:  # fmt: skip
    situation_of(connection, scope, situation, part=True)
    row = one_of(connection, ALERTS, scope, str(number))
    text = alert_text(connection, number)
    if text is None or row["situation"] != situation:
        raise UnknownResource(resource="alerts", code=str(number))
    return Response(text, media_type=CAP)
