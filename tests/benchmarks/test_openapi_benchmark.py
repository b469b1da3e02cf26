"""The whole OpenAPI page under schemathesis: every check, every phase, stateful links, as a machine that may do all."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.test_service_benchmark import county, service  # noqa: F401  (a fixture)

pytestmark = pytest.mark.benchmark
EXAMPLES = 10  # of each operation, beside the covering ones
# by the page right, by the facts wrong: no such store, an edit of what has changed, a solver that is busy
FACTS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 403, 404, 409, 412, 415, 422, 428, 429, 503]
"""


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def test_the_service_does_what_its_page_says(county: dict[str, Any], tmp_path: Path):  # noqa: F811
    (tmp_path / "schemathesis.toml").write_text(FACTS)
    token = county["headers"]["Authorization"]
    with service(county["url"], county["home"], WUDING_SOLVE_LIMIT_S="5") as port:
        done = subprocess.run(
            [Path(sys.executable).with_name("schemathesis"), "run", f"http://127.0.0.1:{port}/openapi.json",
             "--header", f"Authorization: {token}", "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful",
             "--max-examples", str(EXAMPLES), "--seed", "1", "--max-failures", "1000", "--no-color",
             "--request-timeout", "60"],
            cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    print(done.stdout[done.stdout.find("SUMMARY") :])
    assert done.returncode == 0, done.stdout[:20_000]
