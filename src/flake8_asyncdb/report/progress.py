"""How far a long run is: one line on a terminal, from the second second on."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TextIO

PATIENCE = 1.0
WIDTH = 79
CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Says which of several services is being read, if that takes long and somebody looks."""

    def __init__(self, total: int, stream: TextIO, patience: float = PATIENCE) -> None:
        self._total = total
        self._stream = stream
        self._text = ""
        self._shows = False
        self._is_over = False
        self.started = threading.Event()
        self._lock = threading.Lock()
        self._timer = threading.Timer(patience, self._start)
        self._timer.daemon = True

    def __enter__(self) -> Progress:
        if self._stream.isatty():
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._shows:
                self._write(CLEAR_LINE)
            self._shows = False
            self._is_over = True

    def at(self, number: int, name: str) -> None:
        """Say that the service with this number, counted from 1, is next."""
        with self._lock:
            self._text = f"{number} of {self._total}: {name}"[:WIDTH]
            if self._shows:
                self._write(f"{CLEAR_LINE}{self._text}")

    def _start(self) -> None:
        with self._lock:
            if not self._is_over:
                self._shows = True
                self._write(f"{CLEAR_LINE}{self._text}")
        self.started.set()

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
