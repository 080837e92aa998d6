"""Settings, read from the environment."""

import os

DATABASE_URL = os.getenv("DATABASE_URL", "sqlite:///chat.db")
