"""What the tests of editors need."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for code: editors name files by their whole paths, and the rules leave alone what is in test_..."""
    return tmp_path_factory.mktemp("project")
