"""The words of the console, as its build takes them."""

import csv
from pathlib import Path

from api.http.console import vocabularies

SOURCE = Path(__file__).resolve().parents[2] / "api" / "console" / "src"


def words(lang: str) -> dict[str, str]:
    found = {}
    for file in sorted(SOURCE.rglob("texts.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            found.update({row["key"]: row[lang] for row in csv.DictReader(lines)})
    for name, known in vocabularies().items():
        found.update({f"{name}.{code}": said[lang == "en"] for code, said in known.items()})
    return found
