"""Passwords: argon2id through pwdlib, with the library's own parameters (RFC 9106)."""

from functools import cache

from pwdlib import PasswordHash

from inventory.errors import InventoryError

LEAST_NAME = 4  # shorter ones are in too many words
LEAST_OTHERS = 16  # digits without a word: more than a telephone number, a date, or both
LEAST, MOST = 10, 128  # characters; OWASP ASVS 5 asks for at least 8 and allows at least 64
# What passwords are made of where they are guessed first, and what everybody here would think of. A password that is
# nothing but these, digits, signs and runs along the keyboard or the alphabet is refused: those most used, of ten
# characters and more, are nearly all of that kind (assumed: no list was at hand to count it).
WORDS = (
    "password", "passwd", "admin", "administrator", "root", "user", "guest", "welcome", "login", "letmein", "master",
    "secret", "test", "default", "changeme", "hello", "iloveyou", "love", "princess", "dragon", "monkey", "football",
    "baseball", "sunshine", "shadow", "superman", "batman", "michael", "charlie", "computer", "internet", "samsung",
    "google", "china", "beijing", "shanghai", "guizhou", "woaini", "woaiwojia", "nihao", "mima", "wode", "zhongguo",
    "aini", "baobei", "tongren", "songtao", "wuding", "yingji", "dispatch", "rescue", "county", "abc", "xyz", "qwe",
    "asd", "zxc", "qaz", "wsx", "edc", "pass", "word",
)  # fmt: skip
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
         "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0")  # fmt: skip
_RUNS = {row[at : at + 4] for whole in _ROWS for row in (whole, whole[::-1]) for at in range(len(row) - 3)}
_LEET = str.maketrans("@013457$!", "aoieastsi")


class WeakPassword(InventoryError):
    """A password too short, too long, too common, or like the name of its account. Facts: least, most."""


@cache
def _hashing() -> PasswordHash:
    return PasswordHash.recommended()


def hashed(password: str, *, account: str) -> str:
    """Raises WeakPassword."""
    told = password.casefold()
    like_account = len(account) >= LEAST_NAME and account.casefold() in told
    weak = like_account or len(set(told)) < 4 or _guessed(told)
    if weak or not LEAST <= len(password) <= MOST:
        raise WeakPassword(least=LEAST, most=MOST)
    return _hashing().hash(password)


def _guessed(told: str) -> bool:
    """Whether little is left without the words and runs that are guessed first: fewer than four letters, and digits
    and signs no more than a telephone number or a date has."""
    for one in (told, told.translate(_LEET)):
        letters, others = _left(one)
        if letters < LEAST_NAME and others < LEAST_OTHERS:
            return True
    return False


def _left(told: str) -> tuple[int, int]:
    """Letters, and other characters but spaces, outside of words and runs."""
    for word in sorted(WORDS, key=len, reverse=True):
        told = told.replace(word, " ")
    at, letters, others = 0, 0, 0
    while at < len(told):
        if told[at : at + 4] in _RUNS:
            at += 4
            continue
        letters += told[at].isalpha()
        others += not (told[at].isalpha() or told[at].isspace())
        at += 1
    return letters, others


def fits(password: str, known: str | None) -> bool:
    """Whether the password is right; as slow where there is no account as where there is one."""
    if len(password) > MOST:
        return False
    right = _hashing().verify(password, known or _nobody())
    return right and known is not None


@cache
def _nobody() -> str:
    return _hashing().hash("nobody has this password")
