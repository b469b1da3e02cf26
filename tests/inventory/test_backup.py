"""One file holds a whole database, and goes into an empty one of either kind, or nothing of it does."""

import hashlib
import json
import shutil
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import func, insert, select, text

from inventory.archive import BackupTooLarge, DamagedBackup, NotABackup
from inventory.backup import BackupDisagrees, DatabaseNotEmpty, FilesWithoutFolder, OtherVersion, backup, restore
from inventory.database import open_engine, reading, transaction
from inventory.ledger.count import Counted, enter_counts, open_count
from inventory.ledger.issue import issue, lend
from inventory.ledger.kits import save_kit, save_package
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive, receive_assets
from inventory.ledger.reserve import reserve
from inventory.ledger.rules import ensure_catalogue
from inventory.ledger.transfer import approve_transfer, request_transfer, ship_transfer
from inventory.ledger.verify import verify
from inventory.tables import metadata
from inventory.tables.care import maintenance
from inventory.tables.goods import items
from inventory.tables.places import custodianships, people, places, stores
from inventory.tables.stock import balances, movements, numbers, operations
from scenarios.tables import plans, situations

AT = datetime(2026, 6, 15, 8, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
BED, WATER, RADIO = "M003", "M013", "M030"
CODES = [("520600000000", "county"), ("520600100000", "town"), ("520600100201", "village")]


def some(**more):
    return Act(**{"actor": "keeper", "reason": "PURCHASE", "at": AT} | more)


@pytest.fixture
def new_database(request, tmp_path):
    """`new_database("postgresql")`: an engine on a migrated database with the built-in catalogue."""
    opened = []

    def make(kind):
        if kind == "postgresql":
            url = request.getfixturevalue("postgresql")()
        else:
            file = tmp_path / f"{len(opened)}.sqlite3"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
            url = f"sqlite:///{file}"
        opened.append(open_engine(url))
        return opened[-1]

    yield make
    for engine in opened:
        engine.dispose()


def fill(engine):
    """A little of everything, with what is hard to carry: fractions, offsets, Chinese, quotes, empty cells."""
    with transaction(engine) as connection:
        rows = [{"code": code, "name": level, "level": level, "lat": 27.1 + 0.2, "lon": 1e-7} for code, level in CODES]
        above = [None, *(code for code, _ in CODES)]
        connection.execute(
            insert(places), [row | {"parent_code": up} for row, up in zip(rows, above, strict=False)][::-1]
        )
        rows = [{"code": f"库{n}", "name": '一"库"\n', "tier": level, "place_code": code, "profiles": ["cold", "低"]}
                for n, (code, level) in enumerate(CODES)]  # fmt: skip
        connection.execute(insert(stores), rows)
        person = connection.execute(insert(people).returning(people.c.id), {"code": "P1", "roles": []}).scalar_one()
        store = connection.execute(select(func.min(stores.c.id))).scalar_one()
        term = {"store_id": store, "person_id": person, "role": "primary", "valid_from": date(2026, 1, 1)}
        connection.execute(insert(custodianships), term)
        lot = LotFacts(code="批次-1", made=date(2026, 1, 1), expires=date(2027, 1, 1), unit_price=Decimal("0.000001"))
        for bin_ in ("A-1", None):
            receive(connection, store="库0", item=WATER, quantity=Decimal("10.000001"), act=some(), lot=lot, bin=bin_)
        receive(connection, store="库0", item=BED, quantity=Decimal(10**9), act=some(key="k"), bin="A-1")
        receive_assets(connection, store="库0", item=RADIO, serials=["R1", "R2"], act=some(), bin="B-1")
        issue(connection, store="库0", item=BED, quantity=Decimal(3), act=some(reason="RESCUE", occurred_at=AT))
        lend(
            connection,
            store="库0",
            item=BED,
            quantity=Decimal(1),
            borrower="一村",
            due_back=date(2026, 7, 1),
            act=some(),
        )
        reserve(connection, store="库0", item=BED, quantity=Decimal(2), act=some(reason="PLAN"), reference="P",
                expires_at=AT)  # fmt: skip
        asked = [(BED, Decimal("4.5"))]
        number = request_transfer(connection, from_store="库0", to_store="库1", lines=asked, act=some())
        approve_transfer(connection, number=number, act=some())
        ship_transfer(connection, number=number, act=some())
        count = open_count(connection, store="库0", act=some(reason="COUNT"))
        sheet = [Counted(item=WATER, lot="批次-1", bin="A-1", quantity=Decimal(9), note="少一瓶")]
        enter_counts(connection, number=count, counted=sheet, act=some(reason="COUNT"))
        check = {"store_id": store, "kind": "STOCKTAKE", "done_on": date(2026, 6, 1), "result": "PASSED"}
        connection.execute(insert(maintenance), check | {"actor": "keeper", "recorded_at": AT})
        save_kit(connection, kit="防汛包", name="防汛包", content={BED: Decimal(1), WATER: Decimal("0.5")})
        save_package(connection, item=WATER, name="箱", units=Decimal(24))
        head = {
            "code": "live",
            "kind": "live",
            "title_zh": "实况",
            "title_en": "Live",
            "parameters": {"b": 1, "a": [0.1]},
        }
        connection.execute(insert(situations), head | {"as_of": None})
        plan = {"situation_code": "live", "sha256": "0" * 64, "problem_sha256": "1" * 64, "status": "draft"}
        plan["operation_id"] = connection.execute(select(func.min(operations.c.id))).scalar_one()
        connection.execute(insert(plans), plan | {"content": '{"甲": "\\n"}\n', "recorded_at": AT, "actor": "keeper"})


@pytest.fixture
def full(engine):
    """A database of each kind with a little of everything."""
    fill(engine)
    return engine


def saved(engine, path, **more):
    with reading(engine) as connection:
        return backup(connection, path, at=AT, **more)


def parts(path):
    """Name -> bytes of the tables in a backup."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.startswith("tables/")}


def manifest_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


def rows_in(engine):
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def rewritten(path, change):
    """The same backup with its parts changed: `change(parts, manifest)` alters both in place."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}
        manifest = json.loads(archive.read("manifest.json"))
    change(content, manifest)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
        if manifest is not None:
            archive.writestr("manifest.json", json.dumps(manifest))


def put(content, manifest, table, data):
    """Another content of a table, in good order."""
    content[f"tables/{table}.jsonl"] = data
    said = next(one for one in manifest["tables"] if one["name"] == table)
    said |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "rows": data.count(b"\n")}


