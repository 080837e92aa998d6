"""Row 4, DateTime: columns that keep their time zone, filled with aware values."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts
from flake8_asyncdb.facts.clocks import callable_default, is_naive_clock, reads_clock
from flake8_asyncdb.facts.columns import Zone, column_defaults, map_types


@rule(
    "ADB401",
    "naive-datetime-column",
    Severity.ERROR,
    "`{type}` keeps no time zone: an aware value fails or loses its zone, use `DateTime(timezone=True)`",
)
def naive_datetime_column(module: ModuleFacts) -> Iterator[Hit]:
    """A column type that stores dates and times without their zone.

    Why: asyncpg refuses an aware value for such a column (DBAPIError: can't subtract offset-naive and offset-aware
    datetimes); psycopg drops the zone: with the server in Tokyo, noon UTC came back as a naive 21:00.

    Bad:

        from datetime import datetime
        from sqlalchemy import DateTime
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Message(Base):
            __tablename__ = "messages"
            id: Mapped[int] = mapped_column(primary_key=True)
            sent_at: Mapped[datetime] = mapped_column(DateTime)  # ADB401

    Good:

        from datetime import datetime
        from sqlalchemy import DateTime
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Message(Base):
            __tablename__ = "messages"
            id: Mapped[int] = mapped_column(primary_key=True)
            sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    Not reported: the `impl` of a TypeDecorator and columns of such a type; a table of a MetaData that no
    declarative base has and nothing creates; a `timezone` that cannot be resolved; Alembic migrations.
    """
    for column in module.columns:
        if column.is_in_service:
            for node in column.naive_types:
                yield hit(node, type=ast.unparse(node))
    for node in map_types(module):
        yield hit(node, type=ast.unparse(node))


@rule(
    "ADB402",
    "implicit-naive-datetime",
    Severity.ERROR,
    "`{name}: datetime` without a column type becomes a naive `DateTime`: {remedy}",
)
def implicit_naive_datetime(module: ModuleFacts) -> Iterator[Hit]:
    """A mapped `datetime` whose column type is left to SQLAlchemy.

    Why: `Mapped[datetime]` becomes `DateTime(timezone=False)`, in SQLAlchemy 2.0 and 2.1 alike, with all that
    ADB401 says of it; so does a SQLModel `datetime` field before SQLModel 0.0.45.

    Bad:

        from datetime import datetime
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Message(Base):
            __tablename__ = "messages"
            id: Mapped[int] = mapped_column(primary_key=True)
            sent_at: Mapped[datetime]  # ADB402

    Good:

        from datetime import datetime
        from sqlalchemy import DateTime
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            type_annotation_map = {datetime: DateTime(timezone=True)}

        class Message(Base):
            __tablename__ = "messages"
            id: Mapped[int] = mapped_column(primary_key=True)
            sent_at: Mapped[datetime]

    Not reported: an attribute with an explicit type, in `mapped_column`, `Annotated`, `sa_type` or `sa_column`; a
    base whose `type_annotation_map` has an aware `datetime`; a class whose bases cannot be resolved, or whose
    columns are those of its `__table__`; Protocols, pydantic models and SQLModel classes that no table derives from.
    """
    for mapped in module.mapped_classes:
        remedy = "give it `sa_type=DateTime(timezone=True)`"
        if not mapped.is_sqlmodel:
            remedy = "say `DateTime(timezone=True)`, here or in the base's `type_annotation_map`"
        for column in mapped.implicit_columns():
            if column.zone is Zone.NAIVE:
                yield hit(column.node, name=column.name, remedy=remedy)


@rule(
    "ADB403",
    "naive-default",
    Severity.WARNING,
    "`{keyword}={value}` fills the column with a naive time: use `lambda: datetime.now(timezone.utc)`",
)
def naive_default(module: ModuleFacts) -> Iterator[Hit]:
    """A column with a time zone that is filled with a time that has none.

    Why: the naive value is taken for local time, by asyncpg for that of the client, by psycopg for that of the
    server: in Tokyo `utcnow()` was stored 9 hours off, silently.

    Bad:

        from datetime import datetime
        from sqlalchemy import Column, DateTime, Integer
        from sqlalchemy.orm import declarative_base

        Base = declarative_base()

        class Message(Base):
            __tablename__ = "messages"
            id = Column(Integer, primary_key=True)
            sent_at = Column(DateTime(timezone=True), default=datetime.utcnow)  # ADB403

    Good:

        from datetime import datetime, timezone
        from sqlalchemy import Column, DateTime, Integer
        from sqlalchemy.orm import declarative_base

        Base = declarative_base()

        class Message(Base):
            __tablename__ = "messages"
            id = Column(Integer, primary_key=True)
            sent_at = Column(DateTime(timezone=True), default=lambda: datetime.now(timezone.utc))

    Not reported: a column that is naive itself (ADB401 or ADB402 speaks, and its cure includes the default);
    columns of types that the rule does not know; `partial(datetime.now, UTC)`, `func.now()`; defaults of pydantic
    and dataclass fields or of options of a command line.
    """
    for default in column_defaults(module):
        if default.zone is not Zone.AWARE:
            continue
        value = callable_default(default.node, default.scope, module.project.inference)
        if value is not None and is_naive_clock(value, module.project.inference):
            yield hit(default.node, keyword=default.keyword, value=ast.unparse(default.node))


@rule(
    "ADB404",
    "frozen-default",
    Severity.ERROR,
    "`{keyword}={value}` is evaluated once, at import: every row gets the same value, pass the function itself",
)
def frozen_default(module: ModuleFacts) -> Iterator[Hit]:
    """A column default that was computed when the module was imported.

    Why: the clock is read, the uuid made, the number drawn once for the life of the process: all rows share
    it, and a primary key collides at the second row (IntegrityError).

    Bad:

        from uuid import uuid4
        from sqlalchemy import Column, String
        from sqlalchemy.orm import declarative_base

        Base = declarative_base()

        class Message(Base):
            __tablename__ = "messages"
            id = Column(String, primary_key=True, default=str(uuid4()))  # ADB404

    Good:

        from uuid import uuid4
        from sqlalchemy import Column, String
        from sqlalchemy.orm import declarative_base

        Base = declarative_base()

        class Message(Base):
            __tablename__ = "messages"
            id = Column(String, primary_key=True, default=lambda: str(uuid4()))

    Not reported: functions and lambdas; `func.now()`; constants such as `timedelta(days=1)`; defaults of functions,
    pydantic models and dataclasses.
    """
    for default in column_defaults(module):
        if reads_clock(default.node, default.scope, module.project.inference):
            yield hit(default.node, keyword=default.keyword, value=ast.unparse(default.node))
