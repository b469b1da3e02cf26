"""Every fault and error of the network package has words in both languages."""

import re
from pathlib import Path

import optimizer.network

FOLDER = Path(optimizer.network.__file__).parent


def test_every_code_in_the_sources_has_words_and_no_words_are_left_over(texts):
    source = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    codes = set(re.findall(r'"((?:road|closure)_[a-z0-9_]+)"', source)) - {"road_class", "road_name"}
    errors = set(re.findall(r"class (\w+)\(OptimizerError\)", source))
    assert codes | errors == set(texts)


def test_both_languages_state_the_same_facts(texts):
    for row in texts.values():
        facts = [set(re.findall(r"(?<!\{)\{(\w+)", row[language])) for language in ("zh", "en")]
        assert facts[0] == facts[1], row["key"]
        assert re.search("[\u4e00-\u9fff]", row["zh"])