class TestRoundTrip:
    @pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
    def test_every_table_is_the_same_byte_for_byte_also_on_the_other_database(self, full, new_database, tmp_path, kind):
        first = saved(full, tmp_path / "first.zip")
        other = new_database(kind)
        with transaction(other) as connection:
            assert restore(connection, tmp_path / "first.zip") == first
        saved(other, tmp_path / "second.zip")
        assert parts(tmp_path / "first.zip") == parts(tmp_path / "second.zip")
        back = new_database(full.dialect.name)
        with transaction(back) as connection:
            restore(connection, tmp_path / "second.zip")
        saved(back, tmp_path / "third.zip")
        assert parts(tmp_path / "first.zip") == parts(tmp_path / "third.zip")
        assert rows_in(back) == rows_in(full)

    def test_work_goes_on_in_the_restored_database_with_numbers_of_its_own(self, full, new_database, tmp_path):
        saved(full, tmp_path / "a.zip")
        other = new_database(full.dialect.name)
        with transaction(other) as connection:
            restore(connection, tmp_path / "a.zip")
        with transaction(other) as connection:
            last = connection.execute(select(func.max(movements.c.id))).scalar_one()
            issue(connection, store="库0", item=BED, quantity=Decimal(1), act=some(reason="RESCUE"))
            assert connection.execute(select(func.max(movements.c.id))).scalar_one() > last
            asked = [(BED, Decimal(1))]
            number = request_transfer(connection, from_store="库0", to_store="库2", lines=asked, act=some())
            assert number == "DB-2026-000002"
            assert not verify(connection).differences
        with pytest.raises(Exception, match="append-only"), transaction(other) as connection:
            connection.execute(movements.delete())

    def test_the_keys_of_requests_are_remembered(self, full, new_database, tmp_path):
        saved(full, tmp_path / "a.zip")
        other = new_database(full.dialect.name)
        with transaction(other) as connection:
            restore(connection, tmp_path / "a.zip")
            again = receive(connection, store="库0", item=BED, quantity=Decimal(10**9), act=some(key="k"), bin="A-1")
            assert again.replayed

    def test_an_empty_database_goes_round_too_and_its_catalogue_with_it(self, engine, new_database, tmp_path):
        with transaction(engine) as connection:
            connection.execute(items.delete().where(items.c.code != BED))
            connection.execute(items.update().values(name_zh="行军床"))
        saved(engine, tmp_path / "a.zip")
        other = new_database(engine.dialect.name)
        with transaction(other) as connection:
            restore(connection, tmp_path / "a.zip")
            ensure_catalogue(connection)
            assert connection.execute(select(items.c.code, items.c.name_zh)).all() == [(BED, "行军床")]

    def test_the_tables_of_every_layer_are_in_it_with_their_counts(self, full, tmp_path):
        said = saved(full, tmp_path / "a.zip")
        manifest = manifest_of(tmp_path / "a.zip")
        assert {one["name"]: one["rows"] for one in manifest["tables"]} == rows_in(full)
        assert said.tables == len(metadata.tables)
        assert said.rows == sum(rows_in(full).values())
        assert datetime.fromisoformat(manifest["taken_at"]) == AT

    def test_nothing_is_rounded_and_every_moment_has_its_offset(self, full, tmp_path):
        saved(full, tmp_path / "a.zip")
        content = parts(tmp_path / "a.zip")
        assert b'"10.000001"' in content["tables/balances.jsonl"]
        assert b'"999999991.5"' in content["tables/balances.jsonl"]
        assert b'"0.000001"' in content["tables/lots.jsonl"]
        assert b'"2026-06-15T00:00:00.123456+00:00"' in content["tables/operations.jsonl"]
        assert '"一\\"库\\"\\n"'.encode() in content["tables/stores.jsonl"]

    def test_a_table_that_no_layer_declared_is_not_left_out_unseen(self, engine, tmp_path):
        with transaction(engine) as connection:
            connection.execute(text("CREATE TABLE strange (id INTEGER)"))
        with pytest.raises(LookupError, match="strange"):
            saved(engine, tmp_path / "a.zip")
        assert not list(tmp_path.glob("*.zip*"))


