"""ADB701 sqlite-without-pragmas."""

from __future__ import annotations

import pytest
from apps import add_orphan, commit_beside_a_reader, create_users_and_chats
from harness import Loader
from sqlalchemy.exc import IntegrityError, OperationalError

OBSERVED = "a commit beside a reader fails, database is locked, and a row that refers to nothing is stored"


@pytest.mark.asyncio
async def test_a_reader_locks_the_writer_out(load: Loader) -> None:
    engine = load("ADB701", "Bad").engine
    await create_users_and_chats(engine)
    with pytest.raises(OperationalError, match="database is locked"):
        await commit_beside_a_reader(engine)
    await add_orphan(engine)


@pytest.mark.asyncio
async def test_with_pragmas_both_go_on(load: Loader) -> None:
    engine = load("ADB701", "Good").engine
    await create_users_and_chats(engine)
    await commit_beside_a_reader(engine)
    with pytest.raises(IntegrityError, match="FOREIGN KEY constraint failed"):
        await add_orphan(engine)
