"""What there is to do: arguments, the permission it takes, the division it is about, and the work."""

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Connection, select

from api.access.scope import Scope
from api.http.schemas import Body, Code, Division, Text
from api.jobs.book import File, Keep, Running, uploaded
from api.kinds import NEEDED, Kind
from inventory.database import now, reading, transaction

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF, ZIP = "application/pdf", "application/zip"


class Evaluate(Body):
    place: Division | None = Field(None, description="空为全部 / null: everything")
    preset: Code = "general"


class ImportTable(Body):
    table: Kind
    file: int = Field(ge=1, le=2**62, description="POST /jobs/files 给出的编号 / as POST /jobs/files gave it")
    situation: Code = "live"
    county: Division | None = None
    dry_run: bool = Field(False, description="只检查 / only look")
    note: Text | None = None


class MonthlyReport(Body):
    county: Division
    month: str = Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", examples=["2026-06"])
    format: Literal["pdf", "xlsx"] = "pdf"
    lang: Literal["zh", "en"] = "zh"


class AfterActionReport(Body):
    situation: Code = Field("live", examples=["live"])
    format: Literal["pdf", "xlsx", "json"] = "pdf"
    lang: Literal["zh", "en"] = "zh"


class AnswerStudy(Body):
    study: int = Field(ge=1, le=2**62)
    lang: Literal["zh", "en"] = "zh"


class BuildScenario(Body):
    name: Code = Field(examples=["county"])
    seed: int = Field(0, ge=0, le=2**31)


class LoadScenario(Body):
    name: Code = Field("county", examples=["county"])
    seed: int = Field(0, ge=0, le=2**31)


Arguments = Any


@dataclass(frozen=True)
class JobKind:
    name: str
    arguments: type[Body]
    permission: Callable[[Arguments], str]
    place: Callable[[Arguments], str | None]  # what the caller must reach; None where everything is touched
    work: Callable[[Running, Arguments], None]
    bound: bool = True  # False: touches no division's data, so that no division must be reached


def evaluates(job: Running, asked: Evaluate) -> None:
    from api.care import evaluate

    job.tell(10, "job.evaluates")
    with transaction(job.engine) as connection, job.effect(connection) as keep:
        night = evaluate(connection, at=now(), place=asked.place, preset=asked.preset)
        done = night.evaluated
        keep(
            {
                "evaluation": done.id, "day": done.day, "stores": done.stores, "findings": done.findings,
                "tasks_opened": done.tasks_opened, "tasks_lapsed": done.tasks_lapsed, "released": night.released,
            }
        )  # fmt: skip


def imports(job: Running, asked: ImportTable) -> None:
    """Raises ImportRefused with every fault of the file; OutsideScope."""
    from api.intake import import_file
    from api.jobs.reach import check_table

    job.tell(5, "job.reads")
    with reading(job.engine) as connection:
        row = uploaded(connection, asked.file, actor=job.actor)

    @contextmanager
    def within(connection: Connection, table: Any) -> Iterator[Keep]:
        check_table(connection, table, reach=job.reach, permission=NEEDED[asked.table][0])
        with job.effect(connection) as keep:
            yield lambda done: keep(asdict(done))

    def tell(phase: str) -> None:
        job.tell({"phase.read": 10, "phase.post": 30, "phase.faults": 60, "phase.mend": 90}.get(phase, 10), phase)

    with tempfile.TemporaryDirectory(prefix="wuding-import-") as folder:
        path = Path(folder) / f"upload{Path(row.name).suffix.lower()[:10]}"  # never a name somebody else chose
        path.write_bytes(row.content)
        result = import_file(
            asked.table, path, actor=job.actor, note=asked.note, situation=asked.situation, county=asked.county,
            dry_run=asked.dry_run, tell=tell, within=within, engine=job.engine,
        )  # fmt: skip
    if asked.dry_run:  # everything was taken back, the row of the effect with it
        with transaction(job.engine) as connection, job.effect(connection) as keep:
            keep(asdict(result) | {"dry_run": True})


def reports(job: Running, asked: MonthlyReport) -> None:
    """Raises NotACounty."""
    from api.care import month_report
    from inventory.documents import write_monthly_report_pdf, write_monthly_report_xlsx

    year, month = (int(part) for part in asked.month.split("-"))
    job.tell(10, "job.evaluates")
    with transaction(job.engine) as connection:  # judged anew where that is due: the same however often
        paper = month_report(connection, county=asked.county, year=year, month=month, at=now())
    job.tell(60, "job.writes")
    with tempfile.TemporaryDirectory(prefix="wuding-report-") as folder:
        path = Path(folder) / f"wuding-{asked.county}-{asked.month}.{asked.format}"
        if asked.format == "pdf":
            write_monthly_report_pdf(path, paper, lang=asked.lang)
        else:
            write_monthly_report_xlsx(path, paper, lang=asked.lang)
        file = File(path.name, PDF if asked.format == "pdf" else XLSX, path.read_bytes())
    _hand_in(job, {"file": file.name, "bytes": len(file.content)}, file)


_TYPES = {"pdf": PDF, "xlsx": XLSX, "json": "application/json"}


def sums_up(job: Running, asked: AfterActionReport) -> None:
    """As far as whoever asked reads the situation. Raises UnknownSituation."""
    from api.after_action import report_of, write_report
    from api.routes.incidents import situation_of

    job.tell(10, "job.gathers")
    with reading(job.engine) as connection:
        scope = Scope("plans.read", job.reach is None, job.reach or ())
        situation_of(connection, scope, asked.situation, part=True)
        found = report_of(connection, asked.situation, reach=job.reach)
    job.tell(60, "job.writes")
    with tempfile.TemporaryDirectory(prefix="wuding-report-") as folder:
        path = Path(folder) / f"after-action.{asked.format}"
        write_report(path, found, format=asked.format, lang=asked.lang)
        file = File(path.name, _TYPES[asked.format], path.read_bytes())
    result = {"situation": asked.situation, "partial": found.partial, "file": file.name, "bytes": len(file.content)}
    _hand_in(job, result, file)


