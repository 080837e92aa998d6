"""Run the service: `python -m PACKAGE --port 8000`.

The database is `DATABASE_URL`; without it, a SQLite file in the current directory.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import uvicorn
from pydantic import ValidationError

from .app import create_app


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal comes; return 0, or 2 when the settings are wrong.

    Raises `SystemExit`: 2 for a wrong command line, 3 when the start-up failed.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description="Run the service.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on, 0 for any free one")
    arguments = parser.parse_args(argv)
    try:
        app = create_app()
    except ValidationError as error:
        print(error, file=sys.stderr)
        return 2
    uvicorn.run(app, host=arguments.host, port=arguments.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
