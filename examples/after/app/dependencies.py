"""What a handler may ask for."""

from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import get_db
from app.services import ChatService, UserService

# "function": committed before the answer leaves, so that a commit that fails is not answered with a 200.
DBSession = Annotated[AsyncSession, Depends(get_db, scope="function")]


def get_user_service(db: DBSession) -> UserService:
    return UserService(db)


def get_chat_service(db: DBSession) -> ChatService:
    return ChatService(db)


Users = Annotated[UserService, Depends(get_user_service)]
Chats = Annotated[ChatService, Depends(get_chat_service)]
