"""Brings an agent's file from Genesys into S3: openly first, with the tenant's token when asked.

The token goes to the tenant's own region and no other host, and only to an address that asked for
it; a redirect is followed by hand, under the same checks (contracts/genesys.md f).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr
from yarl import URL

from shared.genesys.regions import known_region
from shared.media.errors import Damaged, Denied, NotAFile, Redirected
from shared.media.fetch import Fetcher
from shared.media.hosts import Allowed, Trusted
from shared.media.store import Kept, MediaStore, Wanted
from shared.messaging.attempts import Bearer
from shared.runtime.errors import BadInput
from shared.services.delivery import GenesysMediaFetch

REDIRECTS: Final = 3


@dataclass(frozen=True)
class Fetching:
    """Genesys' side of a file's way out.

    `trusted`: hosts that the operator named; `api`: the address asked instead of a region's, if
    there is one; `regions`: those that the operator added to Genesys' own.
    """

    fetcher: Fetcher
    store: MediaStore
    trusted: Trusted
    api: Trusted
    regions: frozenset[str] = frozenset()

    async def fetch(self, request: GenesysMediaFetch, bearer: Bearer) -> Kept:
        """The file in S3. Raises MediaError, BadInput, NoToken, S3Away, Unavailable."""
        if not known_region(request.region, self.regions):
            raise BadInput("the region is not one of Genesys Cloud: see GENESYS_EXTRA_REGIONS")
        try:
            return await self._follow(request, bearer)
        except Damaged:
            return await self._follow(request, bearer)

    async def _follow(self, request: GenesysMediaFetch, bearer: Bearer) -> Kept:
        allowed = Allowed(frozenset({f"*.{request.region}"}), self.trusted)
        url, token, hops = allowed.check(request.url), None, 0
        while True:
            try:
                async with self.fetcher.get(url, token) as download:
                    return await self.store.keep(download, _wanted(request))
            except Redirected as way:
                hops += 1
                if hops > REDIRECTS:
                    raise NotAFile("redirected too often") from None
                url, token = allowed.check(_joined(url, way.location)), None
            except Denied as no:
                token = await self._token(url, request.region, bearer, token, no)

    async def _token(
        self, url: URL, region: str, bearer: Bearer, refused: SecretStr | None, no: Denied
    ) -> SecretStr:
        """The token for a host that asked for one, or another for the one it refused.

        A file that is forbidden says nothing against the token, which all sends need.
        """
        if refused is not None and no.forbidden:
            raise no
        host = (url.host or "").lower()
        if not host.endswith(f".{region}") and (host, url.port) not in self.api:
            raise no
        token = await bearer.token() if refused is None else await bearer.renew(refused)
        if token is None:
            raise no
        return token


def _joined(url: URL, location: str) -> str:
    try:
        return str(url.join(URL(location)))
    except ValueError:
        raise NotAFile("redirected to what is no address") from None


def _wanted(request: GenesysMediaFetch) -> Wanted:
    return Wanted(
        tenant_id=request.tenant_id,
        message=request.message_id,
        bucket="media-outbound",
        max_bytes=request.max_bytes,
        mime=request.mime,
        filename=request.filename,
        sha256=(request.sha256,),
    )
