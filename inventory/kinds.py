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

# who owns what a store holds; a supplier's stock under agreement may stand outside the store
OWNERS: dict[str, tuple[str, str]] = {
    "county": ("县级", "county"),
    "town": ("乡镇级", "town"),
    "village": ("村级", "village"),
    "entrusted": ("代储", "entrusted"),
    "agreement": ("协议储备", "supplier agreement"),
}

# where units stand that are no stock of a store any more, or not yet of the next one
ELSEWHERE: dict[str, tuple[str, str]] = {
    "issued": ("已出库", "issued"),
    "in_transit": ("在途", "in transit"),
}

# how far a transfer or a stocktake has come
ORDER_STATES: dict[str, tuple[str, str]] = {
    "requested": ("已申请", "requested"),
    "approved": ("已批准", "approved"),
    "picked": ("已备货", "picked"),
    "in_transit": ("在途", "in transit"),
    "received": ("已收货", "received"),
    "refused": ("已拒绝", "refused"),
    "cancelled": ("已取消", "cancelled"),
    "open": ("盘点中", "being counted"),
    "counted": ("已盘完", "counted"),
    "rejected": ("未通过", "rejected"),
}

# what the ground of a village is prone to; such a village holds some things besides
VILLAGE_PROFILES: dict[str, tuple[str, str]] = {
    "low_lying": ("低洼易涝", "low-lying"),
    "flash_flood": ("山洪易灾", "flash floods"),
    "cold": ("高寒易冻", "cold"),
}

# what a row of the ledger does
MOVEMENTS: dict[str, tuple[str, str]] = {
    "RECEIVE": ("入库", "receipt"),
    "MOVE": ("移库", "move"),
    "RESERVE": ("预留", "reservation"),
    "RELEASE": ("释放预留", "release"),
    "ISSUE": ("出库", "issue"),
    "RETURN": ("归还", "return"),
    "TRANSFER_OUT": ("调出", "transfer out"),
    "TRANSFER_IN": ("调入", "transfer in"),
    "ADJUST": ("盘点调整", "adjustment"),
    "WRITE_OFF": ("核销", "write-off"),
    "REVERSE": ("冲销", "reversal"),
}

# what a person did; an order step (a request, an opened stocktake) moves nothing by itself
OPERATIONS: dict[str, tuple[str, str]] = {**MOVEMENTS, "ORDER": ("单据", "order step")}

# why: coded, so that it can be counted
REASONS: dict[str, tuple[str, str]] = {
    "OPENING": ("期初建账", "opening balance"),
    "PURCHASE": ("采购", "purchase"),
    "DONATION": ("捐赠", "donation"),
    "ALLOCATION": ("上级配发", "allocation from above"),
    "PUT_AWAY": ("上架", "put away"),
    "REARRANGE": ("调整货位", "rearranged"),
    "RESCUE": ("抢险救援", "rescue"),
    "RELIEF": ("群众救助", "relief"),
    "DRILL": ("演练", "drill"),
    "LOAN": ("借用", "loan"),
    "GIVE_BACK": ("归还", "brought back"),
    "REPLENISH": ("补充储备", "replenishment"),
    "PLAN": ("调度方案", "dispatch plan"),
    "COUNT": ("盘点", "stocktake"),
    "STATEMENT": ("按导入文件更正", "statement of an imported file"),
    "DAMAGE": ("损坏", "damage"),
    "REPAIR": ("送修", "sent for repair"),
    "REPAIRED": ("修复", "repaired"),
    "QUARANTINE": ("隔离", "quarantine"),
    "RELEASED": ("解除隔离", "released from quarantine"),
    "RECALL": ("召回", "recall"),
    "EXPIRY": ("过期", "expiry"),
    "RETIREMENT": ("到期报废", "retirement"),
    "LOSS": ("丢失", "loss"),
    "LOST_IN_TRANSIT": ("途中短少", "lost in transit"),
    "DAMAGED_IN_TRANSIT": ("途中损坏", "damaged in transit"),
    "CORRECTION": ("更正差错", "correction"),
    "CANCELLED": ("取消", "cancelled"),
    "EXPIRED_HOLD": ("预留到期", "reservation ran out"),
}
