"""ADB303 expire-on-commit."""

from __future__ import annotations

from types import ModuleType

import pytest
from fastapi import Depends, FastAPI
from fastapi.exceptions import ResponseValidationError
from harness import Database, Loader, User, serving
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import MissingGreenlet

OBSERVED = "MissingGreenlet when an attribute is read after the commit; as a response a 500, or 200 with {}"


@pytest.mark.asyncio
async def test_reading_an_expired_attribute_fails(load: Loader, database: Database) -> None:
    database.create_all()
    with pytest.raises(MissingGreenlet):
        await load("ADB303", "Bad").add_user(User(id=1, name="ada"))
    assert database.sql("select name from users") == [("ada",)]


@pytest.mark.asyncio
async def test_one_that_does_not_expire_is_read(load: Loader, database: Database) -> None:
    database.create_all()
    assert await load("ADB303", "Good").add_user(User(id=1, name="ada")) == "ada"


class Answer(BaseModel):
    """What a handler says it answers."""

    model_config = ConfigDict(from_attributes=True)
    name: str


def app_of(example: ModuleType) -> FastAPI:
    """Handlers that answer with what they committed."""
    app = FastAPI()

    async def get_db():
        async with example.SessionLocal() as session:
            yield session

    async def create(number: int, session=Depends(get_db)) -> User:  # noqa: B008
        session.add(user := User(id=number, name="ada"))
        await session.commit()
        return user

    app.post("/{number}/plain", response_model=None)(create)
    app.post("/{number}/model", response_model=Answer)(create)
    return app


@pytest.mark.asyncio
async def test_a_response_is_empty_or_an_error(load: Loader, database: Database) -> None:
    database.create_all()
    async with serving(app_of(load("ADB303", "Bad"))) as client:
        answer = await client.post("/1/plain")
        assert (answer.status_code, answer.json()) == (200, {})
        with pytest.raises(ResponseValidationError, match="MissingGreenlet"):
            await client.post("/2/model")


@pytest.mark.asyncio
async def test_a_response_of_what_does_not_expire_is_complete(load: Loader, database: Database) -> None:
    database.create_all()
    async with serving(app_of(load("ADB303", "Good"))) as client:
        assert (await client.post("/1/plain")).json() == {"id": 1, "name": "ada"}
        assert (await client.post("/2/model")).json() == {"name": "ada"}
