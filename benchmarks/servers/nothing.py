"""FastAPI doing nothing: it reads no body and answers the same each time."""

from typing import Any

from fastapi import FastAPI

app = FastAPI()


@app.post("/predict")
async def predict() -> dict[str, Any]:
    """Answer."""
    return {"label": "nothing"}
