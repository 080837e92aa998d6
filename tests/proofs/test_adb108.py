"""ADB108 dynamic-relationship."""

from __future__ import annotations

import pytest
from harness import Database, Loader
from sqlalchemy.exc import MissingGreenlet

OBSERVED = "MissingGreenlet when the relationship is read"

ROWS = "insert into users values (1); insert into chats values (7, 1), (8, 1)"


@pytest.mark.asyncio
async def test_a_dynamic_relationship_cannot_be_read(load: Loader, database: Database) -> None:
    bad = load("ADB108", "Bad")
    database.create_all(bad.Base.metadata)
    database.sql(ROWS)
    with pytest.raises(MissingGreenlet):
        await bad.list_chats(1)


@pytest.mark.asyncio
async def test_a_write_only_one_is_selected_from(load: Loader, database: Database) -> None:
    good = load("ADB108", "Good")
    database.create_all(good.Base.metadata)
    database.sql(ROWS)
    assert {chat.id for chat in await good.list_chats(1)} == {7, 8}
