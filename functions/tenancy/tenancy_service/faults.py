"""What is wrong with a declared tenant that its shape alone does not show. All of it is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from shared.genesys.regions import known_region
from shared.runtime.errors import BadInput, Conflict
from shared.tenancy.files import AppFile, ChannelFile, TenantFile
from shared.tenancy.models import PLATFORM_APP
from tenancy_service.rows import AppRow, CredentialRow, Holder, Stored

RegionOf = Callable[[CredentialRow], str | None]


@dataclass(frozen=True)
class Others:
    """What the rest of the platform holds, and which regions the operator added."""

    holders: list[Holder] = field(default_factory=list)
    apps: list[AppRow] = field(default_factory=list)
    extra_regions: frozenset[str] = frozenset()


def refuse_faults(file: TenantFile, stored: Stored, others: Others, region_of: RegionOf) -> None:
    """Raise BadInput or Conflict that names every fault; return when there is none.

    `region_of` reads the region out of a stored Genesys credential.
    """
    tenant_id = stored.tenant.id if stored.tenant else None
    taken = [*_taken_apps(file, tenant_id, others.apps)]
    bad = [*_bad_credentials(file, others.extra_regions), *_bad_apps(file.apps, stored.apps)]
    for channel in file.channels:
        bad += _bad_channel(channel, file, stored, others.extra_regions)
        bad += _bad_region_pair(channel, file, stored, region_of)
        taken += _taken_identifiers(channel, tenant_id, others.holders)
    if bad:
        raise BadInput("; ".join(bad + taken))
    if taken:
        raise Conflict("; ".join(taken))


def refuse_platform_faults(file: AppFile, stored: AppRow | None) -> None:
    """The same for the platform's own app."""
    if stored is not None and stored.tenant_id is not None:
        raise Conflict(
            f"the Meta app {file.app!r} belongs to a tenant; name the platform's otherwise"
        )
    if bad := [*_bad_apps([file], [stored] if stored else [])]:
        raise BadInput("; ".join(bad))


def _bad_credentials(file: TenantFile, extra: Iterable[str]) -> Iterator[str]:
    for name, genesys in file.credentials.genesys.items():
        if not known_region(genesys.region, extra):
            yield _unknown_region(f"credentials.genesys.{name}.region", genesys.region)


def _bad_apps(apps: list[AppFile], stored: list[AppRow]) -> Iterator[str]:
    has_secret = {row.name for row in stored}
    for app in apps:
        if app.app_secret is None and app.app not in has_secret:
            yield f"app {app.app}: app_secret is missing, and none is stored yet"


def _bad_channel(
    channel: ChannelFile, file: TenantFile, stored: Stored, extra: Iterable[str]
) -> Iterator[str]:
    where = f"channel {channel.name}"
    if not known_region(channel.region, extra):
        yield _unknown_region(f"{where}: region", channel.region)
    old = stored.channel(channel.name)
    if channel.webhook_secret is None and (old is None or old.webhook_secret is None):
        yield f"{where}: webhook_secret is missing, and none is stored yet"
    apps = {app.app for app in file.apps} | {row.name for row in stored.apps}
    if channel.meta_app != PLATFORM_APP and channel.meta_app not in apps:
        yield f"{where}: meta_app {channel.meta_app!r} is not an app of this tenant"
    if channel.whatsapp_credential not in file.credentials.whatsapp and not stored.credential(
        "whatsapp", channel.whatsapp_credential
    ):
        yield f"{where}: there is no whatsapp credential {channel.whatsapp_credential!r}"
    for name in channel.genesys_credentials:
        if name not in file.credentials.genesys and not stored.credential("genesys", name):
            yield f"{where}: there is no genesys credential {name!r}"


def _bad_region_pair(
    channel: ChannelFile, file: TenantFile, stored: Stored, region_of: RegionOf
) -> Iterator[str]:
    """A token of one region is unknown in every other."""
    for name in channel.genesys_credentials:
        declared = file.credentials.genesys.get(name)
        row = stored.credential("genesys", name)
        region = declared.region if declared else region_of(row) if row else None
        if region is not None and region != channel.region:
            yield (
                f"channel {channel.name}: region {channel.region!r} is not that of its genesys "
                f"credential {name!r} ({region!r})"
            )


def _taken_apps(file: TenantFile, tenant_id: str | None, others: list[AppRow]) -> Iterator[str]:
    names = {app.app for app in file.apps}
    for row in others:
        if row.name in names and row.tenant_id != tenant_id:
            yield f"app {row.name}: the name is taken; app names are unique on the platform"


def _taken_identifiers(
    channel: ChannelFile, tenant_id: str | None, holders: list[Holder]
) -> Iterator[str]:
    for holder in holders:
        own = holder.tenant_id == tenant_id
        whose = f"channel {holder.channel!r} of this tenant" if own else "another tenant"
        if own and holder.channel == channel.name:
            continue
        for name in ("phone_number_id", "integration_id"):
            if getattr(holder, name) == getattr(channel, name):
                yield f"channel {channel.name}: {name} {getattr(channel, name)} belongs to {whose}"
        if not own and holder.waba_id == channel.waba_id:
            yield f"channel {channel.name}: waba_id {channel.waba_id} belongs to another tenant"


def _unknown_region(where: str, region: str) -> str:
    return (
        f"{where} {region!r} is not a region of Genesys Cloud, such as mypurecloud.de "
        "(the operator adds private ones by GENESYS_EXTRA_REGIONS)"
    )


def region_in(content: str) -> str | None:
    """The region of an opened Genesys credential."""
    region = json.loads(content).get("region")
    return region if isinstance(region, str) else None
