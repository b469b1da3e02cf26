"""Columns that take one of a few words: the English one is the value, the Chinese one stands for it exactly."""

import difflib
from functools import lru_cache

from inventory.files.dictionary import Column
from inventory.kinds import ELSEWHERE, KINDS, MOVEMENTS, OWNERS, REASONS, STATES, VILLAGE_PROFILES
from inventory.places import TIERS

ROLES = {"primary": ("主管", "primary"), "deputy": ("副管", "deputy")}
RESULTS = {"PASSED": ("合格", "passed"), "FAILED": ("不合格", "failed")}
ANCHORS = {"last_done": ("上次完成", "last done"), "manufacture": ("生产日期", "day of manufacture")}
PRESETS = {"general": ("通用", "general"), "medical": ("医疗", "medical")}
JUDGED = {
    "custodian": ("人", "custodian"),
    "location": ("位", "location"),
    "quantity": ("量", "quantity"),
    "quality": ("质", "quality"),
    "period": ("期", "period"),
}
RISKS = {"low": ("低", "low"), "medium": ("中", "medium"), "high": ("高", "high")}
CLASSES = {"enterprise": ("企业", "enterprise"), "venue": ("小型场所", "small venue")}
SUBJECTS = {"rule": ("规则", "rule"), "criticality": ("重要程度", "criticality")}

VOCABULARIES = (
    *(TIERS, OWNERS, STATES, KINDS, MOVEMENTS, REASONS, ELSEWHERE),
    *(ROLES, RESULTS, ANCHORS, PRESETS, JUDGED, SUBJECTS, RISKS, CLASSES, VILLAGE_PROFILES),
)


@lru_cache(maxsize=1024)
def choices_zh(column: Column) -> dict[str, str]:
    """Chinese word -> the value it stands for, from the first vocabulary that has every choice of the column."""
    if column.choices:
        for vocabulary in VOCABULARIES:
            if all(choice in vocabulary for choice in column.choices):
                return {vocabulary[choice][0]: choice for choice in column.choices}
    return {}


def choices_shown(column: Column) -> str:
    """The allowed words in both languages, for a message."""
    chinese = {value: word for word, value in choices_zh(column).items()}
    return ", ".join(f"{value} {chinese[value]}" if value in chinese else value for value in column.choices)


def nearest_choice(column: Column, text: str) -> str:
    """The word most like `text`, to be suggested, never taken; empty where none is like it."""
    words = [*choices_zh(column), *column.choices]
    plain = {word.lower(): word for word in reversed(words)}
    found = difflib.get_close_matches("".join(text.split()).lower(), plain, n=1, cutoff=0.65)
    return plain[found[0]] if found else ""
