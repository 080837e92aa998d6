from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker

engine = create_engine("postgresql://db/app", pool_pre_ping=True)
SessionLocal = sessionmaker(engine)
db = SessionLocal()  # ADB903
other: Session = Session(bind=engine)  # ADB903
registry = scoped_session(SessionLocal)
app = FastAPI()


def get_db():
    session = SessionLocal()
    yield session


if __name__ == "__main__":
    script = SessionLocal()
