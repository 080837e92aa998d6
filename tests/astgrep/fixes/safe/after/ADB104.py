from sqlalchemy.ext.asyncio import AsyncSession


async def create(session: AsyncSession, user, others) -> None:
    session.add(user)  # the user
    session.add_all(
        # all the others
        others,
    )
    await session.flush()


async def look(session: AsyncSession) -> bool:
    return not (session.in_transaction())


async def text(session: AsyncSession, make) -> None:
    await session.add(make("""
several lines
"""))
