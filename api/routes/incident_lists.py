"""Lists of situations, incidents, directives and alerts."""

from api.http.resources import Resource, field
from scenarios.tables import alerts, directives, incidents, situations

_S, _N, _D, _A = situations.c, incidents.c, directives.c, alerts.c

SITUATIONS = Resource(
    "situations", "incidents.read", "态势（实况或演练）", "situations, live or exercises",
    (
        field("code", _S.code, "代码", "code"),
        field("kind", _S.kind, "live 实况、exercise 演练", "live or exercise"),
        field("title_zh", _S.title_zh, "名称", "Chinese title"),
        field("title_en", _S.title_en, "英文名称", "English title"),
        field("place", _S.place_code, "所属区划（空为全部）", "division (null: everything)"),
        field("as_of", _S.as_of, "时点（空为现在）", "its moment (null: now)"),
        field("closed_at", _S.closed_at, "结束时间", "over since"),
    ),
    key=_S.code, places=(_S.place_code,), code="code", sort="code",
)  # fmt: skip

INCIDENTS = Resource(
    "incidents", "incidents.read", "事件", "incidents",
    (
        field("situation", _N.situation_code, "态势", "situation"),
        field("code", _N.code, "事件编号", "code"),
        field("kind", _N.kind, "灾种", "kind"),
        field("name", _N.name, "名称", "name"),
        field("name_en", _N.name_en, "英文名", "English name"),
        field("severity", _N.severity, "严重程度 1–5", "severity 1–5"),
        field("status", _N.status, "open 处置中、closed 已结束", "open or closed"),
        field("place", _N.place_code, "区划代码", "division code"),
        field("lat", _N.lat, "纬度（WGS-84，度）", "latitude (WGS-84, degrees)"),
        field("lon", _N.lon, "经度（WGS-84，度）", "longitude (WGS-84, degrees)"),
        field("reported_at", _N.reported_at, "上报时间", "reported at"),
        field("people_affected", _N.people_affected, "受影响人数", "people affected"),
        field("duration_h", _N.duration_h, "预计持续（小时）", "expected duration (h)"),
        field("merged_into", _N.merged_into, "并入的事件", "duplicate of"),
        field("reported_by", _N.reported_by, "上报人", "reported by"),
        field("source", _N.source, "来源预警", "alert it came from"),
        field("note", _N.note, "备注", "note"),
    ),
    key=_N.id, places=(_N.place_code, _S.place_code), sort="-reported_at", point=("lat", "lon"),
    joined=lambda rows: rows.select_from(incidents).join(situations, _S.code == _N.situation_code),
)  # fmt: skip

DIRECTIVES = Resource(
    "directives", "plans.read", "指定与禁止", "pins and bans",
    (
        field("id", _D.id, "序号", "number"),
        field("situation", _D.situation_code, "态势", "situation"),
        field("kind", _D.kind, "pin 指定、ban 禁止", "pin or ban"),
        field("team", _D.team, "队伍", "team"),
        field("task", _D.task, "任务", "task"),
        field("store", _D.store, "库点", "store"),
        field("incident", _D.incident, "事件", "incident"),
        field("item", _D.item, "物资", "item"),
        field("note", _D.note, "说明", "note"),
        field("actor", _D.actor, "谁", "who"),
        field("recorded_at", _D.recorded_at, "时间", "when"),
        field("lifted_at", _D.lifted_at, "解除时间", "lifted at"),
    ),
    key=_D.id, places=(_S.place_code,), code="id", sort="-id",
    joined=lambda rows: rows.select_from(directives).join(situations, _S.code == _D.situation_code),
)  # fmt: skip

ALERTS = Resource(
    "alerts", "incidents.read", "预警（CAP 1.2）", "alerts (CAP 1.2)",
    (
        field("id", _A.id, "序号", "number"),
        field("situation", _A.situation_code, "态势", "situation"),
        field("sender", _A.sender, "发布单位", "sender"),
        field("identifier", _A.identifier, "编号", "identifier"),
        field("sent", _A.sent, "发布时间", "sent"),
        field("status", _A.status, "状态", "status"),
        field("msg_type", _A.msg_type, "消息类型", "type of message"),
        field("event", _A.event, "事件", "event"),
        field("headline", _A.headline, "标题", "headline"),
        field("urgency", _A.urgency, "紧迫程度", "urgency"),
        field("severity", _A.severity, "严重程度", "severity"),
        field("certainty", _A.certainty, "确定性", "certainty"),
        field("effective", _A.effective, "生效", "effective"),
        field("expires", _A.expires, "失效", "expires"),
        field("place", _A.place_code, "区划", "division"),
        field("incident", _A.incident, "生成的事件", "incident made of it"),
    ),
    key=_A.id, places=(_A.place_code, _S.place_code), code="id", sort="-sent",
    joined=lambda rows: rows.select_from(alerts).join(situations, _S.code == _A.situation_code),
)  # fmt: skip

ALL = (SITUATIONS, INCIDENTS, DIRECTIVES, ALERTS)
