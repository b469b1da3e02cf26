"""What the service is told by its environment (WUDING_…). Wrong values stop it before it answers anybody."""

import os
import secrets
from datetime import timedelta
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api import settings as office

LEAST_SECRET = 32
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ELSEWHERE = (
    "autonavi.com",
    "amap.com",
    "gtimg.com",
    "map.qq.com",
    "baidu.com",
    "bdimg.com",
    "google.cn",
    "googleapis.cn",
)
"""Servers of maps in GCJ-02 or BD-09, some hundreds of metres from where things are."""
PLACES_OF_A_TILE = ("{z}", "{x}", "{y}")
CONSOLE = r"^/(?:[\w.~-]+/?)*$"  # a path of our own: never `//elsewhere`
KEY_FILE = "secret.key"


def protected(address: str) -> bool:
    """Whether nobody on the way can read along: https, or this very machine; and nothing in it but a place."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.query or parts.fragment or not address.isascii():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)


def origin_of(template: str) -> str:
    """Raises ValueError for what is no address of tiles that may be shown with data in WGS-84."""
    filled = template
    for name, value in (("{z}", "1"), ("{x}", "1"), ("{y}", "1"), ("{key}", "k")):
        filled = filled.replace(name, value)
    parts = urlsplit(filled)
    host = parts.hostname or ""
    if not protected(f"{parts.scheme}://{parts.netloc}/") or any(one in filled for one in "{};,'\"<>"):
        raise ValueError("WUDING_TILES_URL: https://host/… is needed / 要写 https://主机/…")
    if not all(name in template.split("/", 3)[-1] for name in PLACES_OF_A_TILE) or "{" in template.split("/", 3)[2]:
        raise ValueError("WUDING_TILES_URL: {z}, {x} and {y} go behind the host / 主机之后要有 {z}、{x}、{y}")
    if any(host == one or host.endswith(f".{one}") for one in ELSEWHERE):
        raise ValueError(
            f"WUDING_TILES_URL: {host} gives maps in GCJ-02 or BD-09, hundreds of metres off our data (WGS-84) / "
            "该地图为 GCJ-02 或 BD-09 坐标，与本系统数据（WGS-84）相差数百米"
        )
    return f"{parts.scheme}://{parts.netloc}"


class ServiceSettings(BaseSettings):
    """Each field is the environment variable WUDING_ and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="WUDING_", frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    environment: Literal["production", "development"] = "production"
    secret: SecretStr | None = None  # signs access tokens; all processes of a service need the same
    access_minutes: int = Field(default=15, ge=1, le=60)
    refresh_days: int = Field(default=14, ge=1, le=90)
    body_mib: int = Field(default=8, ge=1, le=1024)  # of a JSON request
    upload_mib: int = Field(default=64, ge=1, le=4096)  # of an attached or imported file
    solve_processes: int = Field(default=1, ge=1, le=64)
    solve_limit_s: int = Field(default=120, ge=1, le=3600)  # then a solve is ended, whatever it does
    sign_ins_per_minute: int = Field(default=30, ge=1)  # from one address
    requests_per_minute: int = Field(default=6000, ge=10)  # of one account
    trusted_proxies: str = "127.0.0.1"  # whose X-Forwarded-For is believed
    docs: bool = True  # the OpenAPI page
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_json: bool = True
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1")  # networks that may read /metrics directly
    executor: str | None = Field(default=None, pattern=r"^[\w.-]{1,100}$")  # this worker's name, kept over restarts
    worker_lease_s: float = Field(default=15.0, ge=1, le=600)  # a worker not heard of for so long is dead
    session_days: int = Field(default=30, ge=1, le=366)  # then one signs in anew, however often it was refreshed
    public_url: str | None = Field(default=None, max_length=255)  # where browsers find the service: https://host
    oidc_issuer: str | None = Field(default=None, max_length=120)  # letter by letter as its discovery document has it
    oidc_client: str | None = Field(default=None, max_length=255)
    oidc_secret: SecretStr | None = None
    oidc_console: str = Field(default="/", max_length=255, pattern=CONSOLE)  # the page that exchanges the code

    tiles_url: str | None = Field(default=None, max_length=2000)  # templates of map tiles, bottom first, with blanks
    tiles_key: SecretStr | None = None  # stands in for {key}
    tiles_attribution: str | None = Field(default=None, max_length=200)  # whose they are, shown on the map

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < LEAST_SECRET:
            raise ValueError(f"WUDING_SECRET: at least {LEAST_SECRET} characters, 至少 {LEAST_SECRET} 个字符")
        return value

    @field_validator("metrics_from")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ip_network(one)
        return value

    @field_validator("public_url", "oidc_issuer")
    @classmethod
    def _protected(cls, value: str | None) -> str | None:
        if value is not None and not protected(value):
            raise ValueError(f"{value}: https:// is needed, but for this machine itself / 除本机外必须使用 https://")
        return value

    @model_validator(mode="after")
    def _tiles(self) -> "ServiceSettings":
        self.tile_origins  # noqa: B018 - raises
        if self.tiles_url and "{key}" in self.tiles_url and self.tiles_key is None:
            raise ValueError("WUDING_TILES_KEY is needed for {key} / 地址中有 {key}，要设置 WUDING_TILES_KEY")
        return self

    @model_validator(mode="after")
    def _whole(self) -> "ServiceSettings":
        together = (self.oidc_issuer, self.oidc_client, self.oidc_secret)
        if any(together) and not (all(together) and self.public_url):
            raise ValueError(
                "WUDING_OIDC_ISSUER, WUDING_OIDC_CLIENT, WUDING_OIDC_SECRET and WUDING_PUBLIC_URL go together / "
                "四项要一起设置"
            )
        if self.environment == "production" and self.secret is None and not office.database_url().startswith("sqlite"):
            raise ValueError(
                "WUDING_SECRET is needed with PostgreSQL: every process of the service signs with it / "
                "使用 PostgreSQL 时必须设置 WUDING_SECRET，各进程共用"
            )
        return self

    @cached_property
    def key(self) -> str:
        """The signing key: the one given, else one of this office's own, made at first use."""
        return self.secret.get_secret_value() if self.secret is not None else _own_key(office.home() / KEY_FILE)

    @property
    def tile_origins(self) -> tuple[str, ...]:
        """What a page may fetch map tiles from."""
        return tuple(dict.fromkeys(origin_of(one) for one in (self.tiles_url or "").split()))

    @property
    def tiles(self) -> list[str]:
        """Templates with the key in them."""
        key = quote(self.tiles_key.get_secret_value(), safe="") if self.tiles_key is not None else ""
        return [one.replace("{key}", key) for one in (self.tiles_url or "").split()]

    @property
    def access_lasts(self) -> timedelta:
        return timedelta(minutes=self.access_minutes)

    @property
    def refresh_lasts(self) -> timedelta:
        return timedelta(days=self.refresh_days)

    @property
    def session_lasts(self) -> timedelta:
        return timedelta(days=self.session_days)


def _own_key(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text("ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(secrets.token_urlsafe(48))
    return file.read_text("ascii").strip()
