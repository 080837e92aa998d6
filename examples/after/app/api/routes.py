"""The HTTP interface."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import text

from app.dependencies import Chats, DBSession, Users
from app.models import ChatSession, Message, User
from app.schemas import ChatIn, ChatOut, MessageIn, MessageOut, UserIn, UserOut
from app.services import UnknownChat, UnknownUser

router = APIRouter()


@router.get("/health")
async def health(db: DBSession) -> dict[str, str]:
    await db.execute(text("SELECT 1"))
    return {"status": "ok"}


@router.post("/users", response_model=UserOut, status_code=201)
async def create_user(body: UserIn, users: Users) -> User:
    return await users.add(body.name)


@router.post("/chats", response_model=ChatOut, status_code=201)
async def start_chat(body: ChatIn, chats: Chats) -> ChatSession:
    try:
        return await chats.start(body.user_id, body.title)
    except UnknownUser:
        raise HTTPException(status_code=404, detail="no such user") from None


@router.get("/users/{user_id}/chats", response_model=list[ChatOut])
async def list_chats(user_id: int, chats: Chats) -> list[ChatSession]:
    return await chats.list_for(user_id)


@router.post("/chats/{chat_id}/messages", response_model=MessageOut, status_code=201)
async def post_message(chat_id: int, body: MessageIn, chats: Chats) -> Message:
    try:
        return await chats.post(chat_id, body.role, body.content)
    except UnknownChat:
        raise HTTPException(status_code=404, detail="no such chat") from None


@router.get("/chats/{chat_id}/messages", response_model=list[MessageOut])
async def list_messages(chat_id: int, chats: Chats) -> list[Message]:
    return await chats.messages(chat_id)
