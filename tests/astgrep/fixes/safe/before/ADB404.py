import uuid
from datetime import datetime, timezone
from uuid import uuid4

from sqlalchemy import Column, DateTime, String
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id = Column(String, primary_key=True, default=uuid4())
    key = mapped_column(String, default=str(uuid.uuid4()), index=True,)
    created_at = Column(
        DateTime(timezone=True),
        default=datetime.now(timezone.utc),  # at import
    )
    updated_at = Column(
        DateTime(timezone=True),
        onupdate=datetime.now(
            timezone.utc,
        ),
    )
