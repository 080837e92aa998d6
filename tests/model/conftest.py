"""Projects made from texts."""

from projects import make as make
