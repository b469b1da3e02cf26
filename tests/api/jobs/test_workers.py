"""Workers are killed, stalled and replaced; every job is done, and done once."""

import signal
import time

from api.jobs import book
from inventory.database import now, transaction


def test_a_killed_worker_goes_on_with_its_job_at_once_when_it_restarts_under_its_own_name(office):
    office.start("a", lease_s=60)
    code = office.ask("slow", steps=8)
    office.under_way(code)
    office.kill("a")
    assert office.effects(code) == 0
    office.start("a", lease_s=60)
    row = office.done(code, within_s=10)  # long before the lease runs out
    assert (row.runs, row.executor, office.effects(code)) == (2, "a", 1)


def test_a_job_goes_to_another_worker_when_the_lease_of_a_dead_one_runs_out_but_never_from_a_live_one(office):
    office.start("a", lease_s=1)
    code = office.ask("slow", steps=30)
    office.under_way(code)
    office.start("b", lease_s=1)
    row = office.done(code)  # three leases long: b looked several times
    assert (row.runs, row.executor, office.effects(code)) == (1, "a", 1)

    code = office.ask("slow", steps=8)
    first = office.under_way(code).executor
    office.kill(first)
    row = office.done(code)
    assert (row.runs, row.executor, office.effects(code)) == (2, "b" if first == "a" else "a", 1)


def test_a_worker_that_dies_after_the_effect_does_nothing_twice(office):
    office.start("a")
    code = office.ask("dies_after")
    office.gone("a")
    assert office.effects(code) == 1
    office.start("a")
    follows = office.ask("slow", steps=1)  # the queue has gone past the first
    office.done(follows)
    row = office.job(code)
    assert (row.status, row.runs, office.effects(code)) == ("done", 1, 1)


def test_a_stalled_worker_that_wakes_after_it_was_replaced_does_nothing_twice(office, database_kind):
    office.start("a", "b", lease_s=1)
    code = office.ask("slow", steps=20)
    first = office.under_way(code).executor
    office.send(first, signal.SIGSTOP)
    if database_kind == "sqlite":  # one host: the system knows that it is not dead
        time.sleep(2)
        office.send(first, signal.SIGCONT)
        assert office.done(code).runs == 1
    else:
        row = office.done(code)
        assert row.runs == 2
        office.send(first, signal.SIGCONT)
        time.sleep(2.5)
        assert office.job(code).finished_at == row.finished_at
    assert office.effects(code) == 1


def test_a_running_job_is_cancelled_without_a_trace_and_can_be_done_again(office):
    office.start("a")
    code = office.ask("slow", steps=8)
    office.under_way(code)
    with transaction(office.engine) as connection:
        assert book.cancel(connection, code, at=now()) == "running"
    row = office.until(code, lambda row: row.status == "cancelled", within_s=5)
    assert office.effects(code) == 0
    with transaction(office.engine) as connection:
        assert book.retry(connection, code) == 2
        assert book.cancel(connection, code, at=now()) == "cancelled"  # nobody has begun it
        assert book.retry(connection, code) == 3
    row = office.done(code, within_s=20)
    assert (row.attempt, office.effects(code)) == (3, 1)


def test_two_workers_of_one_night_evaluate_once(office):
    from sqlalchemy import func, select

    from api.jobs import durable
    from api.jobs.tables import jobs
    from inventory.database import reading

    durable._Here.engine = office.engine
    for _ in range(3):
        durable.ask_nightly()
    with reading(office.engine) as connection:
        assert connection.execute(select(func.count()).select_from(jobs)).scalar_one() == 1
