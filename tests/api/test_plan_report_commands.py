"""The after-action report and the messages of a plan on the command line."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy import insert

from api import cli
from scenarios.tables import situations


@pytest.fixture
def told(on_both, capsys):
    with on_both.writing() as connection:
        connection.execute(insert(situations), {"code": "live", "kind": "live", "title_zh": "实况", "title_en": "live"})

    def run(*words, code=0):
        capsys.readouterr()
        found = cli.run(["plan", *words])
        said = capsys.readouterr()
        assert found == code, said.err
        return said.out + said.err

    return run


@pytest.mark.parametrize("ending", ["pdf", "xlsx", "json"])
def test_the_report_is_written_as_its_name_ends(told, tmp_path: Path, ending: str):
    out = tmp_path / f"report.{ending}"
    assert out.name in told("after-action", "--out", str(out)).replace("\n", "")
    if ending == "json":
        assert json.loads(out.read_text("utf-8"))["title"] == "实况"
    else:
        assert out.read_bytes()[:4] in (b"%PDF", b"PK\x03\x04")


def test_other_endings_are_refused_by_name(told, tmp_path: Path):
    assert ".pdf" in told("after-action", "--out", str(tmp_path / "report.doc"), code=2)
    assert ".xml" in told("messages", "1", "--out", str(tmp_path / "plan.json"), code=2)
    assert not list(tmp_path.glob("*.doc"))


def test_messages_of_a_plan_that_is_not_there(told, tmp_path: Path):
    assert "7" in told("messages", "7", "--out", str(tmp_path / "plan.xml"), code=2)


def test_messages_of_a_plan(told, on_both, tmp_path: Path):
    from sqlalchemy import select

    from inventory.tables.stock import operations
    from scenarios.tables import plans

    on_both.put("S0", "M003", 5)
    with on_both.writing() as connection:
        operation = connection.execute(select(operations.c.id).limit(1)).scalar_one()
        at = connection.execute(select(operations.c.recorded_at).limit(1)).scalar_one()
        row = {"situation_code": "live", "sha256": "0" * 64, "problem_sha256": "0" * 64, "status": "committed",
               "content": "{}", "operation_id": operation, "recorded_at": at, "actor": "chief"}  # fmt: skip
        number = connection.execute(insert(plans).returning(plans.c.id), row).scalar_one()
    out = tmp_path / "plan.xml"
    told("messages", str(number), "--out", str(out))
    assert ElementTree.fromstring(out.read_bytes()).tag.endswith("}EDXLDistribution")
