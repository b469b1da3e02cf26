"""Common Alerting Protocol 1.2 (OASIS, 2010): an alert as it comes, and the incident it may become."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from optimizer.errors import BadInput, Fault

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MOST_BYTES = 1 << 20
MOST_POINTS = 10_000
STATUS = ("Actual", "Exercise", "System", "Test", "Draft")
MESSAGES = ("Alert", "Update", "Cancel", "Ack", "Error")
URGENCY = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITY = {"Extreme": 5, "Severe": 4, "Moderate": 3, "Minor": 2, "Unknown": 1}  # -> of an incident (assumed)
CERTAINTY = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")

# words of an event -> kind of incident, the first that fits (assumed)
KINDS = (
    (re.compile(r"滑坡|泥石流|崩塌|地质|landslide|debris|geolog", re.I), "landslide"),
    (re.compile(r"森林|草原|林火|山火|wildfire|forest fire", re.I), "wildfire"),
    (re.compile(r"火灾|fire", re.I), "fire"),
    (re.compile(r"洪|涝|暴雨|台风|flood|rain|typhoon|storm", re.I), "flood"),
)
OTHER = "other"
_DIVISION = re.compile(r"[1-9]\d{11}")


@dataclass(frozen=True, slots=True)
class Alert:
    """What is used of an alert: its first <info> in Chinese, else its first."""

    sender: str
    identifier: str
    sent: datetime
    status: str
    msg_type: str
    references: tuple[str, ...]  # identifiers of earlier alerts of the sender
    event: str
    headline: str | None
    description: str | None
    urgency: str
    severity: str
    certainty: str
    effective: datetime | None
    expires: datetime | None
    areas: tuple[dict[str, Any], ...]  # {description, polygons: [[[lon, lat], …]], circles: [[lon, lat, km]], codes}

    @property
    def kind(self) -> str:
        return next((kind for words, kind in KINDS if words.search(self.event)), OTHER)

    @property
    def division(self) -> str | None:
        """The first geocode that is a 12-digit division code."""
        codes = [code for area in self.areas for code in area["codes"]]
        return next((code for code in codes if _DIVISION.fullmatch(code)), None)

    @property
    def middle(self) -> tuple[float, float] | None:
        """(lat, lon) of the first circle, or of the corners of the first polygon."""
        for area in self.areas:
            if area["circles"]:
                lon, lat, _ = area["circles"][0]
                return lat, lon
            if area["polygons"]:
                ring = area["polygons"][0][:-1]
                return sum(lat for _, lat in ring) / len(ring), sum(lon for lon, _ in ring) / len(ring)
        return None


class _Reader:
    """Gathers every fault of a message, with the element it is in."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, where: str, code: str, **facts: Any) -> None:
        self.faults.append(Fault(where, code, facts))

    def text(self, parent: Element, name: str, *, needed: bool = False, most: int = 4000) -> str | None:
        found = parent.find(f"{{{NAMESPACE}}}{name}")
        value = None if found is None or found.text is None else found.text.strip()
        if needed and not value:
            self.fault(name, "CapMissing")
        if value and len(value) > most:
            self.fault(name, "TOO_LONG", value=value[:57] + "...", most=most)
            return None
        return value or None

    def word(self, parent: Element, name: str, known: Any) -> str:
        value = self.text(parent, name, needed=True)
        if value is not None and value not in known:
            self.fault(name, "CapWord", value=value[:60], known=list(known))
        return value or ""

    def instant(self, parent: Element, name: str, *, needed: bool = False) -> datetime | None:
        value = self.text(parent, name, needed=needed)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None  # type: ignore[assignment]
        if found is None or found.tzinfo is None:
            self.fault(name, "CapInstant", value=value[:60])
            return None
        return found


