"""EDXL Resource Messaging 1.0 (OASIS, 2008, with errata of 2009) as XML, in an EDXL Distribution Element 1.0.

Which elements there are, in what order and in which of the two namespaces, is that of the standard's schemas (one for
each message, and EDXL-RMCommonTypes.xsd for the types they share): elements of the messages and of their unnamed types
belong to `…:RM:1.0:msg`, those of named types to `…:RM:1.0`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from scenarios.report.wording import SHANGHAI

DE = "urn:oasis:names:tc:emergency:EDXL:DE:1.0"
RM = "urn:oasis:names:tc:emergency:EDXL:RM:1.0"
MSG = "urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg"

_VALUE_LIST = ("rm", ("ValueListURN", "Value"))
# parent -> prefix and order of its children
ORDER: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "message": ("rmsg", (
        "MessageID", "SentDateTime", "MessageContentType", "MessageDescription", "OriginatingMessageID",
        "PrecedingMessageID", "IncidentInformation", "MessageRecall", "Funding", "ContactInformation",
        "ResourceInformation",
    )),
    "IncidentInformation": ("rm", ("IncidentID", "IncidentDescription")),
    "ContactInformation": ("rm", ("ContactDescription", "ContactRole", "Radio", "ContactLocation",
                                  "AdditionalContactInformation")),
    "ResourceInformation": ("rmsg", ("ResourceInfoElementID", "ResponseInformation", "Resource",
                                     "AssignmentInformation", "ScheduleInformation")),
    "ResponseInformation": ("rm", ("PrecedingResourceInfoElementID", "ResponseType", "ReasonCode", "ResponseReason")),
    "Resource": ("rmsg", (
        "ResourceID", "Name", "TypeStructure", "TypeInfo", "Keyword", "Description", "Credentials", "Certifications",
        "SpecialRequirements", "ResponsibleParty", "OwnershipInformation", "ResourceStatus",
    )),
    "ResourceStatus": ("rmsg", ("InventoryRefreshDateTime", "DeploymentStatus", "Availability")),
    "AssignmentInformation": ("rmsg", ("Quantity", "Restrictions", "AnticipatedFunction", "PriceQuote", "OrderID",
                                       "AssignmentInstructions")),
    "Quantity": ("rm", ("QuantityText", "MeasuredQuantity")),
    "MeasuredQuantity": ("rm", ("Amount", "UnitOfMeasure")),
    "ScheduleInformation": ("rmsg", ("ScheduleType", "DateTime", "Location")),
    "Location": ("rm", ("LocationDescription", "Address", "TargetArea")),
    "TypeStructure": _VALUE_LIST, "Keyword": _VALUE_LIST, "DeploymentStatus": _VALUE_LIST, "ReasonCode": _VALUE_LIST,
    "UnitOfMeasure": _VALUE_LIST,
}  # fmt: skip
_UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    type: str  # EstimatedArrival, ActualDeparture, ReportTo …
    at: datetime | None = None
    where: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One resource of a message; `answers`: the element of the message before that it answers."""

    id: str
    name: str
    code: str | None = None
    types: tuple[str, Sequence[str]] | None = None  # (list of values, values)
    keywords: Sequence[tuple[str, Sequence[str]]] = ()
    answers: str | None = None
    response: str | None = None  # Accept, Decline, Provisional
    reason: tuple[str, str] | None = None  # code, words
    status: str | None = None
    amount: Decimal | None = None
    unit: str | None = None
    function: str | None = None
    order: str | None = None
    schedule: Sequence[Schedule] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    kind: str  # RequestResource, CommitResource …
    id: str
    sent: datetime
    first: str  # the message that began the exchange: the same, where this is it
    before: str | None = None
    description: str | None = None
    incident: tuple[str, str] | None = None  # code, description
    contacts: Sequence[tuple[str, str]] = ()  # role, description
    resources: Sequence[Resource] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """The envelope. `status`: Actual or Exercise."""

    id: str
    sender: str  # actor@domain
    sent: datetime
    status: str
    type: str
    language: str
    messages: Sequence[Message]


