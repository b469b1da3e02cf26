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
DUTY_MODES = {"normal": ("常态", "normal"), "response": ("响应期", "response"), "both": ("两者", "both")}
DUTY_REQUESTS = {
    "leave": ("休假", "leave"),
    "must": ("必须值", "must"),
    "must_not": ("不得值", "must not"),
    "wish": ("希望值", "wish"),
    "wish_not": ("希望不值", "wish not"),
}
DUTY_PATTERNS = {
    "1x24": ("一天一班", "1 × 24 h"),
    "2x12": ("一天两班", "2 × 12 h"),
    "3x8": ("一天三班", "3 × 8 h"),
    "station": ("驻点", "station"),
}
DUTY_SHIFTS = {
    "24h": ("全天", "24 h"),
    "day": ("白班", "day"),
    "night": ("夜班", "night"),
    "early": ("早班", "early"),
    "late": ("中班", "late"),
    "station": ("驻点", "station"),
}

VOCABULARIES = (
    *(TIERS, OWNERS, STATES, KINDS, MOVEMENTS, REASONS, ELSEWHERE),
    *(DUTY_MODES, DUTY_PATTERNS, DUTY_REQUESTS, DUTY_SHIFTS),
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
