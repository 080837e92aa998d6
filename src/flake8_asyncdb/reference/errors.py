"""Errors of the service, and the HTTP answers to them and to those of the database."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

logger = logging.getLogger(__name__)


class NotFoundError(Exception):
    """What was asked for does not exist, or is deleted."""


class DatabaseUnavailableError(Exception):
    """No connection can be made. The message holds the driver's words and no password."""


async def not_found(request: Request, error: Exception) -> JSONResponse:
    """404."""
    return JSONResponse({"detail": "not found"}, status_code=404)


async def conflict(request: Request, error: Exception) -> JSONResponse:
    """409: a unique, foreign-key or check constraint refused the change."""
    return JSONResponse({"detail": "conflicts with what is stored"}, status_code=409)


async def pool_exhausted(request: Request, error: Exception) -> JSONResponse:
    """503: every connection was in use for `pool_timeout_seconds`."""
    logger.warning("database connection pool exhausted: %s", error)
    return _unavailable("timed out waiting for a database connection")


async def database_error(request: Request, error: Exception) -> JSONResponse:
    """503 when the database failed or the connection broke; any other error of the driver stays a 500."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if not lost and not isinstance(error, OperationalError):
        raise error
    return await unavailable(request, error)


async def unavailable(request: Request, error: BaseException) -> JSONResponse:
    """503: the database cannot be reached."""
    logger.error("database unavailable: %s", error)
    return _unavailable("database unavailable")


def _unavailable(detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status_code=503, headers={"Retry-After": "1"})


def add_error_handlers(app: FastAPI) -> None:
    """Register the answers on `app`. None of them shows a statement, a value or the database's own words."""
    app.add_exception_handler(NotFoundError, not_found)
    app.add_exception_handler(IntegrityError, conflict)
    app.add_exception_handler(PoolTimeoutError, pool_exhausted)
    app.add_exception_handler(DBAPIError, database_error)
    app.add_exception_handler(DatabaseUnavailableError, unavailable)
