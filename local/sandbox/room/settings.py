"""Every number and switch of the simulators.

Defaults are what the real services do; what no public source tells is marked `unsure`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["sent", "delivered", "read", "played", "failed"]


class Part(BaseModel):
    """A group of settings; an unknown name is refused."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class GraphSettings(Part):
    """Meta's side."""

    latency_ms: float = Field(0, ge=0, description="an answer is given this long after the request")
    clock_offset_s: float = Field(
        0, description="seconds that its clock is ahead of ours, or behind when negative"
    )
    statuses: list[Status] = Field(
        ["sent", "delivered", "read"], description="what follows an accepted message; [] for none"
    )
    status_delay_ms: dict[Status, float] = Field(
        {"sent": 20, "delivered": 60, "read": 120, "played": 200, "failed": 60},
        description="from the acceptance to the webhook",
    )
    status_contacts: bool = Field(True, description="contacts[] beside sent, delivered and read")
    status_pricing: bool = Field(True, description="pricing and conversation in statuses")
    unknown_top_level: Literal["refuse", "ignore"] = Field(
        "refuse", description="unknown key beside `to` and `type` (unsure)"
    )
    window: Literal["refuse", "fail_later", "off"] = Field(
        "refuse", description="free text 24 h after the customer's last message: 131047 or failed"
    )
    window_hours: float = Field(24, gt=0)
    number_rate_per_second: float = Field(80, gt=0, description="over it: 130429")
    pair_seconds: float = Field(6, gt=0, description="one message to a customer in this time")
    pair_burst: int = Field(45, gt=0, description="borrowed ahead; over it: 131056")
    rate_limit_status: int = Field(400, description="HTTP status of 130429 and 131056 (unsure)")
    webhook_timeout_s: float = Field(5, gt=0, description="(unsure: 5 to 10)")
    retry_first_s: float = Field(5, ge=0, description="gap before the second attempt (unsure)")
    retry_factor: float = Field(2, ge=1, description="each gap is this much longer (unsure)")
    retry_for_s: float = Field(7 * 86400, ge=0, description="then it is given up")
    retry_scale: float = Field(1, ge=0, description="all gaps times this; 0.01 for tests")
    status_conversation: bool = Field(True, description="conversation in statuses; gone from v24.0")
    sent_before_failed: bool = Field(False, description="sent comes before an async failure")
    parent_user_id_key: Literal["recipient_parent_user_id", "parent_recipient_user_id"] = Field(
        "recipient_parent_user_id", description="in statuses (unsure)"
    )
    reaction_opens_window: bool = Field(False, description="(unsure)")
    unknown_reaction_target: Literal["refuse", "accept"] = Field(
        "refuse", description="a reaction to a message that is not there (unsure)"
    )
    read_days: float = Field(30, ge=0, description="older messages are not marked read (unsure)")
    row_titles_unique: bool = Field(False, description="in a list (unsure)")
    max_contacts: int = Field(257, gt=0, description="in one message (unsure: 5 to 257)")
    length_unit: Literal["code_points", "utf16"] = Field(
        "code_points", description="how lengths are counted (unsure)"
    )
    blank_parameter_code: Literal[132000, 132018] = Field(
        132000, description="newline, tab or 5 blanks in a template's parameter (unsure)"
    )
    spellings: dict[str, str] = Field(
        {}, description="digits as sent -> wa_id as Meta knows it (Brazil, Mexico, Argentina)"
    )
    legacy_signature: bool = Field(False, description="X-Hub-Signature (SHA-1) too (unsure)")
    webhook_media_url: bool = Field(True, description="url in the media objects of webhooks")
    inbound_media_days: float = Field(7, ge=0, description="media ids of webhooks live so long")
    uploaded_media_days: float = Field(30, ge=0, description="media ids of uploads live so long")
    media_url_seconds: float = Field(300, ge=0, description="then a download link is a 404")
    media_size_as: Literal["number", "string"] = Field(
        "number", description="file_size of a lookup"
    )
    media_sha256_as: Literal["hex", "base64"] = Field("hex", description="of a lookup (unsure)")
    media_for_strangers: Literal["401", "html"] = Field(
        "401", description="a download without the token: 401, or 200 with a page of HTML"
    )
    media_needs_user_agent: bool = Field(False, description="else 400 (unsure)")
    media_content_length: bool = Field(
        True, description="of downloads; without it they are chunked"
    )
    upload_cap: Literal["by_use", "by_type"] = Field(
        "by_use", description="a 6 MB JPEG: may be uploaded (for a document), or never (unsure)"
    )
    upload_refusal_code: Literal[131053, 100] = Field(131053, description="(unsure)")
    upload_type_mismatch: Literal["refuse", "accept"] = Field(
        "refuse", description="`type` is not the Content-Type of the part (unsure)"
    )
    document_mimes: Literal["listed", "any"] = Field(
        "listed",
        description="uploads and documents: the types of Meta's page, or any (unsure)",
    )
    plain_ogg: Literal["accept", "refuse"] = Field(
        "accept", description="audio/ogg without codecs=opus (unsure)"
    )
    sniff_media: bool = Field(True, description="the content must be what the type says")
    media_verdict: Literal["later", "at_once"] = Field(
        "later", description="unfit files: 131053 in a status, or in the answer"
    )
    link_cache_s: float = Field(0, ge=0, description="a link is fetched once in it (unsure: 600)")


