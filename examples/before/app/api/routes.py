"""The HTTP interface."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import select, text

from app import usage
from app.database import Database
from app.models import Message
from app.schemas import ChatIn, ChatOut, MessageIn, MessageOut, UserIn, UserOut
from app.services import ChatService, UnknownChat

router = APIRouter()


@router.get("/health")
async def health():
    with Database().engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return {"status": "ok"}


@router.post("/users", response_model=UserOut, status_code=201)
async def create_user(body: UserIn):
    db = Database()
    return db.add_user(body.name)


@router.post("/chats", response_model=ChatOut, status_code=201)
async def start_chat(body: ChatIn):
    service = ChatService(Database())
    chat = service.start(body.user_id, body.title)
    await usage.record("chat started")
    return chat


@router.get("/users/{user_id}/chats", response_model=list[ChatOut])
async def list_chats(user_id: int):
    return Database().list_chats(user_id)


@router.post("/chats/{chat_id}/messages", response_model=MessageOut, status_code=201)
async def post_message(chat_id: int, body: MessageIn):
    service = ChatService(Database())
    try:
        message = service.post(chat_id, body.role, body.content)
    except UnknownChat:
        raise HTTPException(status_code=404, detail="no such chat") from None
    await usage.record("message posted")
    return message


@router.get("/chats/{chat_id}/messages", response_model=list[MessageOut])
async def list_messages(chat_id: int):
    with Database().session_scope() as session:
        query = select(Message).where(Message.session_id == chat_id).order_by(Message.id)
        return list(session.scalars(query))
