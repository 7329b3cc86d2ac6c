"""One header for both kinds of credential: `Authorization: Bearer` with a token or an API key."""

from __future__ import annotations

from gateway_service.auth.api_keys import ApiKeys
from gateway_service.auth.oidc import Oidc
from gateway_service.principal import Principal
from shared.runtime.errors import Unauthorised

_KEY = "parley_"


class Bearer:
    """Asks the one that the credential is of."""

    def __init__(self, keys: ApiKeys, oidc: Oidc | None) -> None:
        """`oidc` None: nobody vouches for people here."""
        self._keys = keys
        self._oidc = oidc

    async def principal(self, headers: list[str], source: str) -> Principal:
        """Who calls, by the Authorization headers; `source`: where the request comes from.

        Raises Unauthorised, Forbidden, Unavailable.
        """
        if len(headers) != 1:  # two might be read differently further on
            raise Unauthorised(reason="several_credentials" if headers else "no_credential")
        scheme, _, credential = headers[0].partition(" ")
        if scheme.lower() != "bearer" or not credential:
            raise Unauthorised(reason="not_bearer")
        if credential.startswith(_KEY):
            return await self._keys.principal(credential, source)
        if self._oidc is None:
            raise Unauthorised(reason="no_identity_provider")
        return await self._oidc.principal(credential)
