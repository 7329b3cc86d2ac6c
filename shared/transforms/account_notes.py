"""Notes about templates, numbers, accounts, calls and groups: a row a field of Meta's.

What the events mean: contracts/meta.md (b.6). An event that is not listed here is an info.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.transforms import account_words as said
from shared.transforms.notes import Note, Severity, free, note
from shared.wire.body import Json
from shared.wire.words import visible


@dataclass(frozen=True, slots=True)
class Row:
    """How a field becomes a note: its event, its words, and how bad which event is."""

    event: Callable[[Json], str | None]
    words: Callable[[Json], said.Words]
    becomes: str
    alarms: frozenset[str] = frozenset()
    warnings: frozenset[str] = frozenset()

    def note(self, field: str, value: Json) -> Note:
        """The note of this field's value."""
        event = (free(self.event(value)) or "").strip()
        words = [one for one in self.words(value) if one and visible(one)]
        what = ": ".join(filter(None, [said.plain(event), ", ".join(words)]))
        return note(field, event, self._severity(event.upper()), what)

    def _severity(self, event: str) -> Severity:
        if event in self.alarms:
            return "alarm"
        return "warning" if event in self.warnings else "info"


def _events(*names: str) -> frozenset[str]:
    return frozenset(names)


_GROUP = Row(said.groups_event, said.groups, "a note how many groups changed")
_STORED = Row(said.event, said.told, "a note; nothing here uses it")

NOTES: dict[str, Row] = {
    "message_template_status_update": Row(
        said.event,
        said.template,
        "a note with the template's new state and why",
        alarms=_events("DISABLED"),
        warnings=_events(
            *("REJECTED", "PAUSED", "FLAGGED", "LIMIT_EXCEEDED", "LOCKED"),
            *("ARCHIVED", "PENDING_DELETION", "DELETED"),
        ),
    ),
    "message_template_quality_update": Row(
        said.under("new_quality_score"),
        said.quality,
        "a note with the template's old and new quality",
        warnings=_events("RED", "YELLOW"),
    ),
    "message_template_components_update": Row(
        said.event, said.template, "a note that a template changed"
    ),
    "template_category_update": Row(
        said.category_event,
        said.category,
        "a note with the category that is, or will be, another one: it sets the price",
        warnings=_events("IMPENDING", "CHANGED"),
    ),
    "phone_number_quality_update": Row(
        said.event,
        said.limits,
        "a note with the number's limits",
        warnings=_events("FLAGGED", "DOWNGRADE"),
    ),
    "phone_number_name_update": Row(
        said.under("decision"),
        said.name,
        "a note with the decision on the display name",
        warnings=_events("REJECTED", "DECLINED"),
    ),
    "account_update": Row(
        said.account_event,
        said.account,
        "a note what happened to the account; an alarm when it can no longer send",
        alarms=_events(
            *("DISABLED_UPDATE", "ACCOUNT_VIOLATION", "ACCOUNT_RESTRICTION", "ACCOUNT_DELETED"),
            *("PARTNER_REMOVED", "PARTNER_APP_UNINSTALLED", "ACCOUNT_OFFBOARDED"),
        ),
        warnings=_events("BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE"),
    ),
    "account_review_update": Row(
        said.under("decision"),
        said.told,
        "a note with the decision",
        alarms=_events("REJECTED"),
        warnings=_events("PENDING", "DEFERRED"),
    ),
    "account_alerts": Row(
        said.alert_event,
        said.alert,
        "a note as severe as Meta says",
        alarms=_events("CRITICAL"),
        warnings=_events("WARNING"),
    ),
    "business_capability_update": Row(said.event, said.limits, "a note with the new limits"),
    "business_username_update": Row(
        said.under("status"),
        said.username,
        "a note with the business's username",
        warnings=_events("DELETED"),
    ),
    "security": Row(
        said.event,
        said.number,
        "a warning that the number's PIN was changed or asked for",
        warnings=_events("PIN_CHANGED", "PIN_RESET_REQUEST", "PIN_RESET_SUCCESS"),
    ),
    "calls": Row(
        said.calls_event,
        said.calls,
        "history, when a customer calls: answers are free for 24 hours; a note, for any call",
        warnings=_events("CONNECT"),
    ),
    "statuses": Row(
        said.status_event,
        said.statuses,
        "a note: the status of a payment, or of anything else that is no message",
    ),
    "group_lifecycle_update": _GROUP,
    "group_settings_update": _GROUP,
    "group_participants_update": _GROUP,
    "group_participant_update": _GROUP,
    "group_status_update": _GROUP,
    "smb_app_state_sync": Row(
        said.event,
        said.address_book,
        "a note how many contacts on the business's phone changed",
    ),
    "flows": Row(
        said.event,
        said.told,
        "a note what happened to a flow",
        warnings=_events(
            "ENDPOINT_ERROR_RATE", "ENDPOINT_LATENCY", "ENDPOINT_AVAILABILITY", "CLIENT_ERROR_RATE"
        ),
    ),
    "partner_solutions": _STORED,
    "account_settings_update": _STORED,
    "messaging_handovers": _STORED,
    "consumer_profile": _STORED,
    "tracking_events": _STORED,
    "automatic_events": _STORED,
}
