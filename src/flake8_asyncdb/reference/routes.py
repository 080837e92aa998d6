"""The HTTP API. Handlers translate between HTTP and services; sessions and SQL are not their business."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, status
from fastapi.responses import StreamingResponse

from .dependencies import (
    AnswerServiceDep,
    ChatSessionServiceDep,
    HealthServiceDep,
    MessageServiceDep,
    UserServiceDep,
)
from .schemas import (
    ChatSessionCreate,
    ChatSessionRead,
    ChatSessionUpdate,
    Health,
    MessageCreate,
    MessageRead,
    MessageUpdate,
    Page,
    UserCreate,
    UserRead,
    UserUpdate,
)

MAX_ID = 2**31 - 1  # the columns are 32-bit integers; a larger number would fail in the driver
Id = Annotated[int, Path(ge=1, le=MAX_ID)]
After = Annotated[int, Query(ge=0, le=MAX_ID, description="`next_after` of the page before")]
Limit = Annotated[int, Query(ge=1, le=100)]

router = APIRouter()


@router.get("/health")
async def health(service: HealthServiceDep) -> Health:
    """Say whether the database answers: 200, or 503."""
    await service.check()
    return Health()


@router.post("/users", status_code=status.HTTP_201_CREATED)
async def create_user(data: UserCreate, users: UserServiceDep) -> UserRead:
    """Add a user; 409 when the address is taken."""
    return UserRead.model_validate(await users.create(data))


@router.get("/users")
async def list_users(users: UserServiceDep, after: After = 0, limit: Limit = 20) -> Page[UserRead]:
    """List users by id."""
    items = [UserRead.model_validate(user) for user in await users.page(after, limit)]
    return Page(items=items, next_after=items[-1].id if len(items) == limit else None)


@router.get("/users/{user_id}")
async def get_user(user_id: Id, users: UserServiceDep) -> UserRead:
    """Show a user."""
    return UserRead.model_validate(await users.get(user_id))


@router.patch("/users/{user_id}")
async def update_user(user_id: Id, data: UserUpdate, users: UserServiceDep) -> UserRead:
    """Change a user; 409 when the address is taken."""
    return UserRead.model_validate(await users.update(user_id, data))


@router.delete("/users/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_user(user_id: Id, users: UserServiceDep) -> None:
    """Delete a user, softly."""
    await users.delete(user_id)


@router.post("/users/{user_id}/restore")
async def restore_user(user_id: Id, users: UserServiceDep) -> UserRead:
    """Take the deletion of a user back; 409 when the address was given to another."""
    return UserRead.model_validate(await users.restore(user_id))


@router.post("/users/{user_id}/chat-sessions", status_code=status.HTTP_201_CREATED)
async def create_chat_session(
    user_id: Id, data: ChatSessionCreate, chat_sessions: ChatSessionServiceDep
) -> ChatSessionRead:
    """Add a chat session to a user."""
    return ChatSessionRead.model_validate(await chat_sessions.create(user_id, data))


@router.get("/users/{user_id}/chat-sessions")
async def list_chat_sessions(
    user_id: Id, chat_sessions: ChatSessionServiceDep, after: After = 0, limit: Limit = 20
) -> Page[ChatSessionRead]:
    """List a user's chat sessions by id."""
    rows = await chat_sessions.page(user_id, after, limit)
    items = [ChatSessionRead.model_validate(row) for row in rows]
    return Page(items=items, next_after=items[-1].id if len(items) == limit else None)


@router.get("/chat-sessions/{chat_session_id}")
async def get_chat_session(chat_session_id: Id, chat_sessions: ChatSessionServiceDep) -> ChatSessionRead:
    """Show a chat session."""
    return ChatSessionRead.model_validate(await chat_sessions.get(chat_session_id))


@router.patch("/chat-sessions/{chat_session_id}")
async def update_chat_session(
    chat_session_id: Id, data: ChatSessionUpdate, chat_sessions: ChatSessionServiceDep
) -> ChatSessionRead:
    """Change a chat session."""
    return ChatSessionRead.model_validate(await chat_sessions.update(chat_session_id, data))


@router.delete("/chat-sessions/{chat_session_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_chat_session(chat_session_id: Id, chat_sessions: ChatSessionServiceDep) -> None:
    """Delete a chat session, softly."""
    await chat_sessions.delete(chat_session_id)


@router.post("/chat-sessions/{chat_session_id}/restore")
async def restore_chat_session(chat_session_id: Id, chat_sessions: ChatSessionServiceDep) -> ChatSessionRead:
    """Take the deletion of a chat session back."""
    return ChatSessionRead.model_validate(await chat_sessions.restore(chat_session_id))


@router.post("/chat-sessions/{chat_session_id}/messages", status_code=status.HTTP_201_CREATED)
async def create_message(chat_session_id: Id, data: MessageCreate, messages: MessageServiceDep) -> MessageRead:
    """Append a message of the user."""
    return MessageRead.model_validate(await messages.create(chat_session_id, "user", data))


@router.get("/chat-sessions/{chat_session_id}/messages")
async def list_messages(
    chat_session_id: Id, messages: MessageServiceDep, after: After = 0, limit: Limit = 20
) -> Page[MessageRead]:
    """List the messages of a chat session by position."""
    rows = await messages.page(chat_session_id, after, limit)
    items = [MessageRead.model_validate(row) for row in rows]
    return Page(items=items, next_after=items[-1].position if len(items) == limit else None)


@router.get("/messages/{message_id}")
async def get_message(message_id: Id, messages: MessageServiceDep) -> MessageRead:
    """Show a message."""
    return MessageRead.model_validate(await messages.get(message_id))


@router.patch("/messages/{message_id}")
async def update_message(message_id: Id, data: MessageUpdate, messages: MessageServiceDep) -> MessageRead:
    """Change a message."""
    return MessageRead.model_validate(await messages.update(message_id, data))


@router.delete("/messages/{message_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_message(message_id: Id, messages: MessageServiceDep) -> None:
    """Delete a message, softly."""
    await messages.delete(message_id)


@router.post("/messages/{message_id}/restore")
async def restore_message(message_id: Id, messages: MessageServiceDep) -> MessageRead:
    """Take the deletion of a message back."""
    return MessageRead.model_validate(await messages.restore(message_id))


@router.post("/chat-sessions/{chat_session_id}/answers", response_class=StreamingResponse)
async def answer(
    chat_session_id: Id, data: MessageCreate, messages: MessageServiceDep, answers: AnswerServiceDep
) -> StreamingResponse:
    """Append a message of the user and stream the answer as plain text.

    The message is committed, and its connection returned, before the first piece is sent (`DBSession`).
    """
    await messages.create(chat_session_id, "user", data)
    return StreamingResponse(answers.stream(chat_session_id, data.content), media_type="text/plain")
