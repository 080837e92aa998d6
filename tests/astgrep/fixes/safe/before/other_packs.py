"""What suppresses a rule of another pack stays."""
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgres://db/app", pool_pre_ping=True)  # ast-grep-ignore: their-rule
kept = create_async_engine("postgres://db/app", pool_pre_ping=True)  # ast-grep-ignore: ADB803
# ast-grep-ignore: no-print
print(engine)
