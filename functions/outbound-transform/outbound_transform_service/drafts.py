"""One claimed message of an agent as it is sent: freely, as a template, or not, and why.

Inside 24 hours of the customer's last words anything may go, outside them templates alone
(contracts/meta.md g). The clock is ours with a margin; where it is wrong, Meta's refusal counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from outbound_transform_service.files import Files, Ready
from outbound_transform_service.words import (
    EXPIRED,
    FILE_EXPIRED,
    NO_TEMPLATE,
    lost,
    refused_here,
)
from shared.genesys.payloads import OutboundMessage
from shared.messaging.outcomes import SendError
from shared.runtime.clock import utcnow
from shared.runtime.logging import logger
from shared.services.callback import callback_data
from shared.services.once import Holder, Plan
from shared.services.route import Route
from shared.services.state import Claim, Quoted
from shared.transforms.outbound import (
    Callback,
    Fallback,
    Ignored,
    Outbound,
    Refusal,
    attachments,
    fallback,
    pictures,
    to_whatsapp,
)
from shared.transforms.outbound_files import file_in
from shared.transforms.parts import Part
from shared.wire.body import PayloadError

log = logger()

WINDOW = timedelta(hours=24) - timedelta(minutes=2)
# Codes by which Meta may refuse the id of an upload that it has forgotten (contracts/meta.md c.6).
FORGOTTEN = frozenset({"33", "100", "131008", "131009", "131052", "131053"})
MEDIA_REFUSED = "131053"  # Meta could not fetch or use a file (contracts/meta.md c.6)
NO_WAMID = "nowamid."  # begins what stands for the id of a message that came without one


@dataclass(frozen=True)
class Draft:
    """What a message is made of: what Genesys said, and what state and its tenant's options say."""

    route: Route
    message: OutboundMessage
    source_id: str
    holder: Holder
    address: str  # where the customer can be reached now
    files: Files
    last_try: bool
    again: bool = False  # Meta could not use its files as they were sent before
    ready: Ready = field(default_factory=dict)
    renewed: bool = False  # its uploads were made anew
    unfit: frozenset[str] = frozenset()  # links of pictures that Meta does not show

    @property
    def claim(self) -> Claim:
        """What state knows."""
        return self.holder.claim

    async def plan(self) -> Plan:
        """What is to be sent. Raises Unavailable while a file may still come."""
        if _closed(self.claim) and not _may_be_template(self.message):
            return self.outside_window(1)
        return (await self._with_files()).within_window()

    async def _with_files(self, *, fresh: bool = False) -> Draft:
        ready = await self.files.ready(
            self.holder,
            self.route,
            self.message,
            last_try=self.last_try,
            fresh=fresh,
            again=self.again,
        )
        unfit = self.unfit if fresh else await self._unfit()
        return replace(self, ready=ready, renewed=fresh, unfit=unfit)

    async def _unfit(self) -> frozenset[str]:
        """Links of pictures that Meta would not show; what stands in their place is seen too."""
        seen: set[str] = set()
        unfit: frozenset[str] = frozenset()
        while shown := [one for one in pictures(self.message, unfit) if one.link not in seen]:
            seen.update(one.link for one in shown)
            unfit |= await self.files.unfit(self.route, shown)
            await self.holder.keep()
        return unfit

    def within_window(self) -> Plan:
        """The message as it is, unless it would need the window that is closed."""
        made = self._translated(self.message)
        if not isinstance(made, Outbound):
            return Plan(lost=refused_here(made))
        if _closed(self.claim) and not _is_template(made):
            return self.outside_window(1)
        return Plan(made.parts, lost(made.lost), mend=self.mended)

    def outside_window(self, number: int) -> Plan:
        """The tenant's template from part `number` on, or the words for the agent."""
        template, text = self.route.options.fallback_template, self._unsent(number) or self._words()
        if template is None or not text:
            log.info("window_closed", extra={"answer": "refused"})
            return Plan(lost=refused_here(EXPIRED))
        chosen = Fallback(template.name, template.language, tuple(template.parameters))
        try:
            made = fallback(
                self.address,
                chosen,
                text,
                source_id=self.source_id,
                callback=self._callback(),
                first=number,
            )
        except PayloadError:
            return Plan(lost=refused_here(NO_TEMPLATE))
        log.info("window_closed", extra={"answer": "template"})
        left_out = [FILE_EXPIRED] if attachments(self.message) else []
        return Plan(made.parts, lost([*left_out, *made.lost]))

    async def mended(self, part: Part, error: SendError) -> Plan | None:
        """What goes in place of a part that Meta refused, and after it; None: nothing does."""
        if error.action == "template":
            return self.outside_window(part.number) if self._has_template else None
        uploaded = any(getattr(file, "id", None) for file in self.ready.values())
        if uploaded and not self.renewed and error.provider_code in FORGOTTEN:
            log.info("upload_renewed", extra={"code": error.provider_code})
            return (await self._with_files(fresh=True)).within_window()
        links = frozenset(one.link for one in pictures(self.message, self.unfit))
        if error.provider_code == MEDIA_REFUSED and links:
            log.info("pictures_left_out", extra={"pictures": len(links)})
            return replace(self, unfit=self.unfit | links).within_window()
        return None

    @property
    def _has_template(self) -> bool:
        return self.route.options.fallback_template is not None and bool(self._words())

    def _words(self) -> str:
        """What a template can say of the message: all but its files."""
        content = [element for element in self.message.content if not file_in(element)]
        made = self._translated(self.message.model_copy(update={"content": content}))
        return made.text.strip() if isinstance(made, Outbound) else ""

    def _unsent(self, number: int) -> str:
        """The words from part `number` on, when the parts before it and these are all texts."""
        made = self._translated(self.message) if number > 1 else None
        parts = made.parts if isinstance(made, Outbound) else ()
        texts = [part.body["text"]["body"] for part in parts if "text" in part.body]
        return "".join(texts[number - 1 :]).strip() if len(texts) == len(parts) else ""

    def _translated(self, message: OutboundMessage) -> Outbound | Refusal | Ignored:
        return to_whatsapp(
            message,
            self.address,
            source_id=self.source_id,
            tracking_id=self.claim.tracking_id,
            callback=self._callback(),
            reply_to=_wamid(self.claim.quoted),
            files=self.ready,
            unfit=self.unfit,
        )

    def _callback(self) -> Callback:
        """The mark by which a part's statuses find it."""
        return lambda part, shown: callback_data(self.claim.tracking_id, part, shown)


def _closed(claim: Claim) -> bool:
    last = claim.last_customer_message_at
    return last is not None and utcnow() - last > WINDOW


def _may_be_template(message: OutboundMessage) -> bool:
    return any("template" in element for element in message.content)


def _is_template(made: Outbound) -> bool:
    return all(part.body.get("type") == "template" for part in made.parts)


def _wamid(quoted: Quoted | None) -> str | None:
    """Meta's id of the message that the agent answers, if it has one."""
    if quoted is None:
        return None
    wamid = quoted.source_id if quoted.direction == "inbound" else quoted.target_id
    return None if wamid is None or wamid.startswith(NO_WAMID) else wamid.partition("#")[0]
