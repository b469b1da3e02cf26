"""Signing in and out, and one's own account."""

import logging
from datetime import datetime
from typing import Any

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import select

from api.access.sign_in import Refused, SignedIn, end_session, refresh, shown_grants, sign_in
from api.access.tables import users
from api.access.tokens import Pass, access_token, read_access_token
from api.access.users import change_password
from api.http.caller import AnyCaller, public
from api.http.reads import PROBLEMS
from api.http.schemas import PLAIN, Body
from api.http.settings import ServiceSettings
from api.http.work import Writing
from inventory.database import now, reading, transaction

log = structlog.get_logger("wuding.access")
router = APIRouter(tags=["sign-in"], responses=PROBLEMS)


class SignIn(Body):
    name: str = Field(min_length=1, max_length=64, pattern=PLAIN, examples=["li"])
    password: str = Field(min_length=1, max_length=128, examples=["correct horse battery"])


class Refresh(Body):
    refresh_token: str = Field(min_length=1, max_length=128)


class Tokens(BaseModel):
    access_token: str = Field(description="放入 Authorization 头 / goes into the header Authorization")
    token_type: str = Field("Bearer", description="Bearer")
    expires_in: int = Field(description="秒 / seconds")
    refresh_token: str = Field(description="只能用一次 / can be used once")
    refresh_expires_at: datetime = Field(description="refresh_token 失效时间 / refresh_token is good until")
    must_change: bool = Field(description="须先改密码 / the password has to be changed first")


class Grant(BaseModel):
    role: str = Field(description="角色代码，见 /roles / code of the role, see /roles")
    place: str | None = Field(description="该区划及其下级；空为全部 / this division and below; null: everything")
    team: str | None = Field(description="队长的队伍 / of a team leader")


class Me(BaseModel):
    name: str = Field(description="账号 / name it signs in by")
    lang: str = Field(description="语言 / language")
    must_change: bool = Field(description="须先改密码 / the password has to be changed first")
    grants: list[Grant] = Field(description="角色及范围 / roles, and where")
    permissions: list[str] = Field(description="权限代码 / codes of what is permitted")


class NewPassword(Body):
    old: str = Field(min_length=1, max_length=128)
    new: str = Field(min_length=1, max_length=128)


class Ways(BaseModel):
    accounts: bool = Field(
        description="false：还没有任何账号，请先建管理员 / false: nobody can sign in before the first account"
    )
    oidc: bool = Field(description="可用统一身份认证登录 / the identity provider is there as well")


def tokens_of(request: Request, how: str, signed: SignedIn | Refused, at: datetime) -> Tokens:
    """Every sign-in is in the log, also those that fail: whose, how, from where; never what was typed."""
    settings: ServiceSettings = request.app.state.settings
    refused = type(signed.error).__name__ if isinstance(signed, Refused) else None
    log.log(
        logging.INFO if refused is None else logging.WARNING, "sign-in", how=how, account=signed.account,
        refused=refused, address=request.client.host if request.client else "-",
        request_id=request.state.request_id,
    )  # fmt: skip
    if isinstance(signed, Refused):
        raise signed.error
    lasts = settings.access_lasts
    return Tokens(
        access_token=access_token(settings.key, Pass(signed.user_id, signed.family), at=at, lasts=lasts),
        expires_in=int(lasts.total_seconds()),
        refresh_token=signed.refresh,
        refresh_expires_at=signed.expires_at,
        must_change=signed.must_change,
    )


@router.get("/sign-in", summary="登录方式 / ways of signing in")
@public
def ways(request: Request) -> Ways:
    """新装的服务还没有账号 / a service that is new has no account yet."""
    state = request.app.state
    with reading(state.engine) as connection:
        known = connection.execute(select(users.c.id).limit(1)).scalar() is not None
    return Ways(accounts=known, oidc=state.oidc is not None)


@router.post("/sign-in", summary="登录 / sign in", status_code=200)
@public
def signs_in(request: Request, given: SignIn) -> Tokens:
    """五次输错后暂停，时间逐次加倍 / after five wrong passwords a pause, twice as long each time."""
    state = request.app.state
    state.limits.sign_in(request.client.host if request.client else "-")
    at = now()
    with transaction(state.engine) as connection:
        signed = sign_in(
            connection, name=given.name, password=given.password, at=at, lasts=state.settings.refresh_lasts
        )
    return tokens_of(request, "password", signed, at)


@router.post("/refresh", summary="换新令牌 / the next tokens")
@public
def refreshes(request: Request, given: Refresh) -> Tokens:
    """旧令牌再用一次，整个登录即失效 / a second use of a spent token ends the whole session."""
    state = request.app.state
    state.limits.sign_in(request.client.host if request.client else "-")
    at = now()
    with transaction(state.engine) as connection:
        settings = state.settings
        signed = refresh(connection, given.refresh_token, at=at, lasts=settings.refresh_lasts,
                         whole=settings.session_lasts)  # fmt: skip
    return tokens_of(request, "refresh", signed, at)


@router.post("/sign-out", summary="退出登录 / sign out", status_code=204)
def signs_out(request: Request, caller: AnyCaller) -> None:
    state, at = request.app.state, now()
    if caller.token is not None:
        return
    token = request.headers["authorization"].split(None, 1)[1]
    given = read_access_token(state.settings.key, token, at=at)
    with transaction(state.engine) as connection:
        end_session(connection, given.family, at=at)
    state.doorman.forget()


@router.get("/me", summary="我的账号 / my account")
def me(caller: AnyCaller) -> Me:
    given: list[Any] = shown_grants(caller.grants)
    return Me(
        name=caller.name, lang=caller.lang, must_change=caller.must_change, grants=given,
        permissions=sorted(caller.permissions),
    )  # fmt: skip


@router.put("/me/password", summary="改密码 / change my password", status_code=204)
def new_password(request: Request, work: Writing, given: NewPassword) -> None:
    """所有登录随即失效 / every session ends."""
    at = now()
    with transaction(request.app.state.engine) as connection:
        change_password(connection, work.caller, old=given.old, new=given.new, at=at)
    request.app.state.doorman.forget()
