"""What the service does. Whoever gives a service its session commits or rolls back."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import ChatSession, Message, UsageEvent, User


class UnknownChat(Exception):
    """There is no chat session with that id."""


class UnknownUser(Exception):
    """There is no user with that id."""


class UserService:
    """The people who chat."""

    def __init__(self, db: AsyncSession) -> None:
        self.db = db

    async def add(self, name: str) -> User:
        user = User(name=name)
        self.db.add(user)
        await self.db.flush()
        return user


class ChatService:
    """Chat sessions and their messages."""

    def __init__(self, db: AsyncSession) -> None:
        self.db = db

    async def start(self, user_id: int, title: str) -> ChatSession:
        chat = ChatSession(user_id=user_id, title=title.strip() or "New chat")
        self.db.add_all([UsageEvent(action="chat started"), chat])
        try:
            await self.db.flush()
        except IntegrityError:
            raise UnknownUser(user_id) from None
        return chat

    async def list_for(self, user_id: int) -> list[ChatSession]:
        query = select(ChatSession).where(ChatSession.user_id == user_id).order_by(ChatSession.id)
        return list(await self.db.scalars(query))

    async def post(self, chat_id: int, role: str, content: str) -> Message:
        if await self.db.get(ChatSession, chat_id) is None:
            raise UnknownChat(chat_id)
        message = Message(session_id=chat_id, role=role, content=content)
        self.db.add_all([message, UsageEvent(action="message posted")])
        await self.db.flush()
        return message

    async def messages(self, chat_id: int) -> list[Message]:
        query = select(Message).where(Message.session_id == chat_id).order_by(Message.id)
        return list(await self.db.scalars(query))
