"""ADB306 unclosed-session."""

from __future__ import annotations

import pytest
from harness import Database, Loader, garbage_kept
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

OBSERVED = "with a pool of two the third call fails: TimeoutError, QueuePool limit of size 2 overflow 0 reached"


def test_unclosed_sessions_use_the_pool_up(load: Loader, database: Database) -> None:
    database.create_all()
    count_users = load("ADB306", "Bad").count_users
    with garbage_kept():
        assert [count_users(), count_users()] == [0, 0]
        with pytest.raises(PoolTimeoutError, match="QueuePool limit of size 2 overflow 0 reached"):
            count_users()


def test_closed_ones_share_a_connection(load: Loader, database: Database) -> None:
    database.create_all()
    count_users = load("ADB306", "Good").count_users
    with garbage_kept():
        assert [count_users() for _ in range(10)] == [0] * 10
    assert database.connections() == 1
