"""What the application does. A service is given its session; it flushes, and never commits.

The transaction belongs to whoever opened the session (`sessions.get_db` for a request), so that two services
in one request succeed or fail together. Every method here raises `NotFoundError` for an object that does not
exist, is deleted, or belongs to one that is; `IntegrityError` comes from a flush that breaks a constraint.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from .columns import utc_now
from .errors import NotFoundError
from .models import Base, ChatSession, Message, User
from .schemas import (
    ChatSessionCreate,
    ChatSessionUpdate,
    MessageCreate,
    MessageUpdate,
    UserCreate,
    UserUpdate,
)
from .sessions import SessionFactories

ModelT = TypeVar("ModelT", bound=Base)


async def _one(db: AsyncSession, model: type[ModelT], statement: Select[Any]) -> ModelT:
    """Return the one `model` that `statement` finds."""
    row: ModelT | None = await db.scalar(statement)
    if row is None:
        raise NotFoundError(model.__name__)
    return row


class HealthService:
    """Whether the database answers."""

    def __init__(self, db: AsyncSession) -> None:
        self._db = db

    async def check(self) -> None:
        """Make one round trip. Raises what the driver raises."""
        await self._db.execute(text("SELECT 1"))


class UserService:
    """Users."""

    def __init__(self, db: AsyncSession) -> None:
        self._db = db

    async def create(self, data: UserCreate) -> User:
        """Add a user. Raises `IntegrityError` when the address is taken."""
        user = User(name=data.name, email=data.email)
        self._db.add(user)
        await self._db.flush()
        return user

    async def get(self, user_id: int) -> User:
        """Return a user."""
        return await _one(self._db, User, select(User).where(User.id == user_id))

    async def page(self, after: int, limit: int) -> Sequence[User]:
        """Return up to `limit` users whose id is above `after`, by id."""
        statement = select(User).where(User.id > after).order_by(User.id).limit(limit)
        return (await self._db.scalars(statement)).all()

    async def update(self, user_id: int, data: UserUpdate) -> User:
        """Change a user. Raises `IntegrityError` when the address is taken."""
        user = await self.get(user_id)
        for name, value in data.model_dump(exclude_none=True).items():
            setattr(user, name, value)
        await self._db.flush()
        return user

    async def delete(self, user_id: int) -> None:
        """Mark a user as deleted; what belongs to the user is hidden with it."""
        user = await self.get(user_id)
        user.deleted_at = utc_now()
        await self._db.flush()

    async def restore(self, user_id: int) -> User:
        """Take a deletion back. Raises `IntegrityError` when the address was given to another user."""
        statement = select(User).where(User.id == user_id).execution_options(include_deleted=True)
        user = await _one(self._db, User, statement)
        user.deleted_at = None
        await self._db.flush()
        return user


class ChatSessionService:
    """Chat sessions of users that are not deleted: joining the user makes its deletion count."""

    def __init__(self, db: AsyncSession) -> None:
        self._db = db

    async def create(self, user_id: int, data: ChatSessionCreate) -> ChatSession:
        """Add a chat session to a user."""
        await UserService(self._db).get(user_id)
        chat_session = ChatSession(user_id=user_id, title=data.title)
        self._db.add(chat_session)
        await self._db.flush()
        return chat_session

    async def get(self, chat_session_id: int) -> ChatSession:
        """Return a chat session."""
        statement = select(ChatSession).join(ChatSession.user).where(ChatSession.id == chat_session_id)
        return await _one(self._db, ChatSession, statement)

    async def get_locked(self, chat_session_id: int) -> ChatSession:
        """Return a chat session as it is stored now, and keep others from changing it until the transaction
        ends. SQLite has no row locks; there `BEGIN IMMEDIATE` has locked the database already."""
        statement = (
            select(ChatSession)
            .join(ChatSession.user)
            .where(ChatSession.id == chat_session_id)
            .with_for_update(of=ChatSession)
            .execution_options(populate_existing=True)
        )
        return await _one(self._db, ChatSession, statement)

    async def page(self, user_id: int, after: int, limit: int) -> Sequence[ChatSession]:
        """Return up to `limit` chat sessions of a user whose id is above `after`, by id."""
        await UserService(self._db).get(user_id)
        statement = (
            select(ChatSession)
            .where(ChatSession.user_id == user_id, ChatSession.id > after)
            .order_by(ChatSession.id)
            .limit(limit)
        )
        return (await self._db.scalars(statement)).all()

    async def update(self, chat_session_id: int, data: ChatSessionUpdate) -> ChatSession:
        """Change a chat session."""
        chat_session = await self.get(chat_session_id)
        for name, value in data.model_dump(exclude_none=True).items():
            setattr(chat_session, name, value)
        await self._db.flush()
        return chat_session

    async def delete(self, chat_session_id: int) -> None:
        """Mark a chat session as deleted; its messages are hidden with it."""
        chat_session = await self.get(chat_session_id)
        chat_session.deleted_at = utc_now()
        await self._db.flush()

    async def restore(self, chat_session_id: int) -> ChatSession:
        """Take a deletion back."""
        statement = (
            select(ChatSession)
            .join(ChatSession.user)
            .where(ChatSession.id == chat_session_id, User.deleted_at.is_(None))
            .execution_options(include_deleted=True)
        )
        chat_session = await _one(self._db, ChatSession, statement)
        chat_session.deleted_at = None
        await self._db.flush()
        return chat_session


class MessageService:
    """Messages of chat sessions that are not deleted."""

    def __init__(self, db: AsyncSession) -> None:
        self._db = db

    async def create(self, chat_session_id: int, role: str, data: MessageCreate) -> Message:
        """Append a message of `role`. The chat session is locked, so that no two get the same position."""
        chat_session = await ChatSessionService(self._db).get_locked(chat_session_id)
        chat_session.message_count += 1
        message = Message(
            chat_session_id=chat_session.id,
            position=chat_session.message_count,
            role=role,
            content=data.content,
        )
        self._db.add(message)
        await self._db.flush()
        return message

    async def get(self, message_id: int) -> Message:
        """Return a message."""
        statement = select(Message).join(Message.chat_session).join(ChatSession.user).where(Message.id == message_id)
        return await _one(self._db, Message, statement)

    async def page(self, chat_session_id: int, after: int, limit: int) -> Sequence[Message]:
        """Return up to `limit` messages of a chat session whose position is above `after`, by position."""
        await ChatSessionService(self._db).get(chat_session_id)
        statement = (
            select(Message)
            .where(Message.chat_session_id == chat_session_id, Message.position > after)
            .order_by(Message.position)
            .limit(limit)
        )
        return (await self._db.scalars(statement)).all()

    async def update(self, message_id: int, data: MessageUpdate) -> Message:
        """Change a message."""
        message = await self.get(message_id)
        for name, value in data.model_dump(exclude_none=True).items():
            setattr(message, name, value)
        await self._db.flush()
        return message

    async def delete(self, message_id: int) -> None:
        """Mark a message as deleted; its position stays taken."""
        message = await self.get(message_id)
        message.deleted_at = utc_now()
        await self._db.flush()

    async def restore(self, message_id: int) -> Message:
        """Take a deletion back."""
        statement = (
            select(Message)
            .join(Message.chat_session)
            .join(ChatSession.user)
            .where(Message.id == message_id, ChatSession.deleted_at.is_(None), User.deleted_at.is_(None))
            .execution_options(include_deleted=True)
        )
        message = await _one(self._db, Message, statement)
        message.deleted_at = None
        await self._db.flush()
        return message


AnswerModel = Callable[[str], AsyncGenerator[str, None]]
"""What answers a question, piece by piece: a language model's client in a real application."""


async def echo(question: str) -> AsyncGenerator[str, None]:
    """Answer with the question's words. Put your model's client in its place."""
    for word in question.split():
        yield f"{word} "


class AnswerService:
    """Answers that are streamed. A stream may take minutes: it holds no session and so no connection."""

    def __init__(self, factories: SessionFactories, model: AnswerModel) -> None:
        self._factories = factories
        self._model = model

    async def stream(self, chat_session_id: int, question: str) -> AsyncGenerator[str, None]:
        """Yield the answer's pieces, then store it in a short transaction of its own.

        A client that leaves early cancels the stream: nothing is stored. An error while storing ends the
        response without its last chunk, since its 200 is sent by then.
        """
        pieces: list[str] = []
        async with aclosing(self._model(question)) as answer:
            async for piece in answer:
                pieces.append(piece)
                yield piece
        async with self._factories.write.begin() as db:
            data = MessageCreate.model_construct(content="".join(pieces))
            await MessageService(db).create(chat_session_id, "assistant", data)
