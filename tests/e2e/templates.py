"""Approved templates of a company, and what an agent sends of them."""

from typing import Any

TEMPLATES: list[dict[str, Any]] = [
    {
        "name": "order_update",
        "language": "en_US",
        "body_parameters": 2,
        "body": "Hello {{1}}, your order {{2}} is on its way.",
        "buttons": [{"type": "quick_reply", "text": "Confirm"}],
    },
    {
        "name": "order_named",
        "language": "de",
        "parameter_names": ["name", "order"],
        "body": "Hallo {{name}}, Bestellung {{order}} ist da.",
        "header": "text",
        "header_parameters": 1,
    },
    {
        "name": "ticket",
        "language": "en_US",
        "header": "image",
        "body": "Your ticket.",
        "buttons": [{"type": "url", "text": "Open", "dynamic": True}],
    },
]
ORDER = {
    "template_id": "shop@order_update",
    "language": "en_US",
    "buttons": [{"type": "QuickReply", "text": "Confirm", "payload": "ok-8812", "index": 0}],
}
