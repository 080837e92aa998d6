"""What the tests need on versions that pip would not choose: `make test` has the newest of everything.

nox            every session, on the Python that runs nox
nox -s proofs  one of them
"""

from __future__ import annotations

import nox

OLDEST_LIBRARIES = ("sqlalchemy[asyncio]==2.0.53", "fastapi==0.121.0", "sqlmodel==0.0.27")
OLDEST_TOOLS = ("flake8==6.0.*", "ast-grep-cli==0.42.0")


@nox.session
def proofs(session: nox.Session) -> None:
    """Run tests/proofs and tests/reference with the oldest SQLAlchemy, FastAPI and SQLModel."""
    run(session, OLDEST_LIBRARIES, "tests/proofs", "tests/reference")


@nox.session
def tools(session: nox.Session) -> None:
    """Run the tests of the doors and of the rules for ast-grep with the oldest flake8 and ast-grep."""
    run(session, OLDEST_TOOLS, "tests/test_doors.py", "tests/test_check.py", "tests/astgrep")


def run(session: nox.Session, versions: tuple[str, ...], *tests: str) -> None:
    groups = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test")
    session.install("--editable", ".", *groups)
    session.install(*versions)  # by themselves: the language server wants a newer flake8
    session.run("python", "-m", "pytest", "-n", "auto", *tests, *session.posargs)
