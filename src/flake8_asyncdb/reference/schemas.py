"""What the API takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Email = Annotated[str, StringConstraints(to_lower=True, max_length=320, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")]
Content = Annotated[str, StringConstraints(min_length=1, max_length=100_000, pattern=r"^[^\x00]*$")]
"""Texts. None may contain NUL, which PostgreSQL cannot store."""


class UserCreate(BaseModel):
    """A new user."""

    name: Name
    email: Email


class UserUpdate(BaseModel):
    """Changes to a user; what is absent or null stays."""

    name: Name | None = None
    email: Email | None = None


class ChatSessionCreate(BaseModel):
    """A new chat session."""

    title: Name


class ChatSessionUpdate(BaseModel):
    """Changes to a chat session; what is absent or null stays."""

    title: Name | None = None


class MessageCreate(BaseModel):
    """A new message of the user."""

    content: Content


class MessageUpdate(BaseModel):
    """Changes to a message; what is absent or null stays."""

    content: Content | None = None


class Row(BaseModel):
    """What every stored object shows of itself. Times are aware, in UTC."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    created_at: datetime
    updated_at: datetime


class UserRead(Row):
    """A user."""

    name: str
    email: str


class ChatSessionRead(Row):
    """A chat session."""

    user_id: int
    title: str
    message_count: int


class MessageRead(Row):
    """A message; `position` counts from 1 in its chat session."""

    chat_session_id: int
    position: int
    role: str
    content: str


RowT = TypeVar("RowT", bound=Row)


class Page(BaseModel, Generic[RowT]):
    """A part of a list. Ask for the next part with `after=next_after`, until that is null."""

    items: list[RowT]
    next_after: int | None


class Health(BaseModel):
    """The answer of a service whose database answers."""

    status: str = "ok"
