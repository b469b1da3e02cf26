"""Two people who import at the same moment: what one adds, the other finds."""

import threading
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from api import intake
from inventory.tables.care import maintenance

CUSTODIANS = "store,person,phone,role,valid_from\nS0,zhang,000,primary,2026-01-01\n"
MAINTENANCE = "store,item,lot,kind,last_done,result\nS0,M003,L1,INSPECT,2026-06-01,PASSED\n"


def at_once(file: Path, kind: str, monkeypatch: Any) -> list[Exception]:
    together, errors = threading.Barrier(2), []
    bring_in = intake.bring_in

    def slow(*given: Any) -> Any:
        done = bring_in(*given)
        threading.Event().wait(0.3)
        return done

    monkeypatch.setattr(intake, "bring_in", slow)

    def run() -> None:
        together.wait()
        try:
            intake.import_file(kind, file, actor="zhang")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_a_new_person_is_made_once(on_both: Any, tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "custodians.csv"
    file.write_text(CUSTODIANS, encoding="utf-8")
    assert at_once(file, "custodians", monkeypatch) == []


def test_a_check_is_on_record_once(on_both: Any, tmp_path: Path, monkeypatch: Any) -> None:
    on_both.put("S0", "M003", 5)
    file = tmp_path / "maintenance.csv"
    file.write_text(MAINTENANCE, encoding="utf-8")
    assert at_once(file, "maintenance", monkeypatch) == []
    with on_both.writing() as connection:
        assert connection.execute(select(func.count()).select_from(maintenance)).scalar() == 1
