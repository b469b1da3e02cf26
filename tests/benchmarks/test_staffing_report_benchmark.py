"""A report on paper of 101 stations, and of a nation."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from optimizer.staffing.towns import Towns
from scenarios.staffing.generate import example
from scenarios.staffing.report import share_pdf, sizing_pdf
from scenarios.staffing.share import AskedShare, share_towns
from scenarios.staffing.sizing import Asked, size_towns_of

pytestmark = pytest.mark.benchmark
COLD = """
import time
from scenarios.staffing.generate import example
from scenarios.staffing.report import sizing_pdf
from scenarios.staffing.sizing import Asked, size_towns_of
sized = size_towns_of(example("city"), Asked(year=2026))
begun = time.process_time()
sizing_pdf(sized, "zh")
print(time.process_time() - begun)
"""


def test_a_report_of_101_stations_takes_less_than_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", COLD], check=True, capture_output=True, cwd=root)
    cold = float(run.stdout)
    city = example("city")
    lines = [f"the first report of a process, with its fonts: {cold:.2f} s"]
    sized = size_towns_of(city, Asked(year=2026))
    nation = _many(city, 41_000)
    whole = size_towns_of(nation, Asked(year=2026, draws=100))
    shared = share_towns(city, AskedShare(posts=130, year=2026))
    begun = time.process_time()
    spread_out = share_towns(nation, AskedShare(posts=20_000, year=2026))
    lines.append(
        f"20,000 posts shared out over 41,000 towns, with every reason: {(took := time.process_time() - begun):.1f} s"
    )
    for name, write in (
        ("101 stations, sized", lambda: sizing_pdf(sized, "zh")),
        ("41,000 towns, sized", lambda: sizing_pdf(whole, "zh")),
        ("101 stations, 130 posts shared", lambda: share_pdf(shared, "zh")),
        ("41,000 towns, 20,000 posts shared", lambda: share_pdf(spread_out, "zh")),
    ):
        begun = time.process_time()
        data = write()
        lines.append(f"{name}: {time.process_time() - begun:.2f} s, {len(data) / 1000:.0f} kB")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert cold < 10
    assert took < 20


def _many(city: Towns, count: int) -> Towns:
    """The city again and again, each town with a code of its own."""
    columns: dict[str, object] = {}
    for name, values in vars(city).items():
        if isinstance(values, tuple):
            columns[name] = tuple(values[at % len(city)] for at in range(count))
        else:
            columns[name] = values[[at % len(city) for at in range(count)]]
    return Towns.of_columns({**columns, "code": tuple(f"{at:06d}" for at in range(count))})