class TestWriting:
    def test_an_older_backup_is_replaced_only_by_a_whole_one(self, full, tmp_path, monkeypatch):
        path = tmp_path / "a.zip"
        saved(full, path)
        before = path.read_bytes()

        def broken(*_):
            raise OSError("disk full")

        monkeypatch.setattr("inventory.backup.chunks_of", broken)
        (tmp_path / "files").mkdir()
        (tmp_path / "files" / "ab12").write_bytes(b"x")
        with pytest.raises(OSError, match="disk full"):
            saved(full, path, files=tmp_path / "files")
        assert path.read_bytes() == before
        assert not list(tmp_path.glob("*.part"))

    def test_it_is_of_one_moment(self, full, tmp_path):
        with reading(full) as connection:
            connection.execute(select(func.count()).select_from(numbers)).scalar_one()
            with transaction(full) as other:
                issue(other, store="库0", item=BED, quantity=Decimal(1), act=some(reason="RESCUE"))
            backup(connection, tmp_path / "a.zip", at=AT)
        assert manifest_of(tmp_path / "a.zip")["tables"] != []
        saved(full, tmp_path / "b.zip")
        before, after = parts(tmp_path / "a.zip"), parts(tmp_path / "b.zip")
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"tables/balances.jsonl", "tables/movements.jsonl", "tables/operations.jsonl"}


