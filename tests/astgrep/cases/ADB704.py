import os

from sqlalchemy import StaticPool, create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

URL = "sqlite:///app.db"
directory = os.environ["DATA"]
first = create_async_engine("sqlite+aiosqlite:///app.db", poolclass=StaticPool)  # ADB704
second = create_engine(URL, poolclass=StaticPool)  # ADB704
third = create_engine(  # ADB704
    os.getenv("URL", "sqlite:////var/app.db"),
    poolclass=StaticPool,
)
fourth = create_engine(url=f"sqlite:///{directory}/app.db", poolclass=StaticPool)  # ADB704
memory = create_engine("sqlite:///:memory:", poolclass=StaticPool)
memory_too = create_engine("sqlite://", poolclass=StaticPool)
shared = create_engine("sqlite:///file:app?mode=memory&uri=true", poolclass=StaticPool)
unpooled = create_engine("sqlite:///app.db", poolclass=NullPool)
server = create_engine("postgresql://db/app", poolclass=StaticPool)
