"""Row 9, Access pattern: a service layer with an injected session."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts


@rule(
    "ADB901",
    "database-class",
    Severity.ADVICE,
    "`{cls}` makes its own engine and sessions and also has data access (`{method}`): "
    "leave the engine to the lifespan, and give services a session",
)
def database_class(module: ModuleFacts) -> Iterator[Hit]:
    """One class that is engine, session factory and data access at once.

    Why: whoever needs a row needs the whole object with its pool, so that it becomes a singleton, its methods
    each have a transaction of their own, and tests cannot put a session in. A convention of the comparison table.

    Bad:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        class Database:  # ADB901
            def __init__(self, url: str) -> None:
                self.engine = create_async_engine(url, pool_pre_ping=True)
                self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

            async def count_users(self) -> int:
                async with self.sessions() as session:
                    return await session.scalar(text("select count(*) from users"))

    Good:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession

        class UserService:
            def __init__(self, session: AsyncSession) -> None:
                self.session = session

            async def count_users(self) -> int:
                return await self.session.scalar(text("select count(*) from users"))

    Not reported: a class that makes engine and factory and only hands out sessions; a service that is given its
    session, engine or factory.
    """
    for service in module.services:
        if service.makes_engine and service.makes_factory and service.data_access_methods:
            yield hit(service.node, cls=service.cls.name, method=service.data_access_methods[0].name)
