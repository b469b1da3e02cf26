"""EDXL-RM 1.0: elements in the order and the namespaces of the standard, times with offset, any text."""

from datetime import UTC, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from scenarios.edxl_rm import DE, MSG, RM, Distribution, Message, Resource, Schedule, write

AT = datetime(2024, 6, 3, 0, 30, tzinfo=UTC)
KINDS = ("RequestResource", "ResponseToRequestResource", "CommitResource", "ReportResourceDeploymentStatus",
         "ReleaseResource")  # fmt: skip
# as the standard's tables list them (EDXL-RM 1.0, section 3 and 4.1)
HEAD = ["MessageID", "SentDateTime", "MessageContentType", "MessageDescription", "OriginatingMessageID",
        "PrecedingMessageID", "IncidentInformation", "ContactInformation", "ContactInformation",
        "ResourceInformation"]  # fmt: skip


def resource(**more):
    every = {
        "id": "R1", "name": "折叠床", "code": "T1", "types": ("urn:wuding:items", ["M003"]),
        "keywords": [("urn:wuding:lots", ["L1", "L2"])], "answers": "M003", "response": "Accept",
        "reason": ("NO_STOCK", "向上级申请"), "status": "done", "amount": Decimal("12.50"), "unit": "张",
        "function": "转移群众", "order": "1/S1",
        "schedule": [Schedule(type="EstimatedDeparture", at=AT),
                     Schedule(type="EstimatedArrival", at=AT, where="一村")],
    }  # fmt: skip
    return Resource(**(every | more))


def message(kind="CommitResource", **more):
    every = {
        "kind": kind, "id": "m2", "sent": AT, "first": "m1", "before": "m1", "description": "说明",
        "incident": ("I1", "滑坡 <&> \"'"), "contacts": [("Sender", "张三"), ("Approver", "李四")],
        "resources": [resource()],
    }  # fmt: skip
    return Message(**(every | more))


def tree(*messages):
    found = Distribution(id="d1", sender="wuding@localhost", sent=AT, status="Actual", type="Dispatch",
                         language="zh-CN", messages=messages)  # fmt: skip
    return ElementTree.fromstring(write(found))


def tags(element, namespace):
    """Names of the children, all of which belong to that namespace."""
    assert {child.tag.split("}")[0] for child in element} <= {"{" + namespace}
    return [child.tag.split("}")[1] for child in element]


@pytest.mark.parametrize("kind", KINDS)
def test_the_elements_of_a_message_stand_in_the_order_of_its_schema(kind):
    one = tree(message(kind)).find(f".//{{{MSG}}}{kind}")
    assert tags(one, MSG) == HEAD
    assert one.findtext(f"{{{MSG}}}MessageContentType") == kind
    assert tags(one.find(f"{{{MSG}}}IncidentInformation"), RM) == ["IncidentID", "IncidentDescription"]
    assert tags(one.find(f"{{{MSG}}}ContactInformation"), RM) == ["ContactDescription", "ContactRole"]


def test_a_request_answers_nobody():
    one = tree(message("RequestResource", before=None, first="m2")).find(f".//{{{MSG}}}RequestResource")
    assert tags(one, MSG) == [name for name in HEAD if name != "PrecedingMessageID"]


def test_the_elements_of_a_resource_stand_in_the_order_of_their_schema():
    one = tree(message()).find(f".//{{{MSG}}}ResourceInformation")
    assert tags(one, MSG) == ["ResourceInfoElementID", "ResponseInformation", "Resource", "AssignmentInformation",
                              "ScheduleInformation", "ScheduleInformation"]  # fmt: skip
    answer, goods, assigned, leaves, comes = list(one)[1:]
    assert tags(answer, RM) == ["PrecedingResourceInfoElementID", "ResponseType", "ReasonCode", "ResponseReason"]
    assert tags(goods, MSG) == ["ResourceID", "Name", "TypeStructure", "Keyword", "ResourceStatus"]
    assert tags(goods.find(f"{{{MSG}}}Keyword"), RM) == ["ValueListURN", "Value", "Value"]
    assert tags(goods.find(f"{{{MSG}}}ResourceStatus"), MSG) == ["DeploymentStatus"]
    assert tags(assigned, MSG) == ["Quantity", "AnticipatedFunction", "OrderID"]
    assert tags(assigned.find(f"{{{MSG}}}Quantity"), RM) == ["MeasuredQuantity"]
    assert tags(assigned.find(f".//{{{RM}}}MeasuredQuantity"), RM) == ["Amount", "UnitOfMeasure"]
    assert tags(leaves, MSG) == ["ScheduleType", "DateTime"]
    assert tags(comes, MSG) == ["ScheduleType", "DateTime", "Location"]
    assert tags(comes.find(f"{{{MSG}}}Location"), RM) == ["LocationDescription"]


def test_the_envelope_is_a_distribution_element():
    root = tree(message(), message("ReleaseResource"))
    assert root.tag == f"{{{DE}}}EDXLDistribution"
    assert tags(root, DE) == ["distributionID", "senderID", "dateTimeSent", "distributionStatus", "distributionType",
                              "combinedConfidentiality", "language", "contentObject", "contentObject"]  # fmt: skip
    assert tags(root[-1], DE) == ["contentDescription", "incidentID", "xmlContent"]


def test_times_bear_their_offset_and_quantities_are_exact():
    root = tree(message())
    times = [one.text for name in ("SentDateTime", "DateTime") for one in root.iter(f"{{{MSG}}}{name}")]
    assert set(times) == {"2024-06-03T08:30:00+08:00"}
    assert root.findtext(f".//{{{RM}}}Amount") == "12.50"
    whole = tree(message(resources=[resource(amount=40)]))  # as plan.json has it
    assert whole.findtext(f".//{{{RM}}}Amount") == "40"


def test_any_text_comes_through():
    root = tree(message(), message(incident=("I2", "a\x00b\x1fc")))
    said = [one.text for one in root.iter(f"{{{RM}}}IncidentDescription")]
    assert said == ["滑坡 <&> \"'", "a\ufffdb\ufffdc"]
    assert root.findtext(f".//{{{MSG}}}Name") == "折叠床"


def test_equal_messages_are_equal_bytes():
    found = Distribution(id="d1", sender="a@b", sent=AT, status="Exercise", type="Dispatch", language="en",
                         messages=[message()])  # fmt: skip
    assert write(found) == write(found)
