"""The tables: users, their chat sessions, and the messages in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from .columns import UTCDateTime, utc_now


class Base(DeclarativeBase):
    """Declarative base: names for all constraints, so that migrations can alter them, and aware datetimes."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UTCDateTime()}


class TimestampMixin:
    """When a row was made and last changed. The application's clock sets both: a server's `now()` is in the
    session's time zone on MySQL and in whole seconds on SQLite."""

    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now, onupdate=utc_now)


class SoftDeleteMixin:
    """A row that is deleted by a timestamp; queries do not see it (`sessions.SoftDeleteSession`)."""

    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime(), default=None)


class User(TimestampMixin, SoftDeleteMixin, Base):
    """A person. The address is unique among users that are not deleted (on MySQL, which has no partial
    indexes, among all)."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))


Index(
    "uq_users_email_not_deleted",
    User.email,
    unique=True,
    postgresql_where=User.deleted_at.is_(None),
    sqlite_where=User.deleted_at.is_(None),
)


class ChatSession(TimestampMixin, SoftDeleteMixin, Base):
    """A conversation of one user. `message_count` numbers its messages; it also counts deleted ones."""

    __tablename__ = "chat_sessions"
    __table_args__ = (Index(None, "user_id", "id"),)  # the foreign key, and the order of the list

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(String(200))
    message_count: Mapped[int] = mapped_column(default=0)

    user: Mapped[User] = relationship(lazy="raise")


class Message(TimestampMixin, SoftDeleteMixin, Base):
    """One turn of a conversation, by its `role` (`user` or `assistant`) and its place, counted from 1."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("chat_session_id", "position"),)  # its index serves the foreign key

    id: Mapped[int] = mapped_column(primary_key=True)
    chat_session_id: Mapped[int] = mapped_column(ForeignKey("chat_sessions.id"))
    position: Mapped[int]
    role: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(Text)

    chat_session: Mapped[ChatSession] = relationship(lazy="raise")
