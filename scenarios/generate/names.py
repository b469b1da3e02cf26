"""Made-up place names from syllables that county names like to use; no list of real places stands behind them."""

import numpy as np

_FIRST = """
青Qing 白Bai 红Hong 黄Huang 大Da 小Xiao 上Shang 下Xia 新Xin 老Lao 长Chang 高Gao 双Shuang 三San 五Wu 清Qing 金Jin
银Yin 玉Yu 东Dong 西Xi 南Nan 北Bei 平Ping 安An 和He 福Fu 龙Long 凤Feng 马Ma 牛Niu 石Shi 竹Zhu 松Song 柏Bai 桃Tao
梅Mei 杨Yang 柳Liu 云Yun
"""
_LAST = """
溪xi 山shan 河he 坪ping 坝ba 岭ling 泉quan 桥qiao 塘tang 冲chong 湾wan 沟gou 寨zhai 坡po 井jing 田tian 口kou 洞dong
峰feng 川chuan 林lin 岩yan 滩tan 庄zhuang
"""
FIRST, LAST = _FIRST.split(), _LAST.split()


def place_names(rng: np.random.Generator, count: int) -> list[tuple[str, str]]:
    """`count` different (Chinese, pinyin) names of two or three syllables, without 镇 or 村."""
    pairs = [(a[0] + b[0], a[1:] + b[1:]) for a in FIRST for b in LAST]
    order = rng.permutation(len(pairs))
    names = [pairs[index] for index in order[:count]]
    seen = {name for name, _ in names}
    while len(names) < count:  # three syllables once the short names are used up
        a, b, c = FIRST[rng.integers(len(FIRST))], FIRST[rng.integers(len(FIRST))], LAST[rng.integers(len(LAST))]
        name = a[0] + b[0] + c[0]
        if name not in seen and a != b:
            seen.add(name)
            names.append((name, a[1:] + b[1:].lower() + c[1:]))
    return names
