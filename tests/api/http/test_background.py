"""Map tiles from elsewhere: only where they are set, only from there, and the key only for who is signed in."""

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from api.http.settings import ServiceSettings
from api.main import create_app

NATIONAL = (
    "https://t0.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
)
NAMES = NATIONAL.replace("vec", "cva")
OTHER = "https://tiles.example.org/{z}/{x}/{y}.png"


def settings(url: str | None = None, **more: str) -> ServiceSettings:
    return ServiceSettings(secret="s" * 40, tiles_url=url, **more)


def policy(given: ServiceSettings) -> dict[str, list[str]]:
    header = TestClient(create_app(given)).get("/console/").headers["content-security-policy"]
    return {part.split()[0]: part.split()[1:] for part in header.split(";")}


def test_without_a_setting_nothing_comes_from_elsewhere():
    assert settings().tiles == []
    assert "http" not in str(policy(settings()))


def test_the_servers_that_are_set_and_no_others_may_be_asked():
    said, plain = policy(settings(f"{NATIONAL} {NAMES} {OTHER}", tiles_key="k")), policy(settings())
    added = ["https://t0.tianditu.gov.cn", "https://tiles.example.org"]
    for part in ("img-src", "connect-src"):
        assert said.pop(part) == [*plain.pop(part), *added]
    assert said == plain


def test_the_key_stands_in_its_place_and_in_no_header():
    given = settings(NATIONAL, tiles_key="a b&c")
    assert given.tiles == [NATIONAL.replace("{key}", "a%20b%26c")]
    assert "a%20b" not in str(policy(given))
    assert "a b&c" not in repr(given)


@pytest.mark.parametrize(
    "url",
    [
        "http://tiles.example.org/{z}/{x}/{y}.png",  # readable on the way
        "https://tiles.example.org/{z}/{x}.png",
        "https://{z}.example.org/{x}/{y}/{z}.png",  # a policy names hosts
        "https://tiles.example.org/{z}/{x}/{y}.png;script-src",
        "https://tiles.example.org/{z}/{x}/{y}/{s}.png",
        "https://a:b@tiles.example.org/{z}/{x}/{y}.png",
        "//tiles.example.org/{z}/{x}/{y}.png",
        "tiles/{z}/{x}/{y}",
        "https://wprd01.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}",  # not where our data are
        "https://webrd01.is.AutoNavi.com/appmaptile?x={x}&y={y}&z={z}",
        "https://mt1.google.cn/vt?x={x}&y={y}&z={z}",
        f"{OTHER} https://rt0.map.gtimg.com/tile?z={{z}}&x={{x}}&y={{y}}",
    ],
)
def test_what_would_not_do_stops_the_service(url):
    with pytest.raises(ValidationError, match="WUDING_TILES_URL"):
        settings(url, tiles_key="k")


def test_a_place_for_a_key_needs_one():
    with pytest.raises(ValidationError, match="WUDING_TILES_KEY"):
        settings(NATIONAL)
    assert settings("http://127.0.0.1:9/{z}/{x}/{y}").tile_origins == ("http://127.0.0.1:9",)


def test_who_is_signed_in_is_told(app, client, send, monkeypatch):
    assert client.get("/api/v1/map-background").status_code == 401
    assert send("auditor", "GET", "/map-background").json() == {"tiles": [], "attribution": None}
    given = settings(NATIONAL, tiles_key="k", tiles_attribution="©")
    monkeypatch.setitem(app.state._state, "settings", given)
    told = send("auditor", "GET", "/map-background").json()
    assert told == {"tiles": [NATIONAL.replace("{key}", "k")], "attribution": "©"}
