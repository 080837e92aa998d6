"""Deleted rows: unseen by every kind of query, until they are restored."""

from __future__ import annotations

import pytest
import sqlalchemy
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import aliased, joinedload, selectinload

from flake8_asyncdb.reference.models import ChatSession, Message, User

pytestmark = pytest.mark.asyncio


async def test_what_a_deletion_hides(start, url):
    async with start(url) as service:
        chat = await service.chat()
        message = (await service.ok("POST", f"/chat-sessions/{chat}/messages", {"content": "hello"}))["id"]
        user_path, chat_path, message_path = "/users/1", f"/chat-sessions/{chat}", f"/messages/{message}"
        of_chat = [chat_path, f"{chat_path}/messages", message_path]
        paths = {
            user_path: [user_path, f"{user_path}/chat-sessions", *of_chat],
            chat_path: of_chat,
            message_path: [message_path],
        }
        for deleted, hidden in paths.items():
            await service.ok("DELETE", deleted)
            for path in hidden:
                assert (await service.request("GET", path)).status_code == 404, (deleted, path)
            await service.ok("POST", f"{deleted}/restore")
            for path in hidden:
                assert (await service.request("GET", path)).status_code == 200, (deleted, path)

        await service.ok("DELETE", message_path)
        assert (await service.ok("GET", f"{chat_path}/messages"))["items"] == []
        await service.ok("DELETE", chat_path)
        assert (await service.ok("GET", f"{user_path}/chat-sessions"))["items"] == []
        # What belongs to something deleted cannot come back before it.
        assert (await service.request("POST", f"{message_path}/restore")).status_code == 404
        await service.ok("DELETE", user_path)
        assert await service.emails() == []
        assert (await service.request("POST", f"{chat_path}/restore")).status_code == 404
        # Positions of deleted messages are not given again.
        await service.ok("POST", f"{user_path}/restore")
        await service.ok("POST", f"{chat_path}/restore")
        new = await service.ok("POST", f"{chat_path}/messages", {"content": "again"})
        assert new["position"] == 2


async def test_every_kind_of_statement_respects_it(start, url):
    async with start(url) as service:
        for name in "abc":
            user = await service.user(f"{name}@example.org")
            chat = (await service.ok("POST", f"/users/{user}/chat-sessions", {"title": name}))["id"]
            await service.ok("POST", f"/chat-sessions/{chat}/messages", {"content": name})
        await service.ok("DELETE", "/users/2")
        other = aliased(User)
        everything = {"include_deleted": True}
        async with service.app.state.session_factories.write() as db:

            async def ids(statement):
                return sorted((await db.scalars(statement)).all())

            assert await ids(select(User.id)) == [1, 3]
            assert await ids(select(other.id)) == [1, 3]
            assert await ids(select(ChatSession.id).join(ChatSession.user)) == [1, 3]
            assert await ids(select(ChatSession.id).join(other, ChatSession.user_id == other.id)) == [1, 3]
            assert await ids(select(ChatSession.id).where(ChatSession.user_id.in_(select(User.id)))) == [1, 3]
            same_user = User.id == ChatSession.user_id
            in_exists = select(User.id).where(same_user).exists()
            assert await ids(select(ChatSession.id).where(in_exists)) == [1, 3]
            # In SQLAlchemy 2.0, an EXISTS that selects no entity is out of the criterion's reach.
            bare = [1, 2, 3] if sqlalchemy.__version__.startswith("2.0.") else [1, 3]
            assert await ids(select(ChatSession.id).where(ChatSession.user.has())) == bare
            assert await ids(select(ChatSession.id).where(exists().where(same_user))) == bare
            assert await ids(select(User.id).union(select(other.id))) == [1, 3]
            assert await db.scalar(select(func.count()).select_from(User)) == 2
            assert await db.get(User, 2) is None
            assert await ids(select(User.id).execution_options(**everything)) == [1, 2, 3]

            for load in (joinedload, selectinload):
                db.expunge_all()
                chats = (await db.scalars(select(ChatSession).options(load(ChatSession.user)))).all()
                assert [chat.user and chat.user.id for chat in chats] == [1, None, 3]
                db.expunge_all()
                statement = select(ChatSession).options(load(ChatSession.user)).execution_options(**everything)
                assert [chat.user.id for chat in (await db.scalars(statement)).all()] == [1, 2, 3]

            changed = await db.execute(update(User).values(name="changed"))
            assert changed.rowcount == 2
            assert await ids(select(User.id).where(User.name == "Ada").execution_options(**everything)) == [2]
            assert (await db.execute(delete(Message))).rowcount == 3
            assert (await db.execute(delete(ChatSession))).rowcount == 3
            assert (await db.execute(delete(User))).rowcount == 2
            purge = delete(User).where(User.deleted_at.is_not(None)).execution_options(**everything)
            assert (await db.execute(purge)).rowcount == 1
            await db.rollback()