def read_alert(content: bytes) -> Alert:
    """Raises BadInput with every fault: what is no XML, XML with entities or a DOCTYPE, or no CAP 1.2."""
    if len(content) > MOST_BYTES:
        raise BadInput("CAP", [Fault("alert", "CapTooLarge", {"most": MOST_BYTES})])
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadInput("CAP", [Fault("alert", "CapNoXml", {"cause": str(error)[:200]})]) from None
    if root.tag != f"{{{NAMESPACE}}}alert":
        raise BadInput("CAP", [Fault("alert", "CapOther", {"found": str(root.tag)[:120]})])
    read = _Reader()
    infos = root.findall(f"{{{NAMESPACE}}}info")
    if not infos:
        read.fault("info", "CapMissing")
    info = next(
        (one for one in infos if (read.text(one, "language") or "").startswith("zh")), infos[0] if infos else root
    )
    sent = read.instant(root, "sent", needed=True)
    alert = Alert(
        sender=read.text(root, "sender", needed=True, most=255) or "",
        identifier=read.text(root, "identifier", needed=True, most=255) or "",
        sent=sent or datetime.fromisoformat("1970-01-01T00:00:00+00:00"),
        status=read.word(root, "status", STATUS),
        msg_type=read.word(root, "msgType", MESSAGES),
        references=_references(read.text(root, "references", most=20_000)),
        event=read.text(info, "event", needed=True, most=255) or "",
        headline=read.text(info, "headline"),
        description=read.text(info, "description", most=20_000),
        urgency=read.word(info, "urgency", URGENCY),
        severity=read.word(info, "severity", SEVERITY),
        certainty=read.word(info, "certainty", CERTAINTY),
        effective=read.instant(info, "effective"),
        expires=read.instant(info, "expires"),
        areas=tuple(_area(read, area, number) for number, area in enumerate(info.findall(f"{{{NAMESPACE}}}area"))),
    )
    if read.faults:
        raise BadInput("CAP", read.faults)
    return alert


def _references(value: str | None) -> tuple[str, ...]:
    """`sender,identifier,sent sender,identifier,sent …` -> the identifiers."""
    return tuple(parts[1] for parts in (one.split(",") for one in (value or "").split()) if len(parts) == 3)


def _area(read: _Reader, area: Element, number: int) -> dict[str, Any]:
    where = f"area[{number}]"
    polygons, circles = [], []
    for one in area.findall(f"{{{NAMESPACE}}}polygon"):
        ring = _points(read, (one.text or "").split(), f"{where}.polygon")
        if ring is not None and (len(ring) < 4 or ring[0] != ring[-1]):
            read.fault(f"{where}.polygon", "CapRing")
        elif ring is not None:
            polygons.append(ring)
    for one in area.findall(f"{{{NAMESPACE}}}circle"):
        parts = (one.text or "").split()
        middle = _points(read, parts[:1], f"{where}.circle") if len(parts) == 2 else None
        try:
            radius_km = float(parts[1])
        except (ValueError, IndexError):
            radius_km = -1.0
        if middle is None or not 0 <= radius_km <= 20_000:
            read.fault(f"{where}.circle", "CapPoint", value=(one.text or "")[:60])
        else:
            circles.append([*middle[0], radius_km])
    codes = [read.text(code, "value", most=255) for code in area.findall(f"{{{NAMESPACE}}}geocode")]
    return {
        "description": read.text(area, "areaDesc", needed=True),
        "polygons": polygons,
        "circles": circles,
        "codes": [code for code in codes if code],
    }


def _points(read: _Reader, parts: list[str], where: str) -> list[list[float]] | None:
    """`lat,lon` pairs as [lon, lat]; None where one is none."""
    if len(parts) > MOST_POINTS:
        read.fault(where, "CapTooMany", most=MOST_POINTS)
        return None
    found = []
    for part in parts:
        try:
            lat, lon = (float(one) for one in part.split(","))
        except ValueError:
            lat = lon = float("nan")
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            read.fault(where, "CapPoint", value=part[:60])
            return None
        found.append([lon, lat])
    return found
