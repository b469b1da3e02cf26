"""Signing in with the office's own identity provider, there and back in a browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.api.http.identity import CLIENT, CLIENT_SECRET, on_loopback
from tests.console.conftest import sign_in
from tests.console.forks import Office
from tests.console.words import words


@pytest.fixture(scope="module")
def county():
    with on_loopback() as provider:
        yield provider


@pytest.fixture(scope="module")
def office(office_file, forks, county):
    service = Office(office_file, forks, WUDING_OIDC_ISSUER=county.issuer, WUDING_OIDC_CLIENT=CLIENT,
                     WUDING_OIDC_SECRET=CLIENT_SECRET)  # fmt: skip
    service.settings["WUDING_PUBLIC_URL"] = service.address
    service.start()
    yield service.address
    service.stop()


@pytest.fixture
def lang():
    return "zh"


def test_whoever_is_linked_comes_back_signed_in_to_where_they_were_going(page, browser, office, county, lang):
    said = words(lang)
    page.goto("/console/stock/tasks")
    page.get_by_role("link", name=said["sign_in_oidc"]).click()
    refused = page.get_by_role("alert")
    expect(refused).to_contain_text("li-77")  # known over there, and to whom to say so
    expect(page).to_have_url(re.compile(r"/console/sign-in[^#]*$"))  # the code is not left in the address

    other = browser.new_context(base_url=office, locale="zh-CN", service_workers="block")
    root = other.new_page()
    sign_in(root, "root")
    root.goto("/console/users")
    root.get_by_role("button", name=f"{said['users.edit']} keeper").click()
    root.get_by_label(said["users.subject"]).fill("li-77")
    root.get_by_role("button", name=said["users.save"]).click()
    expect(root.get_by_text(said["users.saved"].format(name="keeper"))).to_be_visible()
    root.get_by_role("button", name=f"{said['users.edit']} keeper").click()
    expect(root.get_by_label(said["users.subject"])).to_have_value("li-77")
    other.close()

    page.goto("/console/stock/tasks")
    page.get_by_role("link", name=said["sign_in_oidc"]).click()
    expect(page).to_have_url(f"{office}/console/stock/tasks")
    expect(page.locator("header .who")).to_contain_text("keeper")
    page.reload()
    expect(page.locator("header .who")).to_contain_text("keeper")


def test_a_refusal_or_a_provider_that_is_down_is_told_on_the_page(page, county, lang):
    said = words(lang)
    page.goto("/console/")
    county.denies = True
    page.get_by_role("link", name=said["sign_in_oidc"]).click()
    expect(page.get_by_role("alert")).to_contain_text(said["sign_in_oidc_refused"])
    county.denies, county.up = False, False
    page.get_by_role("link", name=said["sign_in_oidc"]).click()
    expect(page.get_by_role("alert")).to_contain_text(said["sign_in_oidc_down"])
    county.up = True
