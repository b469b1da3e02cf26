"""The words the inventory counts in: kinds of checks and states of stock."""

# kind of check -> its name in Chinese and English
KINDS: dict[str, tuple[str, str]] = {
    "INSPECT": ("查验", "inspection"),
    "RUN": ("试机", "trial run"),
    "CHARGE": ("充电", "charging"),
    "TEST": ("检测", "test"),
    "LOAD_TEST": ("带载试验", "load test"),
    "SERVICE": ("维保", "service"),
    "ROTATE": ("轮换", "rotation"),
    "DISINFECT": ("消毒", "disinfection"),
    "FUEL_ROTATE": ("燃油轮换", "fuel rotation"),
    "RETIRE": ("报废", "retirement"),
    "STOCKTAKE": ("盘点", "stocktake"),
    "SEASON_CHECK": ("季前检查", "pre-season check"),
}

# counted and inspected store by store, not lot by lot
STORE_WIDE = frozenset({"STOCKTAKE", "SEASON_CHECK"})

# "due" is no state: it is computed from dates at every look
STATES: dict[str, tuple[str, str]] = {
    "serviceable": ("完好", "serviceable"),
    "damaged": ("损坏", "damaged"),
    "repair": ("送修", "away for repair"),
    "quarantined": ("隔离", "quarantined"),
    "recalled": ("召回", "recalled"),
    "expired": ("过期", "expired"),
    "retired": ("报废", "retired"),
}
