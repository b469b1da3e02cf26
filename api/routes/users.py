"""Accounts, their roles and machine tokens; the audit log."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection, select
from starlette.responses import Response

from api.access import users as accounts
from api.access.roles import PERMISSIONS, PERMITTED, ROLES
from api.access.scope import Grant, NotPermitted, Scope
from api.access.sign_in import grants_of, shown_grants
from api.access.tables import audit, tokens
from api.access.tables import users as table
from api.http.caller import AnyCaller, needs
from api.http.oidc import MOST_SUBJECT, OidcOff, subject_of
from api.http.reads import PROBLEMS
from api.http.resources import Resource, field
from api.http.schemas import PLAIN, Body
from api.http.work import Reading, Step, Work, Writing, as_json, tagged
from api.routes.sign_in import Grant as GrantOut

router = APIRouter(tags=["users"], responses=PROBLEMS)
Name = Annotated[str, Path(min_length=1, max_length=64)]
Read = Annotated[Scope, needs("users.read")]
Manage = Annotated[Scope, needs("users.manage")]

AUDIT = Resource(
    "audit", "audit.read", "审计日志", "audit log",
    (
        field("id", audit.c.id, "序号", "number"),
        field("recorded_at", audit.c.recorded_at, "时间", "when"),
        field("actor", audit.c.actor, "谁", "who"),
        field("request_id", audit.c.request_id, "请求编号", "request"),
        field("action", audit.c.action, "做了什么", "what was done"),
        field("resource", audit.c.resource, "对象类别", "kind of thing"),
        field("code", audit.c.code, "对象", "which one"),
        field("place", audit.c.place_code, "区划", "division"),
        field("before", audit.c.before, "之前", "before", kind=dict, required=False),
        field("after", audit.c.after, "之后", "after", kind=dict, required=False),
    ),
    key=audit.c.id, places=(audit.c.place_code,), code="id", sort="-id",
)  # fmt: skip


class GrantIn(Body):
    role: Literal[tuple(ROLES)]  # type: ignore[valid-type]
    place: str | None = Field(None, min_length=12, max_length=12, pattern=r"^\d{12}$",
                              description="区划代码；空为全部 / division code; null: everything")  # fmt: skip
    team: str | None = Field(
        None, min_length=1, max_length=64, pattern=PLAIN, description="队长的队伍 / of a team leader"
    )


class UserIn(Body):
    name: str = Field(min_length=1, max_length=64, pattern=r"^[^\s/\x00-\x1f\x7f]+$", examples=["li"])
    password: str | None = Field(
        None,
        max_length=128,
        description="空：只用机器令牌或统一身份认证 / null: machine tokens or the identity provider only",
    )
    lang: Literal["zh", "en"] = "zh"
    grants: list[GrantIn] = Field(default=[], max_length=100)


class UserOut(BaseModel):
    name: str = Field(description="账号 / name it signs in by")
    status: Literal["active", "disabled"]
    lang: Literal["zh", "en"] = Field(description="语言 / language")
    must_change: bool = Field(description="须先改密码 / the password has to be changed first")
    subject: str | None = Field(
        None, description="统一身份认证的“签发者 编号” / issuer and subject at the identity provider"
    )
    grants: list[GrantOut] = Field(description="角色及范围 / roles, and where")
    recorded_at: datetime = Field(description="建立时间 / made at")


class UserEdit(Body):
    status: Literal["active", "disabled"] | None = None
    lang: Literal["zh", "en"] | None = None
    subject: str | None = Field(
        None, min_length=1, max_length=MOST_SUBJECT, pattern=PLAIN,
        description="统一身份认证里的编号（sub），写 null 解除 / subject at the identity provider; null unlinks",
    )  # fmt: skip
    grants: list[GrantIn] | None = Field(None, max_length=100)


class Password(Body):
    password: str = Field(min_length=1, max_length=128)


class TokenIn(Body):
    name: str = Field(min_length=1, max_length=64, pattern=r"^[^/\x00-\x1f\x7f]+$")
    permissions: list[Annotated[str, Field(max_length=64, pattern=PLAIN)]] = Field(
        min_length=1, max_length=len(PERMISSIONS)
    )
    days: int = Field(90, ge=1, le=366)


class TokenOut(BaseModel):
    name: str = Field(description="名称 / name")
    permissions: list[str] = Field(description="权限 / what it permits")
    recorded_at: datetime = Field(description="建立时间 / made at")
    expires_at: datetime = Field(description="失效时间 / good until")
    revoked_at: datetime | None = Field(description="撤销时间 / revoked at")
    token: str | None = Field(None, description="只在创建时给出 / only when it is made")


class Changed(BaseModel):
    changed: bool = Field(description="false：没有该令牌，或已撤销 / false: there was none, or it was revoked before")


class Role(BaseModel):
    role: str = Field(description="代码 / code")
    zh: str = Field(description="中文 / in Chinese")
    en: str = Field(description="英文 / in English")
    permissions: list[str] = Field(description="权限代码 / codes of what it permits")


class Permission(BaseModel):
    permission: str = Field(description="代码 / code")
    zh: str = Field(description="中文 / in Chinese")
    en: str = Field(description="英文 / in English")


class Roles(BaseModel):
    roles: list[Role]
    permissions: list[Permission]


def _grants(given: list[GrantIn]) -> list[Grant]:
    return [Grant(one.role, one.place, one.team) for one in given]


def shown(connection: Connection, code: str) -> UserOut:
    row = accounts.find_user(connection, code, locked=False)
    given: Any = shown_grants(grants_of(connection, row.id))
    return UserOut(
        name=row.code, status=row.status, lang=row.lang, must_change=bool(row.must_change), subject=row.subject,
        grants=given, recorded_at=row.recorded_at,
    )  # fmt: skip


def _seen(scope: Scope, user: UserOut) -> bool:
    """Whoever manages a part of the county sees the accounts that reach no further than that part."""
    return scope.everything or (bool(user.grants) and all(scope.covers(one.place) for one in user.grants))


@router.get("/roles", summary="角色与权限 / roles and what they permit")
def roles(caller: AnyCaller) -> Roles:
    return Roles(
        roles=[Role(role=role, zh=zh, en=en, permissions=sorted(PERMITTED[role])) for role, (zh, en) in ROLES.items()],
        permissions=[Permission(permission=name, zh=zh, en=en) for name, (zh, en) in PERMISSIONS.items()],
    )


@router.get("/users", summary="账号 / accounts")
def listed(scope: Read, connection: Reading) -> list[UserOut]:
    names = connection.execute(select(table.c.code).order_by(table.c.code)).scalars().all()
    return [user for user in (shown(connection, name) for name in names) if _seen(scope, user)]


@router.get("/users/{name}", summary="一个账号 / one account", response_model=UserOut)
def one(name: Name, scope: Read, connection: Reading) -> Response:
    user = _visible(connection, scope, name)
    return tagged(as_json(user))


def _visible(connection: Connection, scope: Scope, name: str) -> UserOut:
    user = shown(connection, name)
    if not _seen(scope, user):
        raise accounts.UnknownUser(user=name)
    return user


@router.post("/users", summary="新建账号 / add an account", status_code=201, response_model=UserOut)
def add(given: UserIn, scope: Manage, work: Writing) -> Response:
    def step(inside: Step) -> UserOut:
        accounts.add_user(
            inside.connection, code=given.name, password=given.password, given=_grants(given.grants), at=inside.at,
            by=work.caller, lang=given.lang, must_change=given.password is not None,
        )  # fmt: skip
        made = shown(inside.connection, given.name)
        inside.record("users.add", "users", given.name, place=_common(made), after=made.model_dump(mode="json"))
        return made

    return work.once(step, asked=given.model_dump(exclude={"password"}))


def _common(user: UserOut) -> str | None:
    """The division an audit row of an account belongs to: the one all its grants lie in."""
    places = {one.place for one in user.grants}
    return places.pop() if len(places) == 1 else None


@router.patch("/users/{name}", summary="修改账号 / edit an account", response_model=UserOut)
def edit(name: Name, given: UserEdit, scope: Manage, work: Writing) -> Response:
    def change(connection: Connection, inside: Step) -> None:
        if given.grants is not None:
            accounts.set_grants(connection, name, _grants(given.grants), by=work.caller)
        if given.lang is not None:
            connection.execute(table.update().where(table.c.code == name).values(lang=given.lang))
        if given.status is not None:
            accounts.set_status(connection, name, given.status, at=inside.at, by=work.caller)
        if "subject" in given.model_fields_set:
            subject = None if given.subject is None else _subject(work.request, given.subject)
            accounts.set_subject(connection, name, subject, at=inside.at, by=work.caller)

    return _edited(name, scope, work, "users.edit", change, asked=given.model_dump(exclude_unset=True))


def _subject(request: Request, given: str) -> str:
    """Raises OidcOff."""
    issuer = request.app.state.settings.oidc_issuer
    if issuer is None:
        raise OidcOff
    return subject_of(issuer, given)


@router.put("/users/{name}/password", summary="重设密码 / set a new password", response_model=UserOut)
def reset(name: Name, given: Password, scope: Manage, work: Writing) -> Response:
    """本人首次登录须改 / its owner has to change it at once."""

    def change(connection: Connection, inside: Step) -> None:
        accounts.set_password(connection, name, given.password, at=inside.at, by=work.caller)

    return _edited(name, scope, work, "users.password", change, asked=None)


def _edited(
    name: str, scope: Scope, work: Work, action: str, change: Callable[[Connection, Step], None], *, asked: Any
) -> Response:
    def step(inside: Step) -> UserOut:
        accounts.find_user(inside.connection, name)  # locked, before it is compared with what the caller saw
        before = _visible(inside.connection, scope, name)
        work.matched(before)
        change(inside.connection, inside)
        after = shown(inside.connection, name)
        inside.record(action, "users", name, place=_common(before), before=before.model_dump(mode="json"),
                      after=after.model_dump(mode="json"))  # fmt: skip
        return after

    answer = work.once(step, asked=asked, status=200)
    forget(work.request)
    return answer


def forget(request: Request) -> None:
    request.app.state.doorman.forget()


@router.get("/users/{name}/tokens", summary="机器令牌 / machine tokens")
def listed_tokens(name: Name, scope: Read, connection: Reading) -> list[TokenOut]:
    _visible(connection, scope, name)
    rows = connection.execute(
        select(tokens).join(table, table.c.id == tokens.c.user_id).where(table.c.code == name).order_by(tokens.c.name)
    )
    return [TokenOut(name=row.name, permissions=row.permissions, recorded_at=row.recorded_at,
                     expires_at=row.expires_at, revoked_at=row.revoked_at) for row in rows]  # fmt: skip


@router.post(
    "/users/{name}/tokens", summary="新建机器令牌 / make a machine token", status_code=201, response_model=TokenOut
)
def add_token(name: Name, given: TokenIn, scope: Manage, work: Writing) -> Response:
    if work.caller.token is not None:  # a leaked token must not be able to make others
        zh, en = PERMISSIONS["users.manage"]
        raise NotPermitted(permission="users.manage", permission_zh=zh, permission_en=en)

    def step(inside: Step) -> TokenOut:
        _visible(inside.connection, scope, name)
        expires = inside.at + timedelta(days=given.days)
        made = accounts.add_token(
            inside.connection, name, name=given.name, permissions=given.permissions, at=inside.at,
            expires_at=expires, by=work.caller,
        )  # fmt: skip
        inside.record("users.token", "tokens", f"{name}/{given.name}", after={"permissions": given.permissions})
        return TokenOut(name=given.name, permissions=sorted(given.permissions), recorded_at=inside.at,
                        expires_at=expires, revoked_at=None, token=made)  # fmt: skip

    return Work(work.engine, work.caller, work.request, None, None).once(step, asked=given)  # its answer is not kept


@router.delete(
    "/users/{name}/tokens/{token}",
    summary="撤销机器令牌 / revoke a machine token",
    status_code=200,
    response_model=Changed,
)
def revoke(name: Name, token: Name, scope: Manage, work: Writing) -> Response:
    def step(inside: Step) -> dict[str, bool]:
        _visible(inside.connection, scope, name)
        changed = accounts.revoke_token(inside.connection, name, token, at=inside.at, by=work.caller)
        inside.record("users.revoke", "tokens", f"{name}/{token}")
        return {"changed": changed}

    answer = work.once(step, status=200)
    forget(work.request)
    return answer
