"""The shape of the house: what may stand at the top, how long a file may be, how large."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("optimizer", "inventory", "scenarios", "api")
TOP = {
    *PACKAGES, "tests", "docs", "pyproject.toml", "README.md", "README.zh-CN.md", "Makefile", "CHANGELOG.md", "LICENSE",
    "constraints.txt", "Dockerfile", "compose.yaml",
}  # fmt: skip
MADE_HERE = {"wuding-demo", "wuding-simulation", "build", "dist"}  # what commands leave behind; git ignores it


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def test_nothing_else_stands_at_the_top() -> None:
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - MADE_HERE - {name for name in found if name.endswith(".egg-info")} <= TOP


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is_for_and_stays_short(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        text = path.read_text("utf-8")
        assert text.startswith('"""'), path
        assert text.count("\n") <= 400, path


def test_no_file_is_larger_than_a_mebibyte() -> None:
    for folder in (*PACKAGES, "docs", "tests"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and not {"__pycache__", "node_modules"} & set(path.parts):
                assert path.stat().st_size <= 1 << 20, path


def test_the_folders_of_tests_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_the_documents_link_to_files_that_exist() -> None:
    import re

    for page in (ROOT / "README.md", ROOT / "README.zh-CN.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), (page.name, target)
