"""The facts of requests: what FastAPI injects, what handlers give away, what they stream, which application serves."""

from __future__ import annotations

import pytest
from projects import Code, Make

from flake8_asyncdb.facts import escapes, providers
from flake8_asyncdb.facts.injection import HandlerBody
from flake8_asyncdb.model.values import Tri

CODE = """
import asyncio
from functools import partial
from typing import Annotated
import uvicorn
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from other.responses import EventSourceResponse
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
SessionLocal = async_sessionmaker(expire_on_commit=False)
router = APIRouter()
class Base(DeclarativeBase): ...
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
async def get_db():
    async with SessionLocal() as session:
        yield session
class Users:
    def __init__(self, db: AsyncSession = Depends(get_db)):
        self.db = db
class Guard:
    async def __call__(self, db: AsyncSession = Depends(get_db)): ...
Db = Annotated[AsyncSession, Depends(get_db)]
def answer(): ...
def work(*args): ...
"""


def handler(make: Make, body: str, parameters: str = "tasks: BackgroundTasks, db: Db") -> Code:
    return make(f"{CODE}@router.get('/')\nasync def home({parameters}):\n    {body}\n")


# -- who provides


@pytest.mark.parametrize(
    ("parameter", "functions"),
    [
        ("a=Depends(get_db)", ["get_db"]),
        ("a: Db", ["get_db"]),
        ("a=Depends(dependency=get_db)", ["get_db"]),
        ("a=Depends(Users)", ["Users.__init__"]),
        ("a: Users = Depends()", ["Users.__init__"]),
        ("a: Users = Depends(use_cache=False)", ["Users.__init__"]),
        ("a: Annotated[Users, Depends()]", ["Users.__init__"]),
        ("a=Depends(Guard())", ["Guard.__call__"]),
        ("a=Depends(unknown)", []),
        ("a=Depends()", []),
        ("a: int = 1", []),
    ],
)
def test_functions_that_provide_a_parameter(parameter: str, functions: list[str], make: Make) -> None:
    code = handler(make, "...", parameter)
    (binding,) = code.function("home").parameters
    assert [each.qualname for each in providers.providers_of(binding, code.project)] == functions


def test_dependencies_without_argument_are_endpoints(make: Make) -> None:
    code = handler(make, "...", "a: Annotated[Users, Depends()], b: Guard = Depends()")
    assert code.project.is_endpoint(code.function("Users.__init__"))
    assert not code.project.is_endpoint(code.function("Guard.__call__"))


def test_class_injections(make: Make) -> None:
    code = make(
        f"{CODE}class View(Base):\n    db: Db\n    @router.get('/')\n    def home(this): ...\n    def other(self): ...\n"
    )
    names = [
        [name for name, _ in providers.class_injections(code.function(f"View.{each}"), code.project)]
        for each in ("home", "other")
    ]
    assert names == [["this.db"], []]


# -- what escapes


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("tasks.add_task(work, db)", "the request's session `db`"),
        ("tasks.add_task(work, session=db)", "the request's session `db`"),
        ("tasks.add_task(partial(work, db))", "the request's session `db`"),
        ("tasks.add_task(lambda: work(db))", "the request's session `db`"),
        ("asyncio.create_task(work(db))", "the request's session `db`"),
        ("asyncio.get_running_loop().create_task(work(db))", "the request's session `db`"),
        (
            "user = await db.get(User, 1)\n    tasks.add_task(work, user)",
            "`user`, an object of the request's session `db`,",
        ),
        ("await asyncio.create_task(work(db))", None),
        ("task = asyncio.create_task(work(db))\n    await task", None),
        ("user = await db.get(User, 1)\n    tasks.add_task(work, user.id)", None),
        ("user = await db.get(User, 1)\n    db.expunge(user)\n    tasks.add_task(work, user)", None),
        ("work(db)", None),
        ("other.add_task(work, db)", None),
    ],
)
def test_what_background_work_takes_along(body: str, what: str | None, make: Make) -> None:
    found = [each.what for each in escapes.escaping_sessions(handler(make, body).facts())]
    assert found == ([] if what is None else [what])


