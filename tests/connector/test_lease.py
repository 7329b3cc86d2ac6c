"""A lease whose look ends in a surprise is nobody's, and is looked after further."""

import asyncio
from urllib.parse import urlsplit

from connector.lease import Lease
from local.services import Endpoints
from tests.messaging.broker import at, until
from tests.messaging.proxy import Proxy
from tests.waits import WAIT_S


class Garbling(Proxy):
    """A relay that can answer in the server's place with bytes that mean nothing."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.garbles = False

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                from_server = sink.get_extra_info("sockname")[1] == self.port
                sink.write(b"!\0\0\0\x04" if self.garbles and from_server else data)
                await sink.drain()
        finally:
            sink.transport.abort()


def test_a_surprise_gives_the_lease_up_and_it_is_taken_again_after(migrated: Endpoints) -> None:
    url = migrated.database_url("connector")
    address = urlsplit(url)

    async def main() -> None:
        relay = Garbling(address.hostname or "", address.port or 0)
        await relay.open()
        async with (
            asyncio.timeout(WAIT_S),
            Lease.open(at(url, relay.port), "surprised lease") as lease,
        ):
            assert lease.mine
            relay.garbles = True
            await until(lambda: not lease.mine)
            async with Lease.open(url, "surprised lease") as other:
                await until(lambda: other.mine)
            relay.garbles = False
            await until(lambda: lease.mine)
        await relay.shut()

    asyncio.run(main())
