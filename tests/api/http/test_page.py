"""The OpenAPI page is whole: every answer has its fields, every operation a name of its own and words in both
languages. That answers are what it says is checked wherever tests `send`."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.http.conftest import Sender
from tests.api.http.page_says import Page

HAN, LATIN = re.compile(r"[一-鿿]"), re.compile(r"[A-Za-z]{2}")


@pytest.fixture
def operations(page: Page) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in page.content["paths"].items()
        for method, operation in methods.items()
    }


def refs(page: Page, schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema itself, behind references, choices and lists."""
    if "$ref" in schema:
        return refs(page, page.content["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return [one for part in schema["anyOf"] for one in refs(page, part)]
    return refs(page, schema["items"]) if "items" in schema else [schema]


def test_every_json_answer_has_named_fields(page: Page, operations: dict[str, Any]):
    bare = [
        name
        for name, operation in operations.items()
        for status, answer in operation["responses"].items()
        if status.startswith("2") and "application/json" in answer.get("content", {})
        for schema in refs(page, answer["content"]["application/json"].get("schema", {}))
        if not schema.get("properties")
    ]
    assert bare == []


def test_every_answer_with_content_names_its_media_type(operations: dict[str, Any]):
    silent = [
        name
        for name, operation in operations.items()
        for status, answer in operation["responses"].items()
        if status.startswith("2") and status != "204" and not answer.get("content")
    ]
    assert silent == []


def test_files_do_not_pass_for_json(operations: dict[str, Any]):
    prefix = "GET /api/v1/"
    for path, kinds in {
        "exports/stock": {"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
        "situations/{situation}/alerts/{number}/content": {"application/cap+xml"},
    }.items():
        assert set(operations[prefix + path]["responses"]["200"]["content"]) == kinds
    assert "application/json" not in operations[prefix + "files/{number}/content"]["responses"]["200"]["content"]


def test_every_operation_has_a_name_of_its_own(operations: dict[str, Any]):
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or "api_v1" in name] == []
    assert operations["POST /api/v1/stock/receive"]["operationId"] == "post_stock_receive"
    assert operations["GET /api/v1/transfers/{number}"]["operationId"] == "get_transfers_number"


def test_every_operation_is_told_of_in_both_languages(operations: dict[str, Any]):
    def both(words: str) -> bool:
        return bool(HAN.search(words) and LATIN.search(words))

    assert [name for name, one in operations.items() if not both(one.get("summary", ""))] == []
    assert [name for name, one in operations.items() if one.get("description") and not both(one["description"])] == []


def test_models_have_plain_names(page: Page):
    """Two models of one name would stand there as of their modules, or as Input and Output."""
    assert [name for name in page.content["components"]["schemas"] if not name.isalnum()] == []


def test_an_answer_with_a_field_that_the_page_does_not_know_is_found_out(client: TestClient, send: Sender, page: Page):
    answer = send("keeper", "GET", "/me")
    answer._content = answer.content[:-1] + b',"shoe_size":43}'
    with pytest.raises(AssertionError, match="shoe_size"):
        page.check(answer)
    answer._content = answer.content.replace(b'"must_change":false', b'"must_change":null')
    with pytest.raises(AssertionError, match="must_change"):
        page.check(answer)
