"""Options that several commands take: listed once, added to each command, and read in one place."""

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from api.commands.kit import Kit, acting, moment, quantity
from optimizer.errors import BadInput, Fault

SITUATION = "live"
Given = Mapping[str, Any]  # option ("--as-of") -> what was stated


class Options:
    """A list of options: parameter -> (its annotation, its default)."""

    def __init__(self, kit: Kit, rows: Mapping[str, tuple[type, str, Any]], **shown: Mapping[str, Any]) -> None:
        self.rows: dict[str, tuple[Any, Any]] = {}
        for name, (kind, key, default) in rows.items():
            option = kit.option(_flag(name), key, **shown.get(name, {}))
            self.rows[name] = Annotated[kind | None if default is None else kind, option], default

    def added(self, command: Callable[..., int]) -> Callable[..., int]:
        """The command with these options at the end of its own; it gets those stated as `given`."""
        own = [one for one in inspect.signature(command).parameters.values() if one.name != "given"]
        more = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in self.rows.items()
        ]

        @functools.wraps(command)
        def called(**values: Any) -> int:
            stated = {name: values.pop(name) for name in self.rows}
            given = {_flag(name): value for name, value in stated.items() if value is not None and value is not False}
            return command(**values, given=given)

        parameters = [*own, *more]
        called.__signature__ = inspect.Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
        called.__annotations__ = {one.name: one.annotation for one in parameters}
        return called


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def live_options(kit: Kit) -> Options:
    """Of `solve` and `replan`, with --live."""
    return Options(
        kit,
        {
            "situation": (str, "opt.live.situation", None),
            "place": (str, "opt.live.place", None),
            "as_of": (str, "opt.live.as_of", None),
            "roads": (Path, "opt.live.roads", None),
            "crs": (str, "opt.crs", None),
            "commit": (bool, "opt.live.commit", False),
            "hold_h": (str, "opt.hold_h", None),
            "actor": (str, "opt.actor", None),
            "key": (str, "opt.key", None),
        },
    )


def force_options(kit: Kit) -> Options:
    """Of the commands that put a plan in force."""
    return Options(
        kit,
        {
            "hold_h": (str, "opt.hold_h", None),
            "situation": (str, "opt.situation", SITUATION),
            "as_of": (str, "opt.as_of.plan", None),
            "actor": (str, "opt.actor", None),
            "key": (str, "opt.key", None),
            "note": (str, "opt.note", None),
        },
        situation={"show_default": True},
    )


def check_live(command: str, given: Given, *, live: bool) -> None:
    """Options of --live stand with it alone, and some with another. Raises BadInput."""
    if not live and given:
        raise BadInput(command, [Fault(name, "OnlyLive", {"name": name}) for name in given])
    pairs = [("--hold-h", "--commit"), ("--key", "--commit"), ("--actor", "--commit"), ("--crs", "--roads")]
    alone = [(name, other) for name, other in pairs if name in given and other not in given]
    if alone:
        raise BadInput(command, [Fault(name, "NeedsOption", {"name": name, "other": other}) for name, other in alone])


def live_words(given: Given) -> dict[str, Any]:
    """What `api.situation.solve_live` and `api.replanning.replan_live` take of it. Raises BadInput."""
    from api import settings

    return {
        "situation": given.get("--situation", SITUATION),
        "place": given.get("--place"),
        "roads": given.get("--roads"),
        "crs": given.get("--crs"),
        "commit": "--commit" in given,
        "actor": settings.actor(given.get("--actor")),
        "key": given.get("--key"),
        **_times(given),
    }


def force_words(given: Given) -> dict[str, Any]:
    """What `api.situation.commit` and `api.replanning.rollback` take of it. Raises BadInput."""
    key, note = given.get("--key"), given.get("--note")
    return {
        "situation": given["--situation"],
        "actor": acting(given.get("--actor"), key=key, note=note),
        "key": key,
        "note": note,
        **_times(given),
    }


def _times(given: Given) -> dict[str, Any]:
    return {
        "as_of": moment("--as-of", given["--as-of"]) if "--as-of" in given else None,
        "hold_h": quantity("--hold-h", given["--hold-h"]) if "--hold-h" in given else None,
    }
