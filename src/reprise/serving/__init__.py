"""The server: a FastAPI app that answers with whatever bundle `export` wrote."""
