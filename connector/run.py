"""Wires the connector from its settings and runs it until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp

from connector.admission import Admission
from connector.consumer import Consumer
from connector.dead import Undertaker
from connector.dispatch import Target
from connector.erased import Erased
from connector.health import serving
from connector.house import keeping_house
from connector.notes import Notes
from connector.park import Park
from connector.renewed import Renewed
from connector.route import Route
from connector.settings import Settings
from connector.suspended import Suspended
from connector.ticks import Ticker, passing_time
from shared.messaging.publisher import Publisher
from shared.messaging.topology import (
    INBOUND_WHATSAPP_STATUSES,
    OUTBOUND_GENESYS_MESSAGES,
    Topology,
)
from shared.runtime.errors import ParleyError
from shared.runtime.function import Check
from shared.runtime.library_logs import watch
from shared.runtime.logging import logger
from shared.runtime.peer import http_session
from shared.runtime.periodic import background
from shared.runtime.service_auth import ServiceTokens
from shared.storage.database import Database

log = logger()

NAME = "connector"


async def run(settings: Settings) -> None:
    """Run until a signal, then finish what is under way, ack it and close."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    watch(loop)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with connected(settings):
        log.info("started", extra={"routes": [route.exchange for route in settings.routes]})
        await stop.wait()
        log.info("stopping")
    log.info("stopped")


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[list[Route]]:
    """A working connector for the length of the block; its end is the graceful stop."""
    topology = Topology(settings.partitions, settings.queue_prefix)
    url = settings.amqp_url.get_secret_value()
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(http_session(pool=0))
        database = await stack.enter_async_context(
            Database.open(
                settings.database_url.get_secret_value(), size=settings.database_pool_size
            )
        )
        publisher = await stack.enter_async_context(
            Publisher.open(url, topology, name=f"{NAME} publisher")
        )
        park = Park(database)
        notes = Notes(database)
        erased = Erased(database, _keys(settings), settings.max_age_seconds)
        suspended, renewed = Suspended(database), Renewed(database)
        undertaker, admission = Undertaker(park, publisher), Admission(erased, suspended)
        routes = _routes(settings, session, admission, undertaker, notes)
        await stack.enter_async_context(_kept_up_to_date(erased, suspended, renewed, routes))
        consumer = Consumer(url, topology, routes, prefetch=settings.prefetch, name=NAME)
        checks = [
            Check("queues", consumer.ping),
            Check("publisher", publisher.ping),
            Check("postgres", database.ping),
        ]
        await stack.enter_async_context(serving(settings.host, settings.port, checks))
        await stack.enter_async_context(
            keeping_house(settings, database, notes, publisher, topology)
        )
        ticker = Ticker(routes, park, publisher, topology)
        await stack.enter_async_context(background(consumer.run()))
        stack.push_async_callback(_stop, routes, settings.stop_seconds)
        await stack.enter_async_context(passing_time(routes))
        await stack.enter_async_context(background(ticker.run(settings.tick_seconds)))
        yield routes


@asynccontextmanager
async def _kept_up_to_date(
    erased: Erased, suspended: Suspended, renewed: Renewed, routes: Sequence[Route]
) -> AsyncIterator[None]:
    """Look before anything goes, then for the length of the block."""
    for route in routes:
        suspended.on_return(route.hasten)
        renewed.on_renewal(route.hasten)
    for look in (suspended.look, erased.look):
        with contextlib.suppress(ParleyError):  # then as soon as it can
            await look()
    async with background(erased.run()), background(suspended.run()), background(renewed.run()):
        yield


def _routes(
    settings: Settings,
    session: aiohttp.ClientSession,
    admission: Admission,
    undertaker: Undertaker,
    notes: Notes,
) -> list[Route]:
    limits, tokens = settings.limits(), ServiceTokens.of(NAME, settings)
    routes = []
    for to in settings.routes:
        target = Target(
            session, tokens, name=to.function, url=to.url, seconds=settings.call_seconds
        )
        route = Route(to.exchange, admission, target, undertaker, limits, notes)
        routes.append(route)
    _wake_by_statuses(routes)
    return routes


def _wake_by_statuses(routes: Sequence[Route]) -> None:
    """A status may tell the fate of its message, whose line waits for that.

    A line at another connector waits for its timer.
    """
    by_exchange = {route.exchange: route for route in routes}
    statuses = by_exchange.get(INBOUND_WHATSAPP_STATUSES)
    messages = by_exchange.get(OUTBOUND_GENESYS_MESSAGES)
    if statuses is not None and messages is not None:
        statuses.on_settled(messages.wake)


def _keys(settings: Settings) -> list[str]:
    keys = (settings.service_token_key, settings.service_token_key_previous)
    return [key.get_secret_value() for key in keys if key is not None]


async def _stop(routes: list[Route], seconds: float) -> None:
    await asyncio.gather(*(route.stop(seconds) for route in routes))
