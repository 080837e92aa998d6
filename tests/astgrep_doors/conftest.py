"""What the tests of editors need."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for code, with no folder on the way that is called like tests."""
    return tmp_path_factory.mktemp("project")
