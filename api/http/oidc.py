"""Sign-in with the county's own identity provider: OpenID Connect 1.0, authorization code with PKCE (RFC 7636).

The provider says who somebody is, and nothing more: which account that is, an administrator has said before
(`users.subject`), and what it may do are its grants here. Nothing is kept in memory between the steps, so each may
reach another replica:

1. `begin`: a random seed goes into a signed cookie; `state`, `nonce` and the PKCE verifier are made from it and our
   key, so that whoever reads the cookie knows none of them.
2. `finish`: the state is that of the cookie, the code is exchanged from here (never by the browser), the ID token is
   verified. The answer is a code of our own for the browser, good for a minute and only together with the cookie.
3. `read_code`: what that code says, to be exchanged once for tokens (`sign_in.sign_in_as`).
"""

import hashlib
import hmac
import logging
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, OctKey
from joserfc.jws import JWSRegistry

from api.http.settings import ServiceSettings, protected
from inventory.errors import InventoryError

# of these alone: no `none`, and nothing with a shared secret, so a public key is never taken for one
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
KEY_TYPES = ("RSA", "EC", "OKP")
TIMEOUT_S = 5.0
KEPT_S = 3600.0  # discovery document and keys
KEYS_AGAIN_S = 60.0  # for a key nobody has seen, the keys are fetched anew no more often
DOWN_S = 5.0  # so long a provider that did not answer is not asked again: threads are for the others
MOST_AT_ONCE = 8  # of a process's threads that may wait for the provider
LEEWAY_S = 60  # clocks differ
MOST_BYTES = 1 << 20
BEGUN_LASTS = timedelta(minutes=10)  # to sign in over there
CODE_LASTS = timedelta(seconds=60)
COOKIE_KIND, CODE_KIND = "wuding oidc cookie", "wuding oidc code"
MOST_SUBJECT = 128
log = logging.getLogger("wuding.oidc")


class OidcOff(InventoryError):
    """No identity provider is set. No facts."""


class ProviderDown(InventoryError):
    """The identity provider does not answer, or not as it should. No facts: the log says what went wrong."""


class OidcRefused(InventoryError):
    """The sign-in over there was broken off, came back too late, or is not what was asked for. Facts: why."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the provider says about itself."""

    authorize: str
    token: str
    jwks: str
    method: str  # how we say who we are
    at_s: float


