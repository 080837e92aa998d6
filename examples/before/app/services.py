"""What the service does."""

from app.database import Database
from app.models import ChatSession, Message


class UnknownChat(Exception):
    """There is no chat session with that id."""


class ChatService:
    """Chat sessions and their messages."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def start(self, user_id: int, title: str) -> ChatSession:
        return self.database.add_chat(user_id, title.strip() or "New chat")

    def post(self, chat_id: int, role: str, content: str) -> Message:
        if self.database.get_chat(chat_id) is None:
            raise UnknownChat(chat_id)
        return self.database.add_message(chat_id, role, content)