class GenesysSettings(Part):
    """The platform API and its webhook sender."""

    latency_ms: float = Field(0, ge=0, description="an answer is given this long after the request")
    clock_offset_s: float = Field(
        0, description="seconds that its clock is ahead of ours, or behind when negative"
    )
    accepted_status: int = Field(202, ge=200, le=299, description="(unsure: 200 or 202)")
    rate_per_minute: int = Field(300, gt=0, description="a client; an org may have its own")
    max_body_bytes: int = Field(1_000_000, gt=0, description="over it: 413 (unsure)")
    unknown_integration: Literal[404, 400] = Field(404, description="(unsure)")
    dedupe: bool = Field(False, description="same (integration, messageId, time) answered as known")
    unknown_receipt: Literal["failed", "not_found"] = Field(
        "failed", description="2xx with status Failed, or 404 (unsure)"
    )
    receipt_statuses: list[str] = Field(["Delivered", "Failed"], description="others: 400")
    structured_needs_conversation: bool = Field(True, description="else 404 (unsure)")
    strict: bool = Field(False, description="the strict schemas decide: unknown keys are a 400")
    needs_text_or_content: bool = Field(True, description="of a message (unsure)")
    structured_needs_origin: bool = Field(
        True, description="originatingMessageId must be there (unsure)"
    )
    unknown_origin: Literal["not_found", "bad_request", "accept"] = Field(
        "not_found", description="a tap on what this customer never got: 404 or 400 (unsure)"
    )
    max_text: int = Field(0, ge=0, description="characters of an inbound text; 0: any (unsure)")
    max_attribute_bytes: int = Field(0, ge=0, description="customAttributes; 0: any (unsure)")
    max_address: int = Field(
        0, ge=0, description="characters of from.id and toAddress; 0: any (unsure)"
    )
    prefetch_ms: float = Field(0, ge=0, description="prefetchConversationId takes longer (unsure)")
    receipts_after_disconnect: Literal["accept", "not_found"] = Field(
        "accept", description="(unsure)"
    )
    agentless_status: int = Field(202, ge=200, le=299, description="(unsure: 200 or 202)")
    fetch_attachments: bool = Field(True, description="customers' files are fetched by their links")
    fetch_after_ms: float = Field(0, ge=0, description="so long after the message (unsure)")
    attachment_needs_length: bool = Field(True, description="Content-Length at those links")
    attachment_failure_receipt: bool = Field(
        False, description="a file that can not be had: a Failed receipt to the webhook (unsure)"
    )
    published_receipts: bool = Field(
        False, description="a Published receipt for each message that came in (unsure)"
    )
    download_auth: Literal["none", "bearer", "expired"] = Field(
        "none", description="what agents' files need: nothing, our token, or they are gone (unsure)"
    )
    download_redirect: Literal["none", "same", "elsewhere"] = Field(
        "none", description="to a storage on the same host or on another (unsure)"
    )
    download_expired_status: int = Field(403, ge=400, le=499, description="(unsure: 403, 404, 410)")
    download_seconds: float = Field(604800, ge=0, description="links live so long (unsure)")
    download_length: bool = Field(True, description="Content-Length of downloads")
    webhook_follows_redirects: bool = Field(False, description="(unsure)")
    threading_hours: float = Field(72, ge=0, description="a reply later than this opens a new one")
    webhook_timeout_s: float = Field(10, gt=0)
    webhook_retries: int = Field(5, ge=0)
    webhook_retry_gap_s: float = Field(5, ge=0)
    retry_connection_errors: bool = Field(True, description="refused or cut connection (unsure)")
    retry_scale: float = Field(1, ge=0, description="the gap times this; 0.01 for tests")


class LoginSettings(Part):
    """OAuth."""

    latency_ms: float = Field(0, ge=0)
    expires_in: int = Field(86400, gt=0, description="seconds; a client may have its own")
    refused_status: Literal[400, 401] = Field(400, description="of invalid_client (unsure)")
    rate_per_minute: int = Field(300, gt=0, description="token requests of a client")


class RoomSettings(Part):
    """Bounds of memory and of the sender. The oldest goes first and is counted as dropped.

    With all of them reached the process holds about 400 MB.
    """

    max_records: int = Field(100_000, gt=0)
    max_record_bytes: int = Field(128_000_000, gt=0, description="of bodies")
    max_messages: int = Field(100_000, gt=0, description="in the conversation ledger")
    max_file_bytes: int = Field(64_000_000, gt=0, description="of files given as Base64")
    webhooks_in_flight: int = Field(100, gt=0)


class Settings(Part):
    """All of it. `limits: off` lifts the window and every rate, for load tests."""

    limits: Literal["real", "off"] = "real"
    graph: GraphSettings = Field(default_factory=GraphSettings)
    genesys: GenesysSettings = Field(default_factory=GenesysSettings)
    login: LoginSettings = Field(default_factory=LoginSettings)
    room: RoomSettings = Field(default_factory=RoomSettings)

    def change(self, changes: dict[str, Any]) -> None:
        """Take over `changes` (nested, names as here) all or not at all.

        Raises `pydantic.ValidationError` naming each wrong setting.
        """
        merged = self.model_dump()
        for name, value in changes.items():
            known = merged.get(name)
            merged[name] = {**known, **value} if isinstance(known, dict) else value
        checked = Settings.model_validate(merged)
        for name in Settings.model_fields:
            setattr(self, name, getattr(checked, name))
