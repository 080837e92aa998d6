"""Log the statements that take long, without the values that were bound to them."""

from __future__ import annotations

import logging
import time
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine

logger = logging.getLogger(__name__)
MAX_STATEMENT_LENGTH = 2000


def log_slow_queries(engine: AsyncEngine, threshold_seconds: float) -> None:
    """Log a warning for each statement of `engine` that took at least `threshold_seconds`, failed ones too.

    The time is the caller's: from handing the statement to the driver until its answer is there, the wait for
    a lock and for the event loop included. The record holds the time and the statement's text with its
    placeholders, never the parameters.
    """
    started: WeakKeyDictionary[ExecutionContext, float] = WeakKeyDictionary()

    def report(context: ExecutionContext | None, statement: str | None, outcome: str) -> None:
        begin = started.pop(context, None) if context is not None else None
        if begin is None or statement is None:
            return
        seconds = time.perf_counter() - begin
        if seconds >= threshold_seconds:
            text = " ".join(statement.split())[:MAX_STATEMENT_LENGTH]
            logger.warning("slow query, %s after %.3f s: %s", outcome, seconds, text)

    @event.listens_for(engine.sync_engine, "before_cursor_execute", named=True)
    def start(context: ExecutionContext | None, **_: Any) -> None:
        if context is not None:
            started[context] = time.perf_counter()

    @event.listens_for(engine.sync_engine, "after_cursor_execute", named=True)
    def finish(context: ExecutionContext | None, statement: str, **_: Any) -> None:
        report(context, statement, "done")

    @event.listens_for(engine.sync_engine, "handle_error")
    def fail(error: ExceptionContext) -> None:
        report(error.execution_context, error.statement, "failed")
