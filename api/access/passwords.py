"""Passwords: argon2id through pwdlib, with the library's own parameters (RFC 9106)."""

from functools import cache

from pwdlib import PasswordHash

from inventory.errors import InventoryError

LEAST_NAME = 4  # shorter ones are in too many words
LEAST, MOST = 10, 128  # characters; OWASP ASVS 5 asks for at least 8 and allows at least 64
_COMMON = frozenset(
    {"1234567890", "0123456789", "password12", "password123", "qwertyuiop", "1q2w3e4r5t", "administrator",
     "woaini1314", "woaini520", "a123456789", "wuding12345", "1234512345", "1111111111", "0000000000"}
)  # fmt: skip


class WeakPassword(InventoryError):
    """A password too short, too long, too common, or like the name of its account. Facts: least, most."""


@cache
def _hashing() -> PasswordHash:
    return PasswordHash.recommended()


def hashed(password: str, *, account: str) -> str:
    """Raises WeakPassword."""
    told = password.casefold()
    like_account = len(account) >= LEAST_NAME and account.casefold() in told
    weak = told in _COMMON or like_account or len(set(told)) < 4
    if weak or not LEAST <= len(password) <= MOST:
        raise WeakPassword(least=LEAST, most=MOST)
    return _hashing().hash(password)


def fits(password: str, known: str | None) -> bool:
    """Whether the password is right; as slow where there is no account as where there is one."""
    if len(password) > MOST:
        return False
    right = _hashing().verify(password, known or _nobody())
    return right and known is not None


@cache
def _nobody() -> str:
    return _hashing().hash("nobody has this password")
