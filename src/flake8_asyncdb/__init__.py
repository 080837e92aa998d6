"""A flake8 plugin for the database layer of FastAPI services on SQLAlchemy."""

__version__ = "0.1.0"
