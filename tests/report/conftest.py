"""Services as directories, and their cells."""

from compared import draw, write  # noqa: F401  # fixtures
