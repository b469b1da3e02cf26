"""What a problem file may hold, and how it is refused."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.errors import BadInput
from scenarios.exchange import references
from scenarios.exchange.problem import parse_problem, parse_problem_text, read_problem
from scenarios.texts import LANGS, explain

Document = dict[str, Any]


def faults(document: Any) -> dict[str, str]:
    """where -> code of everything that is refused."""
    with pytest.raises(BadInput) as caught:
        parse_problem(document, source="problem.json")
    for lang in LANGS:
        lines = explain(caught.value, lang)
        assert len(lines) == 1 + len(caught.value.faults)
        assert all("?" not in line.replace("did you mean", "") or "“" in line for line in lines)
    return {fault.where: fault.code for fault in caught.value.faults}


def test_the_example_is_taken(document: Document) -> None:
    problem = parse_problem(document, source="problem.json")
    assert problem.incidents[0].tasks[0].teams_needed == 2
    assert problem.teams[0].tier == "5"  # a number or a text
    assert problem.incidents[0].demands is not None
    assert problem.incidents[0].demands[1].quantity == Decimal(46)


def test_every_list_may_be_absent() -> None:
    problem = parse_problem({"schema_version": 1, "as_of": "2024-06-03T08:30:00Z", "travel": {}}, source="-")
    assert problem.teams == []
    assert problem.parameters.horizon_h == 72


def spoil(path: str, value: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        *steps, last = path.split("/")
        target: Any = document
        for step in steps:
            target = target[int(step)] if isinstance(target, list) else target[step]
        key: Any = int(last) if isinstance(target, list) else last
        if value is ...:
            del target[key]
        else:
            target[key] = value

    return change


KINDS = [
    # path, spoilt value, where the fault is, its code
    ("schema_version", 2, "schema_version", "ChoiceUnknown"),
    ("schema_version", ..., "schema_version", "FieldMissing"),
    ("as_of", "2024-06-03T08:30:00", "as_of", "OffsetMissing"),
    ("as_of", "2024-06-03", "as_of", "InstantExpected"),
    ("as_of", "20240603T083000+0800", "as_of", "InstantExpected"),
    ("as_of", 1717374600, "as_of", "InstantExpected"),
    ("as_of", "2024-02-30T08:30:00Z", "as_of", "InstantExpected"),
    ("teams/0/colour", "red", "teams[0].colour", "FieldUnknown"),
    ("teams/0/head_count", 3, "teams[0].head_count", "FieldMisspelt"),
    ("teams/0/profile", ..., "teams[0].profile", "FieldMissing"),
    ("teams/0/id", "", "teams[0].id", "TextEmpty"),
    ("teams/0/id", 7, "teams[0].id", "TextExpected"),
    ("teams/1/id", "x" * 201, "teams[1].id", "TextTooLong"),
    ("teams/0/tier", 3.5, "teams[0].tier", "TextExpected"),
    ("teams/0/headcount", "12", "teams[0].headcount", "WholeNumberExpected"),
    ("teams/0/headcount", True, "teams[0].headcount", "WholeNumberExpected"),
    ("teams/0/turnout_s", -1, "teams[0].turnout_s", "NumberTooSmall"),
    ("teams/0/turnout_s", 10**10, "teams[0].turnout_s", "NumberTooLarge"),
    ("teams/0/turnout_s", Decimal("1.5"), "teams[0].turnout_s", "WholeNumberExpected"),
    ("teams/0", "A", "teams[0]", "ObjectExpected"),
    ("teams", {"id": "A"}, "teams", "ListExpected"),
    ("incidents/0/severity", 0, "incidents[0].severity", "NumberTooSmall"),
    ("incidents/0/severity", 6, "incidents[0].severity", "NumberTooLarge"),
    ("incidents/0/lat", 91, "incidents[0].lat", "DegreesOutOfRange"),
    ("incidents/0/lat", "27", "incidents[0].lat", "DegreesExpected"),
    ("incidents/0/lat", float("nan"), "incidents[0].lat", "DegreesOutOfRange"),
    ("incidents/0/lon", ..., "incidents[0].lon", "PlaceMissing"),
    ("incidents/0/demands/0/quantity", 0, "incidents[0].demands[0].quantity", "QuantityNotPositive"),
    ("incidents/0/demands/0/item", "Z", "incidents[0].demands[0].item", "NoSuchItem"),
    ("incidents/0/demands/1/item", "W", "incidents[0].demands[1].item", "DuplicateDemand"),
    ("incidents/1/tasks/0/id", "K1", "incidents[1].tasks[0].id", "DuplicateId"),
    ("incidents/1/id", "I1", "incidents[1].id", "DuplicateId"),
    ("stores/0/stock/0/quantity", -1, "stores[0].stock[0].quantity", "QuantityNegative"),
    ("stores/0/stock/0/quantity", "1,000", "stores[0].stock[0].quantity", "QuantityExpected"),
    ("stores/0/stock/0/quantity", "１２", "stores[0].stock[0].quantity", "QuantityExpected"),
    ("stores/0/stock/0/quantity", 0.5, "stores[0].stock[0].quantity", "QuantityExpected"),
    ("stores/0/stock/0/quantity", 10**9, "stores[0].stock[0].quantity", "QuantityTooLarge"),
    ("stores/0/stock/0/quantity", "0.0000001", "stores[0].stock[0].quantity", "TooManyDecimals"),
    ("stores/0/stock/0/expires", "31/12/2025", "stores[0].stock[0].expires", "DayExpected"),
    ("stores/0/stock/0/item", "Z", "stores[0].stock[0].item", "NoSuchItem"),
    ("stores/0/stock/1/lot", "a", "stores[0].stock[1].item", "DuplicateLot"),
    ("stores/0/stock/1/reserve_floor", 11, "stores[0].stock[1].reserve_floor", "ReserveFloorsDiffer"),
    ("items/0/life_critical", "yes", "items[0].life_critical", "TrueFalseExpected"),
    ("vehicles/0/store", "S9", "vehicles[0].store", "NoSuchStore"),
    ("travel/team_to_incident_s/A/I1", -3, "travel.team_to_incident_s.A.I1", "NumberTooSmall"),
    ("travel/team_to_incident_s/A/I 9", 3, 'travel.team_to_incident_s.A["I 9"]', "NoSuchIncident"),
    ("travel/team_to_incident_s/Q", {}, "travel.team_to_incident_s.Q", "NoSuchTeam"),
    ("travel/team_to_incident_s", ..., "travel.team_to_incident_s", "MatrixMissing"),
    ("travel/store_to_incident_s", ..., "travel.store_to_incident_s", "MatrixMissing"),
    ("travel/store_to_incident_s/Q", {}, "travel.store_to_incident_s.Q", "NoSuchStore"),
    ("travel/incident_to_incident_s/car", {}, "travel.incident_to_incident_s.car", "UnusedProfile"),
    (
        "travel/incident_to_incident_s/pickup/I1/I1",
        5,
        "travel.incident_to_incident_s.pickup.I1.I1",
        "DiagonalNotZero",
    ),
    ("travel", ..., "network", "NeitherNetworkNorTravel"),
    ("service_s/K9", {"A": 3}, "service_s.K9", "NoSuchTask"),
    ("service_s/K1/Q", 3, "service_s.K1.Q", "NoSuchTeam"),
    ("pins/0/team", "Q", "pins[0].team", "NoSuchTeam"),
    ("pins/0/task", "K9", "pins[0].task", "NoSuchTask"),
    ("bans/0/store", "S1", "bans[0]", "BanUnclear"),
    ("bans/1/incident", "I9", "bans[1].incident", "NoSuchIncident"),
    ("bans/1/item", "Z", "bans[1].item", "NoSuchItem"),
    ("started/0/state", "back", "started[0].state", "ChoiceUnknown"),
    ("started/0/state", "on_scene", "started[0].arrives_at", "OnSceneInFuture"),
    ("started/0/arrives_at", "2024-06-03T08:00:00+08:00", "started[0].arrives_at", "EnRouteInPast"),
    ("teams/0/available_until", "2024-06-03T07:00:00+08:00", "teams[0].available_until", "HoursReversed"),
    ("parameters/levels", ["unserved"], "parameters.levels", "LevelsIncomplete"),
    ("parameters/tiers/1/id", 10, "parameters.tiers[1].id", "DuplicateId"),
    ("parameters/tiers/1/limit_s", 600, "parameters.tiers[1].limit_s", "DuplicateTierLimit"),
    ("parameters/redispatch", {"9": [1]}, 'parameters.redispatch["9"]', "ChoiceUnknown"),
    ("parameters/horizon_h", 0, "parameters.horizon_h", "QuantityNotPositive"),
    ("parameters/horizon_h", 9000, "parameters.horizon_h", "HorizonUnusable"),
    ("closures", [{"id": "C", "speed_factor": 0}], "closures[0]", "ClosureWithoutOnePlace"),
    ("closures", [{"id": "C", "road_name": "G", "speed_factor": 2}], "closures[0].speed_factor", "FactorOutOfRange"),
]


@pytest.mark.parametrize(("path", "value", "where", "code"), KINDS)
def test_a_fault_is_refused_with_its_path(document: Document, path: str, value: Any, where: str, code: str) -> None:
    spoil(path, value)(document)
    assert faults(document).get(where) == code


def test_all_faults_are_told_at_once(document: Document) -> None:
    for path, value in (("as_of", 3), ("pins/0/team", "Q"), ("teams/1/id", ""), ("items/0/mass_kg", "heavy")):
        spoil(path, value)(document)
    assert {"as_of", "pins[0].team", "teams[1].id", "items[0].mass_kg"} <= set(faults(document))


def test_one_team_cannot_be_started_twice(document: Document) -> None:
    document["started"] *= 2
    assert faults(document)["started[1].team"] == "DuplicateStarted"


def test_a_problem_beyond_any_memory_is_refused(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.exchange.references.MAX_STOCK_LINES", 3)
    monkeypatch.setattr("scenarios.exchange.references.MAX_CELLS", 5)
    found = faults(document)
    assert found["stores"] == "TooManyRows"  # 4 lines
    assert found["tasks"] == "TooManyPairs"  # 3 tasks, 2 teams


def test_network_and_travel_exclude_each_other(document: Document) -> None:
    document["network"] = {"file": "roads.osm.pbf"}
    found = faults(document)
    assert found["travel"] == "NetworkAndTravel"
    assert found["teams[0].lat"] == "PlaceMissing"  # a road network needs places


def test_a_road_network_knows_its_profiles(document: Document) -> None:
    del document["travel"]
    document["network"] = {"file": "roads.osm.pbf", "profiles": {"mule": {"mode": "walk", "max_kph": 4}}}
    document["teams"][0]["profile"] = "mule"
    document["teams"][1]["profile"] = "balloon"
    found = faults(document)
    assert found["teams[1].profile"] == "ProfileUnknown"
    assert "teams[0].profile" not in found


@pytest.mark.parametrize(
    ("levels", "good"),
    [
        (["unserved", "critical_unmet", "other_unmet", "completion", "fairness", "deprivation", "cost"], True),
        (["critical_unmet", "other_unmet", "deprivation", "fairness", "unserved", "completion", "cost"], True),
        (["completion", "unserved", "critical_unmet", "other_unmet", "fairness", "deprivation", "cost"], False),
        (["unserved", "fairness", "critical_unmet", "completion", "other_unmet", "deprivation", "cost"], False),
        (["unserved", "critical_unmet", "completion", "other_unmet", "fairness", "cost", "deprivation"], False),
    ],
)
def test_levels_may_change_places_within_reason(document: Document, levels: list[str], good: bool) -> None:
    document["parameters"]["levels"] = levels
    if good:
        assert parse_problem(document, source="-").parameters.levels == levels
    else:
        assert faults(document)["parameters.levels"] == "LevelsOrder"


def broken_text(text: str | bytes) -> tuple[str, str]:
    with pytest.raises(BadInput) as caught:
        parse_problem_text(text, source="problem.json")
    assert explain(caught.value, "zh")
    return caught.value.faults[0].where, caught.value.faults[0].code


def test_broken_json_names_line_and_column() -> None:
    assert broken_text('{\n  "as_of": ,\n}') == ("line 2, column 12", "JsonBroken")


def test_a_file_cut_short_is_told() -> None:
    assert broken_text('{"as_of": "2024')[1] == "JsonBroken"


def test_a_key_written_twice_is_refused() -> None:
    assert broken_text('{"as_of": 1, "as_of": 2}')[1] == "JsonDuplicateKey"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(number: str) -> None:
    assert broken_text(f'{{"as_of": {number}}}')[1] == "JsonNotANumber"


def test_gbk_is_refused_as_not_utf8() -> None:
    assert broken_text('{"as_of": "中文"}'.encode("gbk"))[1] == "NotUtf8"


@pytest.mark.parametrize("text", ["[" * 100_000, '{"as_of": ' + "9" * 5000 + "}"])
def test_unreasonable_json_is_refused(text: str) -> None:
    assert broken_text(text)[1] in ("JsonUnreasonable", "JsonBroken")


@pytest.mark.parametrize(("text", "value"), [("1e3", 1000), ("0.1", Decimal("0.1")), ("5.0", 5), ("-0.0", 0)])
def test_numbers_are_read_from_their_text(document: Document, text: str, value: Decimal) -> None:
    whole = json.dumps(document).replace('"quantity": 100', f'"quantity": {text}')
    assert parse_problem_text(whole, source="-").stores[0].stock[0].quantity == value


def test_a_huge_exponent_is_refused_and_not_expanded(document: Document) -> None:
    whole = json.dumps(document).replace('"quantity": 100', '"quantity": 1e999999999')
    assert broken_text(whole)[1] == "QuantityTooLarge"
    whole = json.dumps(document).replace('"quantity": 100', '"quantity": 1e-999999999')
    assert broken_text(whole)[1] == "TooManyDecimals"


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "none.json", "FileMissing"), (tmp_path, "FileIsFolder")):
        with pytest.raises(BadInput) as caught:
            read_problem(path)
        assert caught.value.faults[0].code == code


def test_something_else_than_an_object_is_refused() -> None:
    assert broken_text("[]")[1] == "ObjectExpected"


stock_rows = st.dictionaries(
    st.sampled_from(["item", "lot", "quantity", "reserve_floor"]),
    st.sampled_from(["W", "T", "", "L", 0, 1, 2, "1", True, None, []]),
) | st.sampled_from([None, 3, "row"])


@given(stock=st.lists(stock_rows, max_size=5) | st.sampled_from([None, "W", {"item": "W"}]), known=st.booleans())
def test_the_quick_look_at_stock_hides_no_fault(stock: Any, known: bool) -> None:
    document = {"items": [{"id": "W"}, {"id": "T"}] if known else "none", "stores": [{"id": "S", "stock": stock}]}
    quick = list(references.reference_faults(document))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(references, "_in_order", lambda *_: False)
        assert list(references.reference_faults(document)) == quick
