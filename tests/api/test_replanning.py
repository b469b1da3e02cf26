"""What is left of the plan in force when part of a lot has gone."""

from decimal import Decimal

from api.replanning import _without
from optimizer.dispatch.plan import Plan, Shipment, Status, StoppedBy


def test_of_a_lot_for_several_the_equipment_of_tasks_went_first() -> None:
    goods = Shipment("S1", "s", "i", "rope", "l", Decimal(2), 0, 60)
    gear = Shipment("S2", "s", "i", "rope", "l", Decimal(2), 0, 60, task="t")
    plan = Plan("", Status.FEASIBLE, 0, {}, StoppedBy.WORK, (), (), (goods, gear), ())
    assert _without(plan, frozenset(), {("s", "rope", "l"): Decimal(2)}).shipments == (goods,)
