"""The container and unit files name only settings and commands that exist; the operations page lists every setting."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.http.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
OFFICE = {"WUDING_HOME", "WUDING_DATABASE_URL", "WUDING_ACTOR", "WUDING_LANG", "WUDING_CACHE_DIR"}
SETTINGS = {f"WUDING_{name.upper()}" for name in ServiceSettings.model_fields} | OFFICE
UNITS = sorted((DEPLOY).glob("wuding-*"))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return read


def environments(compose: dict[str, Any]) -> Iterator[dict[str, str]]:
    for service in compose["services"].values():
        yield service.get("environment", {})


def test_compose_has_two_replicas_two_workers_a_database_and_a_proxy(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) >= {"db", "api-1", "api-2", "worker-1", "worker-2", "proxy"}
    assert [name for name, one in compose["services"].items() if "ports" in one] == ["proxy"]


def test_compose_names_only_settings_that_exist_and_values_that_hold(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for environment in environments(compose):
        ours = {name: value for name, value in environment.items() if name.startswith("WUDING_")}
        assert set(ours) <= SETTINGS
        with monkeypatch.context() as patch:
            for name, value in ours.items():
                patch.setenv(name, re.sub(r"\$\{[^}]*\}", "x" * 40, value))
            ServiceSettings()


def test_secrets_are_never_written_into_the_files(compose: dict[str, Any]) -> None:
    for environment in environments(compose):
        for name, value in environment.items():
            if "SECRET" in name or "PASSWORD" in name:
                assert value.startswith("${")
                assert ":?" in value  # and none is made up where it is missing


def test_workers_have_names_of_their_own(compose: dict[str, Any]) -> None:
    names = [one["WUDING_EXECUTOR"] for one in environments(compose) if "WUDING_EXECUTOR" in one]
    assert len(names) == len(set(names)) == 2


def test_the_proxy_is_the_one_whose_word_is_believed(compose: dict[str, Any]) -> None:
    proxy = compose["services"]["proxy"]["networks"]["inside"]["ipv4_address"]
    assert compose["services"]["api-1"]["environment"]["WUDING_TRUSTED_PROXIES"] == proxy


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_units_name_only_settings_that_exist(unit: Path) -> None:
    assert set(re.findall(r"WUDING_[A-Z_]+", unit.read_text("utf-8"))) <= SETTINGS


def test_the_page_of_operations_lists_every_setting() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(WUDING_[A-Z_]+)`", page, re.MULTILINE))
    assert listed == SETTINGS
