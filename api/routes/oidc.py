"""Sign-in with the county's own identity provider: there and back, and the exchange for our own tokens."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlalchemy import insert
from starlette.responses import RedirectResponse, Response

from api.access.sign_in import Refused, sign_in_as
from api.access.tables import audit
from api.http.caller import public
from api.http.oidc import BEGUN_LASTS, OidcOff, OidcRefused, Provider, ProviderDown
from api.http.reads import PROBLEMS
from api.http.schemas import Body
from api.routes.sign_in import Tokens, tokens_of
from inventory.database import now, transaction

GONE = {302: {"description": "转到另一页 / another page"}}
router = APIRouter(prefix="/sign-in/oidc", tags=["sign-in"], responses=PROBLEMS)
Given = Annotated[str | None, Query(max_length=4096)]


class Exchange(Body):
    code: str = Field(
        min_length=1, max_length=2048, description="地址 # 之后的 code / from the fragment of the address"
    )


def _provider(request: Request) -> Provider:
    """Counted as a sign-in of its address. Raises OidcOff, TooOften."""
    request.app.state.limits.sign_in(request.client.host if request.client else "-")
    provider: Provider | None = request.app.state.oidc
    if provider is None:
        raise OidcOff
    return provider


def _told(request: Request, provider: Provider, error: OidcRefused | ProviderDown) -> Response:
    """On the console's page, to who comes with a browser. Raises `error` to all others."""
    if "text/html" not in request.headers.get("accept", ""):
        raise error
    return RedirectResponse(f"{provider.console}#refused={type(error).__name__}", 302)


@router.get("", summary="用统一身份认证登录 / sign in with the identity provider", status_code=302, responses=GONE)
@public
def begins(request: Request) -> Response:
    """浏览器转到身份认证页；不成时转回控制台，地址 # 之后带 refused / on to the provider, or, where
    that fails, to the console with `refused` in the fragment."""
    provider = _provider(request)
    try:
        address, cookie = provider.begin(at=now())
    except ProviderDown as error:
        return _told(request, provider, error)
    answer = RedirectResponse(address, 302)
    answer.set_cookie(
        provider.cookie, cookie, max_age=int(BEGUN_LASTS.total_seconds()), path="/", secure=provider.secure,
        httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


@router.get("/callback", summary="身份认证返回 / back from the provider", status_code=302, responses=GONE)
@public
def comes_back(
    request: Request, state: Given = None, code: Given = None, iss: Given = None, error: Given = None
) -> Response:
    """浏览器转到控制台，地址 # 之后带一次性 code，不成时带 refused / on to the console, with a one-time code in the
    fragment, which no server on the way sees, or with `refused`."""
    provider = _provider(request)
    cookie = request.cookies.get(provider.cookie)
    try:
        if error is not None or code is None or state is None:
            raise OidcRefused(why="-" if error is None else error[:64])
        return RedirectResponse(provider.finish(cookie=cookie, state=state, code=code, issuer=iss, at=now()), 302)
    except (OidcRefused, ProviderDown) as refused:
        return _told(request, provider, refused)


@router.post("/token", summary="用 code 换令牌 / the tokens for the code")
@public
def exchanges(request: Request, response: Response, given: Exchange) -> Tokens:
    """一分钟内、同一浏览器、只能一次；不自动建账号 / within a minute, by the same browser, once; no account is made."""
    provider, state, at = _provider(request), request.app.state, now()
    subject = provider.read_code(given.code, cookie=request.cookies.get(provider.cookie), at=at)
    with transaction(state.engine) as connection:
        signed = sign_in_as(connection, subject=subject, code=given.code, at=at, lasts=state.settings.refresh_lasts)
        refused = type(signed.error).__name__ if isinstance(signed, Refused) else None
        code, after = signed.account or "-", {"subject": subject, "refused": refused}
        connection.execute(
            insert(audit),
            {"recorded_at": at, "actor": code, "request_id": request.state.request_id, "place_code": None,
             "action": "users.sign-in", "resource": "users", "code": code, "before": None, "after": after},
        )  # fmt: skip
    response.delete_cookie(provider.cookie, path="/", secure=provider.secure, httponly=True, samesite="lax")
    return tokens_of(request, "oidc", signed, at)