class Provider:
    """One for each process: remembers addresses and keys of the provider, nothing of those who sign in."""

    def __init__(self, settings: ServiceSettings, *, transport: Any = None) -> None:
        assert settings.oidc_issuer is not None
        assert settings.oidc_client is not None
        assert settings.oidc_secret is not None
        assert settings.public_url is not None
        self.issuer, self.client_id = settings.oidc_issuer, settings.oidc_client
        self._secret = settings.oidc_secret.get_secret_value()
        self._key = hmac.digest(settings.key.encode(), b"wuding oidc", "sha256")
        base = settings.public_url.rstrip("/")
        self.callback, self.console = f"{base}/api/v1/sign-in/oidc/callback", base + settings.oidc_console
        self.secure = base.startswith("https:")
        self.cookie = "__Host-wuding-oidc" if self.secure else "wuding-oidc"  # the prefix demands Secure
        self._transport = transport
        self._lock, self._turns = Lock(), BoundedSemaphore(MOST_AT_ONCE)
        self._known: Known | None = None
        self._keys: KeySet | None = None
        self._keys_at_s = self._down_s = float("-inf")

    def begin(self, *, at: datetime) -> tuple[str, str]:
        """Where the browser goes, and the cookie it takes along. Raises ProviderDown."""
        seed = secrets.token_urlsafe(32)
        with self._turn():
            found = self._found()
        with self._asking(found) as asking:
            address, _ = asking.create_authorization_url(
                found.authorize, state=self._made("state", seed), code_verifier=self._made("verifier", seed),
                nonce=self._made("nonce", seed),
            )  # fmt: skip
        return str(address), self._signed(COOKIE_KIND, {"seed": seed}, at=at, lasts=BEGUN_LASTS)

    def finish(self, *, cookie: str | None, state: str, code: str, issuer: str | None, at: datetime) -> str:
        """Where the browser goes with our own code: the console. Raises OidcRefused, ProviderDown."""
        seed = self._seed(cookie, at=at)
        if not hmac.compare_digest(state.encode(), self._made("state", seed).encode()):
            raise OidcRefused(why="state")
        if issuer is not None and issuer != self.issuer:  # RFC 9207: the answer of another provider
            raise OidcRefused(why="issuer")
        with self._turn():
            subject = self._verified(self._exchanged(code, seed), nonce=self._made("nonce", seed), at=at)
        ours = self._signed(CODE_KIND, {"sub": subject, "of": self._made("code", seed), "jti": secrets.token_hex(16)},
                            at=at, lasts=CODE_LASTS)  # fmt: skip
        return f"{self.console}#code={ours}"

    def read_code(self, code: str, *, cookie: str | None, at: datetime) -> str:
        """The subject, as `users.subject` keeps it. Raises OidcRefused."""
        claims = self._opened(CODE_KIND, code, at=at)
        if not hmac.compare_digest(str(claims["of"]), self._made("code", self._seed(cookie, at=at))):
            raise OidcRefused(why="cookie")
        return str(claims["sub"])

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """However slow the provider is, most threads stay with those who enter stock. Raises ProviderDown."""
        if not self._turns.acquire(blocking=False):
            raise _down(TimeoutError(f"{MOST_AT_ONCE} wait for it already"))
        try:
            yield
        finally:
            self._turns.release()

    def _exchanged(self, code: str, seed: str) -> dict[str, Any]:
        from authlib.integrations.base_client import OAuthError
        from httpx2 import HTTPError

        found = self._found()
        try:
            with self._asking(found) as asking:
                token = asking.fetch_token(found.token, grant_type="authorization_code", code=code,
                                           code_verifier=self._made("verifier", seed))  # fmt: skip
        except OAuthError as error:  # it answered: no
            raise OidcRefused(why=str(error.error)[:64]) from None
        except (HTTPError, ValueError) as error:
            raise _down(error) from error
        return dict(token)

    def _verified(self, token: dict[str, Any], *, nonce: str, at: datetime) -> str:
        """The subject of an ID token that is ours, of now, and of this very sign-in."""
        from authlib.oidc.core import CodeIDToken

        given = token.get("id_token")
        if not isinstance(given, str):
            raise OidcRefused(why="id_token")
        try:
            read = self._decoded(given)
            claims = CodeIDToken(
                read.claims, read.header,
                {"iss": {"essential": True, "value": self.issuer}, "aud": {"essential": True, "value": self.client_id},
                 "nonce": {"essential": True, "value": nonce}},
                {"client_id": self.client_id, "nonce": nonce, "access_token": token.get("access_token")},
            )  # fmt: skip
            claims.validate(now=int(at.timestamp()), leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise OidcRefused(why=getattr(error, "error", type(error).__name__)) from error
        subject = claims["sub"]
        if not subject or len(subject) > MOST_SUBJECT:
            raise OidcRefused(why="sub")
        return subject_of(self.issuer, subject)

    def _decoded(self, given: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(given, self._key_set(), registry=registry)
        except InvalidKeyIdError:
            return jwt.decode(given, self._key_set(anew=True), registry=registry)

    def _found(self) -> Known:
        """The discovery document. Raises ProviderDown."""
        with self._lock:
            if self._known is None or time.monotonic() - self._known.at_s > KEPT_S:
                self._known = self._told(self._got(self.issuer.rstrip("/") + "/.well-known/openid-configuration"))
            return self._known

    def _told(self, content: dict[str, Any]) -> Known:
        addresses = [content.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if content.get("issuer") != self.issuer:
            raise _down(ValueError(f"its issuer is {content.get('issuer')!r}"))
        if not all(isinstance(one, str) and protected(one.partition("?")[0]) for one in addresses):
            raise _down(ValueError(f"addresses without https: {addresses}"))
        methods = content.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        authorize, token, jwks = (str(one) for one in addresses)
        return Known(authorize, token, jwks, method, time.monotonic())

    def _key_set(self, *, anew: bool = False) -> KeySet:
        """Raises ProviderDown."""
        found = self._found()
        with self._lock:
            age_s = time.monotonic() - self._keys_at_s
            if self._keys is None or age_s > KEPT_S or (anew and age_s > KEYS_AGAIN_S):
                listed = self._got(found.jwks).get("keys")
                fit = [one for one in listed if isinstance(one, dict) and one.get("kty") in KEY_TYPES
                       and one.get("use", "sig") == "sig"] if isinstance(listed, list) else []  # fmt: skip
                try:
                    self._keys = KeySet.import_key_set({"keys": fit})
                except (JoseError, ValueError, KeyError, TypeError) as error:
                    raise _down(error) from error
                self._keys_at_s = time.monotonic()
            return self._keys

    def _got(self, address: str) -> dict[str, Any]:
        """A JSON object. Redirects are not followed. Raises ProviderDown."""
        import httpx2

        if time.monotonic() - self._down_s < DOWN_S:
            raise ProviderDown
        try:
            with self._client() as client, client.stream("GET", address) as answer:
                answer.raise_for_status()
                read = b""
                for part in answer.iter_bytes():
                    read += part
                    if len(read) > MOST_BYTES:
                        raise ValueError("too large")
            content = httpx2.Response(200, content=read).json()
            if not answer.is_success or not isinstance(content, dict):
                raise ValueError("not a JSON object")
        except (httpx2.HTTPError, ValueError) as error:
            self._down_s = time.monotonic()
            raise _down(error) from error
        return content

    def _client(self) -> Any:
        import httpx2

        return httpx2.Client(timeout=TIMEOUT_S, transport=self._transport, follow_redirects=False)

    def _asking(self, found: Known) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        return OAuth2Client(
            self.client_id, self._secret, token_endpoint_auth_method=found.method, scope="openid",
            redirect_uri=self.callback, code_challenge_method="S256", timeout=TIMEOUT_S, transport=self._transport,
        )  # fmt: skip

    def _made(self, purpose: str, seed: str) -> str:
        """43 characters from the seed and our key, others for each purpose."""
        made = hmac.digest(self._key, f"{purpose} {seed}".encode(), hashlib.sha256)
        return urlsafe_b64encode(made).rstrip(b"=").decode()

    def _signed(self, kind: str, content: dict[str, str], *, at: datetime, lasts: timedelta) -> str:
        claims = {**content, "iss": kind, "exp": int((at + lasts).timestamp())}
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self._key))

    def _opened(self, kind: str, token: str, *, at: datetime) -> dict[str, Any]:
        try:
            claims = jwt.decode(token, OctKey.import_key(self._key), algorithms=["HS256"]).claims
        except (JoseError, ValueError):
            raise OidcRefused(why="signature") from None
        if claims.get("iss") != kind or int(claims["exp"]) <= at.timestamp():
            raise OidcRefused(why="time")
        return claims

    def _seed(self, cookie: str | None, *, at: datetime) -> str:
        if not cookie:
            raise OidcRefused(why="cookie")
        return str(self._opened(COOKIE_KIND, cookie, at=at)["seed"])


def _down(cause: Exception) -> ProviderDown:
    """Whoever signs in is told to wait; why, only the log says."""
    log.warning("identity provider: %s: %s", type(cause).__name__, cause)
    return ProviderDown()


def subject_of(issuer: str, subject: str) -> str:
    """As `users.subject` keeps it: the same number at another provider is somebody else."""
    return f"{issuer} {subject}"
