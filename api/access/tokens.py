"""Access tokens: short, signed (HS256), checked against the session they belong to. Refresh and machine tokens are
random, and only their hashes are kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from inventory.errors import InventoryError

ISSUER, ALGORITHM = "wuding", "HS256"
MACHINE = "wdt_"  # begins every machine token, so that a leaked one can be found by search


class NotSignedIn(InventoryError):
    """No valid token came with the request."""


class SessionOver(InventoryError):
    """The token is no longer valid: out of time, or the session was ended."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What an access token says."""

    user_id: int
    family: str  # of its session


def new_secret() -> str:
    """256 random bits, in letters that need no escaping."""
    return secrets.token_urlsafe(32)


def kept(token: str) -> str:
    """What is kept of a random token. A plain hash is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def access_token(key: str, given: Pass, *, at: datetime, lasts: timedelta) -> str:
    claims = {
        "iss": ISSUER, "sub": str(given.user_id), "sid": given.family, "iat": int(at.timestamp()),
        "exp": int((at + lasts).timestamp()),
    }  # fmt: skip
    return jwt.encode({"alg": ALGORITHM}, claims, OctKey.import_key(key))


def read_access_token(key: str, token: str, *, at: datetime) -> Pass:
    """Raises NotSignedIn, SessionOver."""
    try:
        claims = jwt.decode(token, OctKey.import_key(key), algorithms=[ALGORITHM]).claims
        given, expires = Pass(int(claims["sub"]), str(claims["sid"])), int(claims["exp"])
        ours = claims["iss"] == ISSUER
    except (JoseError, ValueError, KeyError, TypeError):
        raise NotSignedIn from None
    if not ours:
        raise NotSignedIn
    if expires <= at.timestamp():
        raise SessionOver
    return given