class TestFiles:
    @pytest.fixture
    def folder(self, tmp_path):
        folder = tmp_path / "files"
        for content in (b"photo", b"\0" * 3_000_000):
            digest = hashlib.sha256(content).hexdigest()
            (folder / digest[:2]).mkdir(parents=True, exist_ok=True)
            (folder / digest[:2] / digest).write_bytes(content)
        (folder / ".unfinished").write_bytes(b"half")
        return folder

    def test_they_go_along(self, full, folder, new_database, tmp_path):
        said = saved(full, tmp_path / "a.zip", files=folder)
        assert said.files == 2
        new = tmp_path / "new"
        with transaction(new_database(full.dialect.name)) as connection:
            assert restore(connection, tmp_path / "a.zip", files=new) == said
        found = {file.relative_to(new).as_posix(): file.read_bytes() for file in new.rglob("*") if file.is_file()}
        assert len(found) == 2
        assert all(hashlib.sha256(content).hexdigest() == name[3:] for name, content in found.items())

    def test_they_are_not_left_behind_for_want_of_a_folder(self, full, folder, new_database, tmp_path):
        saved(full, tmp_path / "a.zip", files=folder)
        other = new_database(full.dialect.name)
        with pytest.raises(FilesWithoutFolder), transaction(other) as connection:
            restore(connection, tmp_path / "a.zip")
        assert rows_in(other)["stores"] == 0

    def test_an_altered_one_is_refused_and_none_is_put_in_place(self, engine, folder, new_database, tmp_path):
        saved(engine, tmp_path / "a.zip", files=folder)

        def change(content, manifest):
            name = next(name for name in content if name.startswith("files/") and len(content[name]) == 5)
            content[name] = b"phot0"

        rewritten(tmp_path / "a.zip", change)
        new = tmp_path / "new"
        with pytest.raises(DamagedBackup), transaction(new_database(engine.dialect.name)) as connection:
            restore(connection, tmp_path / "a.zip", files=new)
        assert not [file for file in new.rglob("*") if file.is_file()]

    @pytest.mark.parametrize("name", ["../out", "/out", "a/../../out", "a\\..\\out", "C:out", ".hidden", "a//b", ""])
    def test_no_file_leaves_the_folder(self, engine, new_database, tmp_path, name):
        saved(engine, tmp_path / "a.zip")

        def change(content, manifest):
            content[f"files/{name}"] = b"x"
            manifest["files"] = [{"name": name, "bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()}]

        rewritten(tmp_path / "a.zip", change)
        with pytest.raises(DamagedBackup), transaction(new_database("sqlite")) as connection:
            restore(connection, tmp_path / "a.zip", files=tmp_path / "new" / "files")
        assert not (tmp_path / "new" / "out").exists()


class TestRefusals:
    @pytest.fixture
    def refused(self, engine, new_database, tmp_path):
        """`refused(DamagedBackup, change)`: the backup so changed is refused, and the database stays as it was,
        even where the caller goes on and commits."""
        fill(engine)
        path = tmp_path / "a.zip"
        saved(engine, path)
        other = new_database(engine.dialect.name)
        before = rows_in(other)

        def attempt(error, change=None, *, bytewise=None):
            if change is not None:
                rewritten(path, change)
            if bytewise is not None:
                path.write_bytes(bytewise(path.read_bytes()))
            with transaction(other) as connection:
                with pytest.raises(error) as refusal:
                    restore(connection, path)
                connection.execute(insert(numbers), {"series": "after", "last": 1})
            assert rows_in(other) == before | {"numbers": 1}
            return refusal.value.facts

        return attempt

    def test_a_file_of_another_kind(self, refused):
        refused(NotABackup, bytewise=lambda _: b"a picture of a cat")

    def test_a_zip_of_another_kind(self, refused):
        refused(NotABackup, lambda content, manifest: manifest.update(kind="holiday"))

    def test_a_file_that_is_not_there(self, engine, tmp_path):
        with pytest.raises(NotABackup), transaction(engine) as connection:
            restore(connection, tmp_path / "none.zip")

    @pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
    def test_a_file_that_is_cut_short(self, refused, share):
        refused(DamagedBackup, bytewise=lambda data: data[: int(len(data) * share)])

    def test_a_flipped_bit(self, refused):
        refused(DamagedBackup, bytewise=lambda data: data[:2000] + bytes([data[2000] ^ 1]) + data[2001:])

    def test_a_table_that_was_altered(self, refused):
        def change(content, _):
            name = "tables/balances.jsonl"
            content[name] = content[name].replace(b'"10.000001"', b'"90.000001"')

        assert refused(DamagedBackup, change)["part"] == "tables/balances.jsonl"

    def test_a_table_that_is_missing(self, refused):
        refused(DamagedBackup, lambda content, _: content.pop("tables/movements.jsonl"))

    def test_a_table_the_manifest_does_not_know(self, refused):
        refused(DamagedBackup, lambda content, _: content.update({"tables/extra.jsonl": b""}))

    def test_a_row_less_than_the_manifest_says(self, refused):
        def change(content, manifest):
            next(one for one in manifest["tables"] if one["name"] == "people")["rows"] = 2

        refused(DamagedBackup, change)

    @pytest.mark.parametrize("line", [b"[1,2]\n", b"{}\n", b"[\n", b"\xff\n", b"[" * 100_000 + b"\n", b"[1]"])
    def test_rows_that_are_no_rows(self, refused, line):
        refused(DamagedBackup, lambda content, manifest: put(content, manifest, "people", line))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b'"10.000001"', b'"10.0000001"'),
            (b'"10.000001"', b'"-1"'),
            (b'"10.000001"', b'"NaN"'),
            (b'"10.000001"', b"null"),
            (b'"serviceable"', b'"brand-new"'),
        ],
    )
    def test_rows_the_database_would_not_have(self, refused, old, new):
        def change(content, manifest):
            put(content, manifest, "balances", content["tables/balances.jsonl"].replace(old, new))

        assert refused(DamagedBackup, change)["part"] == "tables/balances.jsonl"

    def test_a_place_below_a_place_that_is_not_there(self, refused):
        def change(content, manifest):
            lines = content["tables/places.jsonl"].splitlines(keepends=True)
            put(content, manifest, "places", lines[0] + lines[2])

        refused(DamagedBackup, change)

    def test_stock_that_is_not_what_its_ledger_says(self, refused):
        def change(content, manifest):
            data = content["tables/balances.jsonl"].replace(b'"10.000001"', b'"90.000001"')
            put(content, manifest, "balances", data)

        facts = refused(BackupDisagrees, change)
        assert (facts["item"], facts["book"], facts["replayed"]) == (WATER, "90.000001", "10.000001")

    def test_another_version_of_the_tables(self, refused):
        facts = refused(OtherVersion, lambda content, manifest: manifest.update(migration="0001"))
        assert facts["version"] == "0001"

    def test_a_manifest_that_makes_no_sense(self, refused):
        refused(DamagedBackup, lambda content, manifest: manifest.update(tables=[{"name": 1}]))

    def test_one_that_unpacks_to_far_more_than_it_is(self, refused):
        def change(content, manifest):
            put(content, manifest, "people", b" " * 40_000_000 + b"\n")

        assert refused(BackupTooLarge, change)["bytes"] > 40_000_000

    def test_a_database_that_holds_something_already(self, full, tmp_path):
        saved(full, tmp_path / "a.zip")
        before = rows_in(full)
        with pytest.raises(DatabaseNotEmpty), transaction(full) as connection:
            restore(connection, tmp_path / "a.zip")
        assert rows_in(full) == before

    def test_even_by_one_row(self, engine, new_database, tmp_path):
        saved(engine, tmp_path / "a.zip")
        other = new_database(engine.dialect.name)
        with transaction(other) as connection:
            connection.execute(insert(numbers), {"series": "DB-2026", "last": 1})
        with pytest.raises(DatabaseNotEmpty) as refusal, transaction(other) as connection:
            restore(connection, tmp_path / "a.zip")
        assert refusal.value.facts == {"table": "numbers", "rows": 1}


def test_a_backup_taken_in_utc_says_so(engine, tmp_path):
    with reading(engine) as connection:
        backup(connection, tmp_path / "deep" / "a.zip", at=datetime(2026, 1, 1, tzinfo=UTC))
    assert manifest_of(tmp_path / "deep" / "a.zip")["taken_at"] == "2026-01-01T00:00:00+00:00"


def test_balances_that_stand_nowhere_are_there_too(full, tmp_path, new_database):
    """Lines without units, issued and in transit: the history of the restored ledger leads to each of them."""
    saved(full, tmp_path / "a.zip")
    other = new_database("sqlite")
    with transaction(other) as connection:
        restore(connection, tmp_path / "a.zip")
        states = set(connection.execute(select(balances.c.state)).scalars())
    assert {"serviceable", "issued", "in_transit"} <= states
