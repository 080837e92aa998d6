"""Projects made from texts."""

from projects import make  # noqa: F401  # a fixture
