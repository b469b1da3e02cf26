"""Fixtures shared by all tests."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


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