@pytest.mark.parametrize(
    ("loaded", "escapes_"),
    [
        ("await db.get_one(User, 1)", True),
        ("await db.scalar(select(User).where(User.id == 1))", True),
        ("(await db.scalars(select(User))).all()", True),
        ("(await db.execute(select(User))).scalar_one()", True),
        ("(await db.execute(select(User))).scalars().unique().all()", True),
        ("(await db.execute(select(User))).all()", False),
        ("await db.scalar(select(User.id))", False),
        ("await db.scalar(select(func.count()).select_from(User))", False),
        ("await db.scalar(select(User, User.id))", False),
        ("await db.scalar(statement)", False),
        ("await other.get(User, 1)", False),
    ],
)
def test_objects_loaded_from_the_session(loaded: str, escapes_: bool, make: Make) -> None:
    code = handler(make, f"found = {loaded}\n    tasks.add_task(work, found)")
    assert bool(list(escapes.escaping_sessions(code.facts()))) is escapes_


# -- what streams


@pytest.mark.parametrize(
    ("body", "streams"),
    [
        ("return StreamingResponse(answer())", Tri.YES),
        ("response = FileResponse('x')\n    return response", Tri.YES),
        ("yield 1", Tri.YES),
        ("return EventSourceResponse(answer())", Tri.UNKNOWN),
        ("return JSONResponse({})", Tri.NO),
        ("return answer()", Tri.NO),
    ],
)
def test_streams_by_resolution(body: str, streams: Tri, make: Make) -> None:
    code = handler(make, body)
    (found,) = code.facts().handlers
    assert HandlerBody(found, code.project).streams is streams


# -- which application serves


@pytest.mark.parametrize(
    ("made", "is_service"),
    [
        ("app = FastAPI()", True),
        ("def create():\n    return FastAPI()", True),
        ("def create():\n    app = FastAPI()\n    return Wrapper(app)", True),
        ("def main():\n    app = FastAPI()\n    uvicorn.run(app)", True),
        ("def main(holder):\n    holder.app = FastAPI()", True),
        ("def main():\n    app = FastAPI()\n    print(app.openapi())", False),
        ("def main():\n    app = FastAPI()\n    return dumps(app.openapi())", False),
        ("@cli.command()\ndef main():\n    app = FastAPI()\n    uvicorn.run(app)", False),
        ("if __name__ == '__main__':\n    app = FastAPI()", False),
        ("if __name__ == '__main__':\n    uvicorn.run(FastAPI())", True),
    ],
)
def test_applications_that_serve(made: str, is_service: bool, make: Make) -> None:
    (app,) = make(f"{CODE}{made}\n").facts().apps
    assert app.is_service is is_service


# -- what becomes of hooks


@pytest.mark.parametrize(
    ("hook", "pin", "fate"),
    [
        ("app = FastAPI(on_startup=[work])", "starlette>=1.0", "superseded by `lifespan` in FastAPI"),
        ("app = FastAPI()\napp.on_event('startup')(work)", "starlette>=1.0", "deprecated"),
        ("app = FastAPI()\napp.add_event_handler('startup', work)", "", "removed from applications in Starlette 1.0"),
        ("app = Starlette(on_startup=[work])", "starlette<1", "removed from applications in Starlette 1.0"),
        ("app = Starlette()\napp.on_event('startup')(work)", "", "removed from applications in Starlette 1.0"),
        (
            "app = FastAPI()\napp.add_event_handler('startup', work)",
            "starlette==1.0.0",
            "removed from applications in Starlette 1.0, which the project uses, so that the import fails",
        ),
    ],
)
def test_fate_of_a_hook(hook: str, pin: str, fate: str, make: Make) -> None:
    text = f"{CODE}from starlette.applications import Starlette\n{hook}\n"
    code = make({"app.py": text, "requirements.txt": pin})
    (found,) = code.facts().hooks
    assert code.project.fate_of(found) == fate
