"""An empty answer by the framework with nothing around it: what this machine can do at most.

python -m bench.ledger.empty PORT
"""

import sys

import uvicorn
from fastapi import FastAPI, Response

app = FastAPI(openapi_url=None)


@app.get("/")
async def answer() -> Response:
    """Nothing."""
    return Response(b"{}")


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning", lifespan="off")