def builds(job: Running, asked: BuildScenario) -> None:
    """Raises UnknownScenario."""
    from api.demo import build_scenario

    job.tell(10, "job.builds")
    with tempfile.TemporaryDirectory(prefix="wuding-scenario-") as folder:
        out = Path(folder) / "world"
        build_scenario(asked.name, out=out, seed=asked.seed)
        job.tell(80, "job.writes")
        file = File(f"scenario-{asked.seed}.zip", ZIP, _packed(out))
    _hand_in(job, {"scenario": asked.name, "seed": asked.seed, "file": file.name, "bytes": len(file.content)}, file)


def loads(job: Running, asked: LoadScenario) -> None:
    """An invented county into an empty database, moved to today and judged. Raises UnknownScenario, NotEmpty."""
    from api.care import evaluate
    from api.situation import Posted, load_scenario
    from inventory.tables.forces import teams
    from inventory.tables.places import places, stores
    from scenarios.live import NotEmpty
    from scenarios.registry import find_scenario
    from scenarios.tables import situations

    find_scenario(asked.name)  # by its name alone, never a folder of this machine
    steps = {"phase.build": (10, "job.builds"), "phase.roads_out": (30, "job.writes"), "phase.post": (40, "job.loads")}

    @contextmanager
    def around(connection: Connection) -> Iterator[Posted]:
        def posted(tables: Any) -> None:
            night = evaluate(connection, at=now())
            added = {one.kind: one.added for one in tables}
            keep({"scenario": asked.name, "added": added, "findings": night.evaluated.findings})

        if any(connection.execute(select(one.c[0]).limit(1)).first() for one in (stores, places, teams, situations)):
            raise NotEmpty(stores="-")
        with job.effect(connection) as keep:
            yield posted

    load_scenario(
        asked.name, seed=asked.seed, today=True, actor=job.actor, engine=job.engine, around=around,
        tell=lambda phase: job.tell(*steps[phase]),
    )  # fmt: skip


def answers(job: Running, asked: AnswerStudy) -> None:
    """Raises UnknownStudy, also where it has been moved out of reach since, and what the study raises: BadTable,
    BadInput, NoRoads …"""
    from api.staffing.studies import UnknownStudy, find_study, keep_answer, question_of
    from api.staffing.work import answer

    with reading(job.engine) as connection:
        row = find_study(connection, asked.study)
    if not Scope("staffing.make", job.reach is None, job.reach or ()).covers(row.place_code):
        raise UnknownStudy(study=asked.study)
    steps = iter(range(5, 85, 5))

    def tell(key: str, **facts: Any) -> None:
        job.tell(next(steps, 85), "job.answers")

    with tempfile.TemporaryDirectory(prefix="wuding-study-") as folder:
        laid, out = Path(folder) / "in", Path(folder) / "out"
        laid.mkdir()
        out.mkdir()
        reply = answer(question_of(row.question), laid, engine=job.engine, tell=tell)
        job.tell(90, "job.writes")
        for name, write in reply.files.items():
            write(out / name, asked.lang)
        file = File(f"study-{asked.study}.zip", ZIP, _packed(out))
    with transaction(job.engine) as connection, job.effect(connection) as keep:
        keep_answer(connection, asked.study, reply.answer().model_dump(mode="json"), sha256=row.question_sha256,
                    made=row.recorded_at, actor=job.actor, at=now())  # fmt: skip
        keep({"study": asked.study, "file": file.name, "bytes": len(file.content)}, file)


def _packed(folder: Path) -> bytes:
    """The same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _hand_in(job: Running, result: dict[str, Any], file: File) -> None:
    with transaction(job.engine) as connection, job.effect(connection) as keep:
        keep(result, file)


KINDS: dict[str, JobKind] = {
    one.name: one
    for one in (
        JobKind("evaluate", Evaluate, lambda _: "care.manage", lambda asked: asked.place, evaluates),
        JobKind("import", ImportTable, lambda asked: NEEDED[asked.table][0],
                lambda asked: asked.county, imports, bound=False),  # row by row, when the file is read
        JobKind("monthly_report", MonthlyReport, lambda _: "care.manage", lambda asked: asked.county, reports),
        JobKind("after_action", AfterActionReport, lambda _: "plans.read", lambda _: None, sums_up, bound=False),
        JobKind("scenario", BuildScenario, lambda _: "scenarios.make", lambda _: None, builds, bound=False),
        # registers, stock and a situation at once: for whoever may do everything, everywhere
        JobKind("load", LoadScenario, lambda _: "users.manage", lambda _: None, loads),
        # asked for by its own route, which sees to it that the study is within reach
        JobKind("study", AnswerStudy, lambda _: "staffing.make", lambda _: None, answers, bound=False),
    )
}  # fmt: skip


_LEVELS = (12, 9, 6, 4, 2)  # digits of divisions: village, town, county, city, province


def home_of(scope: Scope) -> str | None:
    """The division whose people see a job that is about none: that of whoever asked; of several, the least that holds
    them all, since the result may tell of all."""
    if scope.everything or not scope.patterns:
        return None
    own = [one.removesuffix("%") for one in scope.patterns]
    for digits in _LEVELS:
        if len({one[:digits] for one in own}) == 1 and len(own[0]) >= digits:
            return own[0][:digits].ljust(12, "0")
    return None
