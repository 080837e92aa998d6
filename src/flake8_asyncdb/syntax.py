"""Reads one file the way Python does, and gives up quietly where Python would."""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
import warnings
from pathlib import Path

MAX_BYTES = 3_000_000
_BARE_EXCEPTIONS = re.compile(
    rb"^([ \t]*except\*?[ \t]+)([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+(?:[ \t]*,)?)([ \t]*:)", re.MULTILINE
)


def read(path: Path | str) -> bytes | None:
    """The file's bytes, or None when it cannot be read or is larger than `MAX_BYTES`."""
    try:
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError):
        return None
    return content if len(content) <= MAX_BYTES else None


def text(source: bytes) -> str | None:
    """The file's text as `tokenize.open` reads it: decoded by its mark or cookie, every line end a `\\n`."""
    file = io.BytesIO(source)
    try:
        encoding, _ = tokenize.detect_encoding(file.readline)
        file.seek(0)
        return io.TextIOWrapper(file, encoding).read()
    except (SyntaxError, ValueError, LookupError):
        return None


def printable(text: str) -> str:
    """The text with lone surrogates written out: Python's stand-ins for the bytes of a file name that is no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def parse(source: bytes | str) -> ast.Module | None:
    """The file's tree, or None when this Python cannot parse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def with_parentheses(source: bytes) -> bytes:
    """The text with parentheses around `except A, B:`, which Python 3.14 takes without them (PEP 758)."""
    return _BARE_EXCEPTIONS.sub(rb"\1(\2)\3", source)


def unparse(node: ast.expr) -> str:
    """The text of an expression; `ast.unparse`, which takes long, only for what is no dotted name."""
    names: list[str] = []
    first = node
    while isinstance(first, ast.Attribute):
        names.append(first.attr)
        first = first.value
    return ".".join([first.id, *reversed(names)]) if isinstance(first, ast.Name) else ast.unparse(node)


def parse_expression(text: str) -> ast.expr | None:
    """The expression in a string annotation, or None when it is not one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
