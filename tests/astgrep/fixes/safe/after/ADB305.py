#!/usr/bin/env python
"""Providers."""
from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Iterator
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = async_sessionmaker(expire_on_commit=False)
SyncLocal = sessionmaker()


async def get_db() -> AsyncIterator[AsyncSession]:  # for handlers
    """Text
    of several lines.
    """
    async with SessionLocal() as session:
        yield session


def get_sync_db(
    name: str = "shop",
) -> Iterator[Session]:
    with SyncLocal() as session:
        yield session
