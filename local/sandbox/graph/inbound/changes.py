"""Every other webhook field by name: templates, numbers, accounts (meta (b.6))."""

from __future__ import annotations

from local.sandbox.room.kinds import Body, Kind, present

TEMPLATE: Body = {
    "message_template_id": 1689556908129832,
    "message_template_name": "order_update",
    "message_template_language": "en_US",
}
APP_LEVEL = frozenset({"app level"})
ACCOUNT_EVENTS: dict[str, Body] = {
    "DISABLED_UPDATE": {
        "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE", "waba_ban_date": "2026-12-01"}
    },
    "ACCOUNT_VIOLATION": {"violation_info": {"violation_type": "ADULT"}},
    "ACCOUNT_RESTRICTION": {
        "restriction_info": [
            {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": "1795600000"}
        ]
    },
    "PARTNER_ADDED": {"waba_info": {"waba_id": "102290129340398", "owner_business_id": "2729"}},
    "PARTNER_REMOVED": {"waba_info": {"waba_id": "102290129340398", "owner_business_id": "2729"}},
    "VOLUME_BASED_PRICING_TIER_UPDATE": {
        "volume_tier_info": {
            "tier_update_time": 1795434357,
            "pricing_category": "UTILITY",
            "tier": "25000001:50000000",
            "effective_month": "2026-11",
            "region": "India",
        }
    },
}


def plain(f: Body) -> Body:
    """The fields are the value; those that are None are left out."""
    return present(**f)


def _template_status(f: Body) -> Body:
    told = present(disable_info=f["disable_info"], other_info=f["other_info"])
    told |= present(rejection_info=f["rejection_info"])
    names = ("event", *TEMPLATE, "reason")
    return {**{name: f[name] for name in names}, **told}


def _category(f: Body) -> Body:
    if f["impending"]:
        more = {"correct_category": f["correct_category"], "new_category": f["new_category"]}
        more["category_update_timestamp"] = f["category_update_timestamp"]
    else:
        more = present(previous_category=f["previous_category"], new_category=f["new_category"])
    return {**{name: f[name] for name in TEMPLATE}, **more}


def _account(f: Body) -> Body:
    told = f["info"] if f["info"] is not None else ACCOUNT_EVENTS.get(f["event"], {})
    return {**present(phone_number=f["phone_number"]), "event": f["event"], **told}


def row(words: str, fields: Body, *, template: bool = False) -> Kind:
    """A field whose value is its fields; of the WABA, so it goes to the app's own URL."""
    own = {**TEMPLATE, **fields} if template else fields
    return Kind(words, own, plain, None, APP_LEVEL)


CHANGES: dict[str, Kind] = {
    "message_template_status_update": Kind(
        "a template was approved, rejected, paused, ...",
        {
            "event": "APPROVED",
            **TEMPLATE,
            "reason": "NONE",
            "disable_info": None,
            "other_info": None,
            "rejection_info": None,
        },
        _template_status,
        None,
        APP_LEVEL,
    ),
    "message_template_quality_update": row(
        "a template's quality",
        {"previous_quality_score": "GREEN", "new_quality_score": "YELLOW"},
        template=True,
    ),
    "message_template_components_update": row(
        "a template's parts",
        {
            "message_template_title": "Your order",
            "message_template_element": "Hello {{1}}, your order is on its way.",
            "message_template_footer": "Thank you",
            "message_template_buttons": [
                {
                    "message_template_button_type": "URL",
                    "message_template_button_text": "Track",
                    "message_template_button_url": "https://shop.example/track",
                }
            ],
        },
        template=True,
    ),
    "template_category_update": Kind(
        "a template's category (done, or impending=True)",
        {
            **TEMPLATE,
            "impending": False,
            "previous_category": "UTILITY",
            "new_category": "MARKETING",
            "correct_category": "MARKETING",
            "category_update_timestamp": 1795600000,
        },
        _category,
        None,
        APP_LEVEL,
    ),
    "phone_number_quality_update": row(
        "a number's throughput or limit; it has no phone number id",
        {
            "display_phone_number": None,
            "event": "THROUGHPUT_UPGRADE",
            "old_limit": "TIER_1K",
            "current_limit": "TIER_UNLIMITED",
            "max_daily_conversations_per_business": None,
        },
    ),
    "phone_number_name_update": row(
        "a display name was decided on",
        {
            "display_phone_number": None,
            "decision": "APPROVED",
            "requested_verified_name": "North Bank",
            "rejection_reason": None,
        },
    ),
    "account_update": Kind(
        f"an account event; with its own part: {', '.join(ACCOUNT_EVENTS)}",
        {"phone_number": None, "event": "VERIFIED_ACCOUNT", "info": None},
        _account,
        None,
        APP_LEVEL,
    ),
    "account_review_update": row("an account was reviewed", {"decision": "APPROVED"}),
    "account_alerts": row(
        "an alert",
        {
            "entity_type": "PHONE_NUMBER",
            "entity_id": "106540352242922",
            "alert_info": {
                "alert_severity": "CRITICAL",
                "alert_status": "ACTIVE",
                "alert_type": "OBA_APPROVED",
                "alert_description": "Sample alert description",
            },
        },
    ),
    "business_capability_update": row(
        "limits of the business",
        {
            "max_daily_conversation_per_phone": None,
            "max_daily_conversations_per_business": 2000,
            "max_phone_numbers_per_business": 25,
            "max_phone_numbers_per_waba": None,
        },
    ),
    "business_username_update": row(
        "the business's username",
        {"display_phone_number": None, "username": "north.bank", "status": "approved"},
    ),
    "security": row(
        "a PIN was changed or asked for",
        {"display_phone_number": None, "event": "PIN_CHANGED", "requester": "61550001111"},
    ),
    "flows": row("a flow's state", {"event": "FLOW_STATUS_CHANGE", "flow_id": "6627390910605886"}),
    "partner_solutions": row("a partner's solution", {"event": "SOLUTION_CREATED"}),
    "account_settings_update": row("settings of a number", {"event": "settings_changed"}),
    "messaging_handovers": row("a handover", {"recipient": {"id": "1"}}),
    "consumer_profile": row("a profile", {"profile": {"name": "Ana"}}),
    "tracking_events": row("events of ads", {"events": []}),
    "automatic_events": row("events found by Meta", {"automatic_events": []}),
    "new_field": row("a field that nobody told us of", {"anything": {"deep": [1, None]}}),
}
