"""The proofs and the reference on versions that pip would not choose: `make test` has the newest of everything.

nox                      both sessions, on the Python that runs nox
nox -s 'proofs(oldest)'  one of them
"""

from __future__ import annotations

import nox

VERSIONS = {
    "oldest": ("sqlalchemy[asyncio]==2.0.53", "fastapi==0.121.0", "sqlmodel==0.0.27"),
    "sqlalchemy-2.0": ("sqlalchemy[asyncio]<2.1",),
}


@nox.session
@nox.parametrize("versions", list(VERSIONS), ids=list(VERSIONS))
def proofs(session: nox.Session, versions: str) -> None:
    """Run tests/proofs and tests/reference with one set of versions."""
    groups = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test")
    session.install("--editable", ".", *groups, *VERSIONS[versions])
    session.run("python", "-m", "pytest", "-n", "auto", "tests/proofs", "tests/reference", *session.posargs)
