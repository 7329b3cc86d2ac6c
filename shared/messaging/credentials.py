"""A tenant's named credential, as the retries of a send want it: a token, and word of a bad one."""

from dataclasses import dataclass

from pydantic import SecretStr

from shared.tenancy.models import Provider
from shared.tokens.source import TokenSource


@dataclass(frozen=True)
class TenantCredential:
    """Tokens of one tenant for one provider."""

    source: TokenSource
    tenant_id: str
    provider: Provider
    name: str

    async def token(self) -> SecretStr:
        """A token that is good as far as we know. Raises CredentialBad or Unavailable."""
        return await self.source.get(self.tenant_id, self.provider, self.name)

    async def drop(self, token: SecretStr) -> None:
        """Forget this token here, in the cache and at the auth function."""
        await self.source.drop(self.tenant_id, self.provider, self.name, token=token)
