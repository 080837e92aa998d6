"""One alias per service: what a handler writes to get it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from .services import (
    AnswerModel,
    AnswerService,
    ChatSessionService,
    HealthService,
    MessageService,
    UserService,
    echo,
)
from .sessions import DBSession, Factories


async def get_health_service(db: DBSession) -> HealthService:
    """Provide the health service on the request's session."""
    return HealthService(db)


async def get_user_service(db: DBSession) -> UserService:
    """Provide the user service on the request's session."""
    return UserService(db)


async def get_chat_session_service(db: DBSession) -> ChatSessionService:
    """Provide the chat session service on the request's session."""
    return ChatSessionService(db)


async def get_message_service(db: DBSession) -> MessageService:
    """Provide the message service on the request's session."""
    return MessageService(db)


async def get_answer_model() -> AnswerModel:
    """Provide what answers questions."""
    return echo


async def get_answer_service(
    factories: Factories, model: Annotated[AnswerModel, Depends(get_answer_model)]
) -> AnswerService:
    """Provide the answer service. It outlives the handler, so it gets no session but what makes one."""
    return AnswerService(factories, model)


HealthServiceDep = Annotated[HealthService, Depends(get_health_service)]
UserServiceDep = Annotated[UserService, Depends(get_user_service)]
ChatSessionServiceDep = Annotated[ChatSessionService, Depends(get_chat_session_service)]
MessageServiceDep = Annotated[MessageService, Depends(get_message_service)]
AnswerServiceDep = Annotated[AnswerService, Depends(get_answer_service)]
