"""Roles and what they permit. Deny by default: a permission that no role of a person lists is refused."""

from collections.abc import Mapping

# permission -> what it lets a person do, in Chinese and English
PERMISSIONS: dict[str, tuple[str, str]] = {
    "registers.read": ("查看区划、库点、目录、队伍和车辆", "look at places, stores, the catalogue, teams and vehicles"),
    "registers.write": ("维护区划、库点、目录、队伍和车辆", "keep places, stores, the catalogue, teams and vehicles"),
    "people.read": ("查看人员及电话", "look at people and their phones"),
    "people.write": ("维护人员", "keep the list of people"),
    "stock.read": ("查看库存与台账", "look at stock and ledger"),
    "stock.write": ("出入库", "receive, move, issue and return stock"),
    "stock.override": ("应急放行被拦库存", "let blocked stock go in an emergency"),
    "stock.reverse": ("冲销单据", "reverse an entry"),
    "transfers.write": ("申请、备货、发货、收货", "ask for transfers, pick, send and receive them"),
    "transfers.approve": ("审批调拨", "approve transfers"),
    "counts.write": ("盘点", "count stock"),
    "counts.approve": ("审批盘点", "approve counts"),
    "care.read": ("查看五定检查", "look at five-fixed findings and tasks"),
    "care.do": ("完成五定任务", "do five-fixed tasks"),
    "care.manage": ("派发五定任务、发布评估", "assign five-fixed tasks, evaluate"),
    "incidents.read": ("查看事件、封路和预警", "look at incidents, closures and alerts"),
    "incidents.report": ("上报事件", "report incidents"),
    "incidents.manage": ("管理事件、封路和预警", "manage incidents, closures and alerts"),
    "plans.read": ("查看方案", "look at plans"),
    "plans.make": ("编制方案", "make plans"),
    "plans.approve": ("批准方案", "approve plans"),
    "orders.report": ("回报队伍行动", "report how far a team has come"),
    "orders.manage": ("管理全部队伍的行动", "report for every team"),
    "staffing.read": ("查看编制测算", "look at staffing studies"),
    "staffing.make": ("编制测算", "make staffing studies"),
    "scenarios.read": ("查看情景", "look at scenarios"),
    "scenarios.make": ("生成情景与演练", "build scenarios and exercises"),
    "jobs.read": ("查看后台任务", "look at jobs"),
    "jobs.run": ("启动和取消后台任务", "start and cancel jobs"),
    "files.read": ("查看附件", "look at files"),
    "files.write": ("上传附件", "upload files"),
    "users.read": ("查看账号", "look at accounts"),
    "users.manage": ("管理账号与授权", "manage accounts and what they may do"),
    "audit.read": ("查看审计日志", "look at the audit log"),
}

_LOOK = (
    "registers.read", "stock.read", "care.read", "incidents.read", "plans.read", "scenarios.read", "jobs.read",
    "files.read",
)  # fmt: skip

# role -> its name in Chinese and English
ROLES: dict[str, tuple[str, str]] = {
    "administrator": ("管理员", "administrator"),
    "supply_manager": ("物资管理负责人", "supply manager"),
    "custodian": ("库管员", "custodian"),
    "dispatcher": ("调度员", "dispatcher"),
    "team_leader": ("队长", "team leader"),
    "planner": ("规划员", "planner"),
    "grid_worker": ("网格员", "grid worker"),
    "auditor": ("审计员", "auditor"),
}

PERMITTED: Mapping[str, frozenset[str]] = {
    "administrator": frozenset(PERMISSIONS),
    "supply_manager": frozenset(
        {*_LOOK, "registers.write", "people.read", "people.write", "stock.write", "stock.override", "stock.reverse",
         "transfers.write", "transfers.approve", "counts.write", "counts.approve", "care.do", "care.manage",
         "files.write", "jobs.run", "incidents.report"}
    ),
    "custodian": frozenset(
        {"registers.read", "people.read", "stock.read", "stock.write", "transfers.write", "counts.write", "care.read",
         "care.do", "files.read", "files.write", "incidents.report"}
    ),
    "dispatcher": frozenset(
        {*_LOOK, "people.read", "incidents.report", "incidents.manage", "plans.make", "plans.approve",
         "orders.report", "orders.manage", "scenarios.make", "stock.override", "files.write", "jobs.run"}
    ),
    "team_leader": frozenset(
        {"registers.read", "incidents.read", "incidents.report", "plans.read", "orders.report", "files.read",
         "files.write"}
    ),
    "planner": frozenset({*_LOOK, "staffing.read", "staffing.make", "scenarios.make", "jobs.run"}),
    # may report, may not enforce (Z25): no step that changes anybody's work
    "grid_worker": frozenset({"registers.read", "incidents.report", "files.write"}),
    "auditor": frozenset({*_LOOK, "people.read", "staffing.read", "users.read", "audit.read"}),
}  # fmt: skip
