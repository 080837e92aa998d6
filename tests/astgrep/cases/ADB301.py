from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql://db/app", pool_pre_ping=True)
SessionLocal = sessionmaker(bind=engine)  # ADB301
unused = create_engine("postgresql://db/other", pool_pre_ping=True)
Unused = sessionmaker(unused)
app = FastAPI()


@app.get("/")
async def home():
    with SessionLocal() as session:
        return session.scalar(text("select 1"))


@app.get("/threads")
def in_a_thread():
    with Unused() as session:
        return session.scalar(text("select 1"))
