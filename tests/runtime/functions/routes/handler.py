"""An inner function with routes: the handler returns the app itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from functions_framework.aio import http
from pydantic import BaseModel
from starlette.requests import Request

from shared.runtime.errors import NotFound
from shared.runtime.function import Function, Resources
from shared.runtime.routes import name_errors
from shared.runtime.settings import ServiceAuthSettings


class Thing(BaseModel):
    name: str
    size: int


@asynccontextmanager
async def wire(settings: ServiceAuthSettings) -> AsyncIterator[Resources]:
    del settings
    yield Resources()


function = Function("routes", ServiceAuthSettings, wire)
app = FastAPI()
name_errors(app)


@app.post("/things")
async def make(thing: Thing) -> Thing:
    return thing


@app.get("/things/{name}")
async def find(name: str) -> Thing:
    if name == "crash":
        message = "customer wrote: meet me at noon"
        raise ValueError(message)
    raise NotFound("no thing by that name")


@http
@function.entry
async def handle(request: Request) -> FastAPI:
    del request
    return app
