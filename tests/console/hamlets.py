"""The hamlet of the tests as the live situation, and where its places stand on the map."""

import math
from pathlib import Path

from playwright.sync_api import Page

from api.access.scope import Grant
from api.access.users import add_user
from inventory.database import now, open_engine, transaction
from inventory.five_fixed import shanghai_day
from inventory.ledger.post import Act
from optimizer.network.tables import write_tables
from scenarios.live import load_world
from scenarios.shift import moved_to
from tests.api.conftest import hamlet
from tests.api.http.conftest import PASSWORD

SOUTH, MIDDLE, NORTH = 27.0, 27.01, 27.02  # team T2 and store S1; team T1 and I2; I1 and store S2
MOST_ZOOM = 13  # to which a map goes by itself
FREE = {"top": 60, "left": 40, "right": 50}  # of the map's edges


def settle(file: Path) -> None:
    """The hamlet in a database, its roads beside it, and somebody of each role that looks at maps."""
    world = moved_to(hamlet(), shanghai_day(now()))
    (file.parent / "roads").mkdir()
    write_tables(world.network, file.parent / "roads" / "live")
    engine = open_engine(f"sqlite:///{file}")
    with transaction(engine) as connection:
        load_world(connection, world, act=Act(actor="opening", reason="OPENING", at=now()), roads="roads/live")
        for role in ("dispatcher", "auditor"):
            add_user(connection, code=role, password=PASSWORD, given=[Grant(role, None)], at=now(), by=None)
    engine.dispose()


def shown(page: Page) -> Page:
    page.goto("/console/dispatch")
    page.wait_for_selector(".chart[data-drawn]")
    return page


def at(page: Page, lat: float, right: float = 0) -> tuple[float, float]:
    """Where on the page a place of the hamlet stands, before anybody has moved the map."""
    box = page.locator(".chart").bounding_box()
    assert box is not None

    def down(lat: float) -> float:
        return (0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)) * 512 * 2**MOST_ZOOM

    bottom = min(100, box["height"] / 6)
    x = box["x"] + FREE["left"] + (box["width"] - FREE["left"] - FREE["right"]) / 2
    y = box["y"] + FREE["top"] + (box["height"] - FREE["top"] - bottom) / 2
    return x + right, y + down(lat) - (down(SOUTH) + down(NORTH)) / 2
