"""Runs the simulators: `python -m local.sandbox --port 3100`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import uvicorn
from pydantic import BaseModel, ValidationError

from local.sandbox.app import application
from local.sandbox.control.answers import worded
from local.sandbox.room.protocol import AbortableProtocol
from local.sandbox.room.settings import Settings

INTRO = """\
Strict simulators of Meta's Graph API and of the Genesys platform, in one process.

  /graph/v23.0/{phone_number_id}/messages         Meta's Graph API
  /login/oauth/token                              Genesys login
  /genesys/api/v2/conversations/messages/{integrationId}/inbound/open/...
                                                  message, receipt, event, structured/response
  /control/tenants       PUT replaces, PATCH adds, GET lists who exists
  /control/settings      PATCH, GET              /control/faults   POST, GET, DELETE
  /control/records       GET, DELETE             /control/conversations, counters, changes  GET
  /control/whatsapp/send     a customer writes   /control/genesys/send       an agent writes
  /control/whatsapp/webhook  a body as it is     /control/genesys/webhook    a body as it is
  /control/whatsapp/status   one status by hand  /control/genesys/disconnect the agent leaves
  /control/whatsapp/verify   the GET check       /control/webhooks, /control/tokens  DELETE
  /healthz

Rates and the 24-hour window are the real ones unless --no-limits is given.

Who exists (PUT /control/tenants):
  {"apps": [{"name", "app_secret", "callback_url", "verify_token"}],
   "phone_numbers": [{"phone_number_id", "waba_id", "display_phone_number", "app"}],
   "access_tokens": [{"token", "phone_number_ids": []}],
   "templates": [{"waba_id", "name", "language", "body_parameters"}],
   "orgs": [{"name", "region", "clients": [{"client_id", "client_secret"}],
             "integrations": [{"integration_id", "webhook_url", "webhook_secret"}]}]}

Faults (POST /control/faults {"target", "kind", "match", "count" or "seconds", ...}):
  target  graph, genesys, login
  match   path (regular expression), name, phone_number_id, integration_id, customer
  delay              delay_ms                      the request waits, then goes on
  status             status, code, retry_after     refused with the real error body
  html_5xx           status                        refused with a page of HTML
  drop_before                                      the connection is cut, nothing was done
  drop_after_accept                                done, but the connection is cut unanswered
  async_failure      code                          a Graph send is accepted and fails later
  duplicate          copies, delay_ms              a webhook is sent several times
  reorder            hold_ms                       a webhook goes behind the next of its lane
  names of requests  messages, token, message, receipt, event, structured, unknown
  names of webhooks  message, status, typing, receipt, raw
"""


def _listed(model: type[BaseModel], prefix: str = "") -> list[str]:
    lines = []
    usual = model()
    for name, field in model.model_fields.items():
        value = getattr(usual, name)
        if isinstance(value, BaseModel):
            lines += _listed(type(value), f"{prefix}{name}.")
        else:
            words = f"  {field.description}" if field.description else ""
            lines.append(f"  {prefix}{name}={json.dumps(value)}{words}")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.sandbox",
        description=INTRO,
        epilog="settings (--set NAME=JSON):\n" + "\n".join(_listed(Settings)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=3100, help="port (%(default)s; 0: any free)")
    parser.add_argument("--no-limits", action="store_true", help="lift rates and the window")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=JSON",
        dest="pairs",
        help="change a setting of the list below; may be repeated",
    )
    return parser


def _changes(pairs: list[str]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        part, _, rest = name.partition(".")
        if rest:
            changes.setdefault(part, {})[rest] = value
        else:
            changes[part] = value
    return changes


# What cloud load balancers give an idle connection: clients that keep theirs shorter lose none.
KEEP_ALIVE_S = 60


class Server(uvicorn.Server):
    """Says where it listens, on standard output, once it does."""

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            sys.stdout.write(f"sandbox listening on http://{host}:{port}\n")
            sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; 2 when a setting is wrong."""
    given = _parser().parse_args(arguments)
    settings = Settings()
    try:
        settings.change(_changes(given.pairs))
    except ValidationError as wrong:
        sys.stderr.write(f"wrong setting: {worded(wrong)}\n")
        return 2
    if given.no_limits:
        settings.limits = "off"
    config = uvicorn.Config(
        application(settings),
        host=given.host,
        port=given.port,
        http=AbortableProtocol,
        loop="uvloop",
        ws="none",
        access_log=False,
        proxy_headers=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=3,
    )
    server = Server(config)
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