def write(found: Distribution) -> bytes:
    """UTF-8; equal distributions give equal bytes."""
    root = Element("EDXLDistribution", {"xmlns": DE})
    head = (
        ("distributionID", found.id), ("senderID", found.sender), ("dateTimeSent", stamp(found.sent)),
        ("distributionStatus", found.status), ("distributionType", found.type),
        ("combinedConfidentiality", "Unclassified"), ("language", found.language),
    )  # fmt: skip
    for name, value in head:
        SubElement(root, name).text = _text(value)
    for message in found.messages:
        content = SubElement(root, "contentObject")
        SubElement(content, "contentDescription").text = f"EDXL-RM {message.kind}"
        if message.incident is not None:
            SubElement(content, "incidentID").text = _text(message.incident[0])
        embedded = SubElement(SubElement(content, "xmlContent"), "embeddedXMLContent")
        embedded.append(_message(message))
    indent(root)
    return b"<?xml version='1.0' encoding='UTF-8'?>\n" + tostring(root, encoding="utf-8", xml_declaration=False) + b"\n"


def stamp(at: datetime) -> str:
    """With its offset, never Z, as the standard demands."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def _message(message: Message) -> Element:
    made = Element(f"rmsg:{message.kind}", {"xmlns:rmsg": MSG, "xmlns:rm": RM})
    incident = None
    if message.incident is not None:
        incident = {"IncidentID": message.incident[0], "IncidentDescription": message.incident[1]}
    content = {
        "MessageID": message.id,
        "SentDateTime": message.sent,
        "MessageContentType": message.kind,
        "MessageDescription": message.description,
        "OriginatingMessageID": message.first,
        "PrecedingMessageID": message.before,
        "IncidentInformation": incident,
        "ContactInformation": [{"ContactRole": role, "ContactDescription": who} for role, who in message.contacts],
        "ResourceInformation": [_resource(one) for one in message.resources],
    }
    _fill(made, "message", content)
    return made


def _resource(one: Resource) -> dict[str, Any]:
    response = None
    if one.response is not None:
        response = {
            "PrecedingResourceInfoElementID": one.answers,
            "ResponseType": one.response,
            "ReasonCode": None if one.reason is None else _values("urn:wuding:reasons", [one.reason[0]]),
            "ResponseReason": None if one.reason is None else one.reason[1],
        }
    resource = {
        "ResourceID": one.code,
        "Name": one.name,
        "TypeStructure": None if one.types is None else _values(*one.types),
        "Keyword": [_values(*keyword) for keyword in one.keywords],
        "ResourceStatus": None
        if one.status is None
        else {"DeploymentStatus": _values("urn:wuding:deployment-status", [one.status])},
    }
    assigned: dict[str, Any] = {"AnticipatedFunction": one.function, "OrderID": one.order}
    if one.amount is not None:
        unit = None if one.unit is None else _values("urn:wuding:units", [one.unit])
        assigned["Quantity"] = {"MeasuredQuantity": {"Amount": format(Decimal(one.amount), "f"), "UnitOfMeasure": unit}}
    return {
        "ResourceInfoElementID": one.id,
        "ResponseInformation": response,
        "Resource": resource,
        "AssignmentInformation": assigned if any(value is not None for value in assigned.values()) else None,
        "ScheduleInformation": [
            {
                "ScheduleType": step.type,
                "DateTime": step.at,
                "Location": None if step.where is None else {"LocationDescription": step.where},
            }
            for step in one.schedule
        ],
    }


def _values(urn: str, values: Sequence[str]) -> dict[str, Any]:
    return {"ValueListURN": urn, "Value": list(values)}


def _fill(parent: Element, kind: str, content: Mapping[str, Any]) -> None:
    """The children in the order of the schema, whatever the order of `content`."""
    prefix, order = ORDER[kind]
    assert content.keys() <= set(order), content.keys() - set(order)
    for name in order:
        value = content.get(name)
        for one in value if isinstance(value, list) else [value]:
            if one is None:
                continue
            child = SubElement(parent, f"{prefix}:{name}")
            if isinstance(one, Mapping):
                _fill(child, name, one)
            else:
                child.text = stamp(one) if isinstance(one, datetime) else _text(one)


def _text(value: Any) -> str:
    """What XML cannot hold becomes the replacement character."""
    return _UNHOLDABLE.sub("\ufffd", str(value))
