"""Makes the two font files of this folder out of Noto Sans CJK Regular (see README.md for the command).

Two files because no file of this repository may exceed 1 MiB: the first holds what nearly every text needs,
the second the rarer hanzi. Both are plain static CFF fonts, hinting and layout features removed.
"""

import argparse
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

SIMPLIFIED_CHINESE_FACE = 2  # position of "Noto Sans CJK SC" in NotoSansCJK-Regular.ttc

# Symbols the maps and tables use beyond GB 2312.
EXTRA_SYMBOLS = "–—…·•×÷±≤≥≈‰°′″“”‘’→←↑↓↗↘▲△▼●○◆◇■□★☆✓①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㎡㎥㎏㎞℃¥²³µ‑−"

# Hanzi of town and village names that GB 2312 lacks.
EXTRA_HANZI = (
    "墘枹棬鲊祐芶堽埗塆垚堉嶅峂嵛嶝枧栟槚氹汖汧沄浉涢溇滧漤澴瀍珺甪畈疍畲砫硚硿碶磜磡礤礐禤箐簰虓蚬袆赑轵"
    "邡酂钐铚鲅黢埇垱垟埕堎塅墈墩坽坜圳圩垡夼奤岙岽岿峁崾崮嵖嵝嶓弶彐戽斝旸晧昇昪杧枥柟桠桤梽榀榃橦欓泖洣"
    "洺浍浔淠淯渑湉湜湨溁滃滘漯潴濉濞灈炘烔焜煊熳燊犍猇玥珅珵琤琯璟瓯瓻疃睢碛礌礓稑穄窊竑筻篁糸糍缑翀耰"
    "脿艽芈芷苤茆莜莳菉菼葑葛蒌蒟蓣蓼蔀蕲藠蘘虺蚌蛳蜊蝲螅蠡衎褡觜訾谿豨赆跸踅轘迤逴郇郚郪鄌鄠鄢醠釜鋆錡鎏钊"
    "铓铷锞锳镆阇陬隞霅鞲頔颍颙馇馓骎骕骙鬲鲃鲌鲴鸬鹔鹮麹黉龑曌喆堃犇淼焱鑫昊嫄翯祎赟禛頫"
)


def gb2312(rows: range) -> str:
    """The characters of these rows (first byte) of GB 2312."""
    found = []
    for high in rows:
        for low in range(0xA1, 0xFF):
            try:
                found.append(bytes([high, low]).decode("gb2312"))
            except UnicodeDecodeError:  # a hole in the table
                continue
    return "".join(found)


ASCII = "".join(map(chr, range(0x20, 0x7F)))
LATIN_1 = "".join(map(chr, range(0xA0, 0x100)))
FIRST = (
    ASCII + LATIN_1 + EXTRA_SYMBOLS + gb2312(range(0xA1, 0xA4)) + gb2312(range(0xA6, 0xA7)) + gb2312(range(0xB0, 0xD8))
)
SECOND = gb2312(range(0xD8, 0xF8)) + EXTRA_HANZI


def write_subset(source: Path, *, text: str, family: str, target: Path) -> None:
    font = TTCollection(str(source), lazy=True).fonts[SIMPLIFIED_CHINESE_FACE]
    font.recalcTimestamp = False  # same input, same bytes
    options = subset.Options(hinting=False, layout_features=[], glyph_names=False, notdef_outline=True)
    options.name_IDs = ["*"]
    options.drop_tables += ["GDEF", "GPOS", "GSUB", "BASE", "VORG", "vhea", "vmtx"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    postscript = family.replace(" ", "") + "-Regular"
    for record in list(font["name"].names):
        renamed = {1: family, 3: f"{postscript};from NotoSansCJKsc 2.004", 4: family, 6: postscript}
        if record.nameID in renamed:
            record.string = renamed[record.nameID]
        elif record.nameID not in (0, 2, 5, 7, 8, 9, 10, 11, 12, 13, 14):
            font["name"].names.remove(record)
    cff = font["CFF "].cff
    cff.fontNames = [postscript]
    cff.topDictIndex[0].FamilyName = family
    cff.topDictIndex[0].FullName = family
    font.save(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="NotoSansCJK-Regular.ttc")
    source = parser.parse_args().source
    folder = Path(__file__).parent
    first = set(FIRST)
    write_subset(
        source,
        text="".join(sorted(first)),
        family="Wuding Sans SC One",
        target=folder / "wuding-sans-sc-1.otf",
    )
    write_subset(
        source,
        text="".join(sorted(set(SECOND) - first)),
        family="Wuding Sans SC Two",
        target=folder / "wuding-sans-sc-2.otf",
    )


if __name__ == "__main__":
    main()
