from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
app = FastAPI(title="service")
router = APIRouter()
options = {}
unknown = FastAPI(**options)


@app.on_event("startup")  # ADB602
async def connect() -> None: ...


@app.on_event(  # ADB602
    "shutdown",
)
async def close() -> None:
    await engine.dispose()


app.add_event_handler("shutdown", close)  # ADB602
unknown.add_event_handler("shutdown", close)  # ADB602 [flake8]
router.add_event_handler("shutdown", close)
old = Starlette(on_shutdown=[close])  # ADB602
none = Starlette(on_shutdown=None)
