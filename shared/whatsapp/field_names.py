"""The names of Meta's webhook fields that we know (contracts/meta.md b.6).

Rule: only these stand in a log line as they came; a body may say anything there.
"""

from typing import Final

FIELDS: Final = frozenset(
    (
        *("account_alerts", "account_review_update", "account_settings_update", "account_update"),
        *("automatic_events", "business_capability_update", "business_username_update", "calls"),
        *("consumer_profile", "flows", "group_lifecycle_update", "group_participant_update"),
        *("group_participants_update", "group_settings_update", "group_status_update", "history"),
        *("message_echoes", "message_template_components_update"),
        *("message_template_quality_update", "message_template_status_update", "messages"),
        *("messaging_handovers", "partner_solutions", "phone_number_name_update"),
        *("phone_number_quality_update", "security", "smb_app_state_sync", "smb_message_echoes"),
        *("statuses", "template_category_update", "tracking_events", "user_id_update"),
        "user_preferences",
    )
)
