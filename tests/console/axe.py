"""What axe has against a page."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],  # all else is not worked out whole
}


def violations(page: Page) -> list[str]:
    """The rule, and every element that breaks it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("(options) => axe.run(options)", OPTIONS)["violations"]
    return [f"{one['help']} ({one['id']}): " + "; ".join(str(node["html"]) for node in one["nodes"]) for one in found]


def accessible(page: Page) -> None:
    assert violations(page) == []
