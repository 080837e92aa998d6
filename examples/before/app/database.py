"""Access to the chat database."""

from contextlib import contextmanager
from typing import Iterator, Optional

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from app.config import DATABASE_URL
from app.models import Base, ChatSession, Message, User


class Database:
    """The one database of the service: every `Database()` is the same object."""

    _instance: Optional["Database"] = None

    def __new__(cls) -> "Database":
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __init__(self) -> None:
        if hasattr(self, "engine"):
            return
        if DATABASE_URL.startswith("sqlite"):
            self.engine = create_engine(
                DATABASE_URL,
                connect_args={"check_same_thread": False},
                poolclass=StaticPool,
            )
        else:
            self.engine = create_engine(DATABASE_URL, pool_size=10, max_overflow=20)
        self.session_factory = sessionmaker(bind=self.engine, autoflush=False, expire_on_commit=False)
        Base.metadata.create_all(self.engine)

    @contextmanager
    def session_scope(self) -> Iterator[Session]:
        """A session that commits at the end and rolls back on an error."""
        session = self.session_factory()
        try:
            yield session
            session.commit()
        except Exception:
            session.rollback()
            raise
        finally:
            session.close()

    def add_user(self, name: str) -> User:
        with self.session_scope() as session:
            user = User(name=name)
            session.add(user)
            session.flush()
            return user

    def add_chat(self, user_id: int, title: str) -> ChatSession:
        with self.session_scope() as session:
            chat = ChatSession(user_id=user_id, title=title)
            session.add(chat)
            session.flush()
            return chat

    def get_chat(self, chat_id: int) -> Optional[ChatSession]:
        with self.session_scope() as session:
            return session.get(ChatSession, chat_id)

    def list_chats(self, user_id: int) -> list[ChatSession]:
        with self.session_scope() as session:
            query = select(ChatSession).where(ChatSession.user_id == user_id).order_by(ChatSession.id)
            return list(session.scalars(query))

    def add_message(self, chat_id: int, role: str, content: str) -> Message:
        with self.session_scope() as session:
            message = Message(session_id=chat_id, role=role, content=content)
            session.add(message)
            session.flush()
            return message
