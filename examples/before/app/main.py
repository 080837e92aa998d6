"""The application: `uvicorn app.main:app`."""

from fastapi import FastAPI

from app.api.routes import router

app = FastAPI(title="Chat sessions")
app.include_router(router)
