from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql://db/app", pool_pre_ping=True)  # ADB201
SessionLocal = sessionmaker(bind=engine)
direct = create_engine("postgresql://db/other", pool_pre_ping=True)  # ADB201
behind_def = create_engine("postgresql://db/third", pool_pre_ping=True)
app = FastAPI()


def get_db():
    with SessionLocal() as session:
        yield session


@app.get("/")
async def home(db: Session = Depends(get_db)):
    return db.execute(text("select 1")).scalar()


@app.get("/direct")
async def connects():
    with direct.connect() as connection:
        return connection.scalar(text("select 1"))


@app.get("/threads")
def in_a_thread():
    with behind_def.connect() as connection:
        return connection.scalar(text("select 1"))
