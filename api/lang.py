"""Which language a person reads: the option, else the environment, else Chinese."""

import os
from collections.abc import Mapping, Sequence

from scenarios.texts import LANGS

VARIABLE = "WUDING_LANG"
DEFAULT = "zh"


class UnknownLanguage(ValueError):
    """A language that is neither zh nor en."""


def take_lang(arguments: Sequence[str], *, environment: Mapping[str, str] = os.environ) -> tuple[str, list[str]]:
    """The language, and the arguments without `--lang`: it may stand before or after the command."""
    lang = environment.get(VARIABLE) or DEFAULT
    rest: list[str] = []
    waiting = False
    for number, argument in enumerate(arguments):
        if argument == "--":
            rest.extend(arguments[number:])
            break
        if waiting:
            lang, waiting = argument, False
        elif argument == "--lang":
            waiting = True
        elif argument.startswith("--lang="):
            lang = argument.removeprefix("--lang=")
        else:
            rest.append(argument)
    if waiting or lang not in LANGS:
        raise UnknownLanguage("" if waiting else lang)
    return lang, rest
