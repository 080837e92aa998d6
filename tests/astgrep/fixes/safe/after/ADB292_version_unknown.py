"""SQLAlchemy 1.4 needs it, and nothing here says that it is newer."""
from sqlalchemy import create_engine

engine = create_engine("postgresql://db/app", pool_pre_ping=True, future=True)
