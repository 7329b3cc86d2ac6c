"""What `--help` says: routes, kinds, fields, faults and settings, from the tables themselves."""

from __future__ import annotations

import json

from pydantic import BaseModel

from local.sandbox.genesys.outbound.table import KINDS as AGENT_KINDS
from local.sandbox.graph.accounts import FIELDS
from local.sandbox.graph.inbound.table import COMMON, KINDS
from local.sandbox.oidc.issuer import Wanted
from local.sandbox.room.kinds import FILE_FIELDS, listed
from local.sandbox.room.settings import Settings

INTRO = """\
Strict simulators of Meta's Graph API, of the Genesys platform and of an OpenID Connect identity
provider, in one process.

  /graph/v23.0/{phone_number_id}/messages         Meta's Graph API: send, read, typing
  /graph/v23.0/{phone_number_id}/media            upload; /graph/v23.0/{media_id} GET, DELETE
  /lookaside/whatsapp_business/attachments/       download, with the token
  /login/oauth/token                              Genesys login
  /genesys/api/v2/conversations/messages/{integrationId}/inbound/open/...
                                                  message, receipt, event, structured/response
  /genesys/api/v2/conversations/messages/agentless, inbound/open (deprecated), {id}/details
  /genesys/api/v2/downloads/{id}                  files of agents
  /oidc/.well-known/openid-configuration, /oidc/jwks
                                                  the identity provider: issuer, public keys
  /control/oidc/token    POST, below             /control/oidc/rotate PUT {"keep_previous": true}
  /control/tenants       PUT replaces, PATCH adds, GET lists who exists
  /control/settings      PATCH, GET              /control/faults   POST, GET, DELETE
  /control/reset         POST: settings as at the start, nothing broken, nothing remembered
  /control/records       GET, DELETE             /control/conversations, counters, changes  GET
  /control/whatsapp/send     a customer writes   /control/genesys/send       an agent writes
  /control/whatsapp/tap      a customer taps     /control/genesys/disconnect the agent leaves
  /control/whatsapp/change   other news of Meta  /control/genesys/webhook    a body as it is
  /control/whatsapp/webhook  a body as it is     /control/whatsapp/status    one status by hand
  /control/whatsapp/verify   the GET check       /control/webhooks, /control/tokens  DELETE
  /healthz

Rates and the 24-hour window are the real ones unless --no-limits is given.

Who exists (PUT /control/tenants):
  {"apps": [{"name", "app_secret", "callback_url", "verify_token"}],
   "phone_numbers": [{"phone_number_id", "waba_id", "display_phone_number", "app"}],
   "access_tokens": [{"token", "phone_number_ids": []}],
   "templates": [{"waba_id", "name", "language", "body_parameters", "parameter_names", "header",
                  "header_parameters", "buttons": [{"type", "text", "dynamic"}], "body",
                  "category", "status"}],
   "orgs": [{"name", "region", "clients": [{"client_id", "client_secret"}],
             "integrations": [{"integration_id", "webhook_url", "webhook_secret"}]}]}

Faults (POST /control/faults {"target", "kind", "match", "count" or "seconds", ...}):
  target  graph, genesys, login, oidc
  match   path (regular expression), name, phone_number_id, integration_id, customer
  delay              delay_ms                      the request waits, then goes on
  status             status, code, retry_after     refused with the real error body
  html_5xx           status                        refused with a page of HTML
  drop_before                                      the connection is cut, nothing was done
  drop_after_accept                                done, but the connection is cut unanswered
  cut_short          bytes                         a download ends too early
  corrupt                                          a download's bytes are not the file's
  drip               delay_ms                      a download comes slowly, 64 KB at a time
  async_failure      code                          a Graph send is accepted and fails later
  duplicate          copies, delay_ms              a webhook is sent several times
  reorder            hold_ms                       a webhook goes behind the next of its lane
  names of requests  messages, media_upload, media_lookup, media_delete, media_download, token,
                     message, receipt, event, structured, agentless, details, legacy, download,
                     storage, discovery, jwks, unknown
  names of webhooks  message, status, change, typing, presence, event, receipt, raw
"""
TOKENS = """\
Tokens of the identity provider (POST /control/oidc/token), good unless told otherwise:
"""


def _settings(model: type[BaseModel], prefix: str = "") -> list[str]:
    lines = []
    usual = model()
    for name, field in model.model_fields.items():
        value = getattr(usual, name)
        if isinstance(value, BaseModel):
            lines += _settings(type(value), f"{prefix}{name}.")
        else:
            words = f"  {field.description}" if field.description else ""
            lines.append(f"  {prefix}{name}={json.dumps(value)}{words}")
    return lines


def introduction() -> str:
    """Everything but the settings."""
    return "\n".join(
        [
            INTRO,
            'Customers send (POST /control/whatsapp/send {"kind", "fields"}):',
            listed(KINDS, COMMON),
            f"  each also has: {', '.join(COMMON)}",
            f"  +file: {', '.join(FILE_FIELDS)}",
            "",
            'Meta tells (POST /control/whatsapp/change {"field", "fields"}):',
            listed(FIELDS, {}),
            "",
            'Agents send (POST /control/genesys/send {"kind", "fields"}):',
            listed(AGENT_KINDS, {}),
            f"  +file: {', '.join(FILE_FIELDS)}",
            "",
            TOKENS + "\n".join(_settings(Wanted)),
        ]
    )


def settings() -> str:
    """The settings with their usual values."""
    return "settings (--set NAME=JSON):\n" + "\n".join(_settings(Settings))
