"""Five hundred entries made without a network in a real browser, sent while the service is killed again and again:
what is on the books is what is on the shelves."""

from pathlib import Path
from typing import Any

import pytest

from tests.console.conftest import browser, driver  # noqa: F401
from tests.console.replays import replay

pytestmark = pytest.mark.benchmark
MANY, JOBS, KILLS = 500, 80, 5


def test_five_hundred_entries_with_the_service_killed_halfway(
    browser: Any,  # noqa: F811
    tmp_path: Path,
    sqlite_template: Path,
) -> None:
    done = replay(browser, tmp_path, sqlite_template, seed=7, many=MANY, jobs=JOBS, kills=KILLS)
    print(
        f"\n{MANY} entries kept in {done.made_s:.1f} s without a network; sent in {done.took_s:.1f} s, "
        f"{done.down_s:.1f} s of them without the service, which was killed {done.kills} times: each once, in order, "
        "balances exact"
    )
