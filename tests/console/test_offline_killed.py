"""Thirty entries made without a network, sent while the service is killed; five hundred are a benchmark."""

from tests.console.replays import replay


def test_thirty_entries_with_the_service_killed_halfway(browser, tmp_path, sqlite_template):
    replay(browser, tmp_path, sqlite_template, seed=3, many=30, jobs=6, kills=1)
