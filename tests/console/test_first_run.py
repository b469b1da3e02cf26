"""From an installation that nobody has used to a county one can work in, without a manual."""

import shutil

import pytest
from playwright.sync_api import expect

from api.access.scope import Grant
from api.access.users import add_user
from inventory.database import now, open_engine, transaction
from tests.api.http.conftest import PASSWORD
from tests.console.conftest import quick_hashes, sign_in
from tests.console.forks import Office
from tests.console.words import words


@pytest.fixture(scope="module")
def file(tmp_path_factory, sqlite_template):
    file = tmp_path_factory.mktemp("fresh") / "wuding.sqlite3"
    shutil.copyfile(sqlite_template, file)
    return file


@pytest.fixture(scope="module")
def fresh(file, forks):
    service = Office(file, forks)
    service.start()
    yield service.address
    service.stop()


def window(browser, address, lang):
    return browser.new_context(base_url=address, locale={"zh": "zh-CN", "en": "en-GB"}[lang], service_workers="block")


def test_who_opens_the_page_first_is_told_how_to_make_an_account_and_then_loads_a_county(browser, fresh, file):
    for lang in ("zh", "en"):
        context = window(browser, fresh, lang)
        page = context.new_page()
        page.goto("/console/")
        expect(page.get_by_text(words(lang)["first.no_accounts"])).to_be_visible()
        expect(page.locator("code")).to_contain_text("wuding user add")
        context.close()

    engine = open_engine(f"sqlite:///{file}")
    with quick_hashes(), transaction(engine) as connection:
        add_user(connection, code="root", password=PASSWORD, given=[Grant("administrator", None)], at=now(), by=None)
    engine.dispose()
    said = words("zh")
    context = window(browser, fresh, "zh")
    page = context.new_page()
    with page.expect_response("**/api/v1/sign-in"):
        page.goto("/console/")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text(said["first.no_accounts"])).to_have_count(0)
    sign_in(page, "root")
    page.get_by_role("button", name=said["first.try_button"]).click()
    expect(page.locator("progress")).to_be_visible()
    page.reload()
    expect(page.locator("progress")).to_be_visible()  # it goes on, and is found again
    expect(page.get_by_text(said["first.steps"], exact=False).first).to_be_visible(timeout=120_000)
    page.goto("/console/stock")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.goto("/console/stock/tasks")
    expect(page.locator("tbody tr").first).to_be_visible()
    context.close()
