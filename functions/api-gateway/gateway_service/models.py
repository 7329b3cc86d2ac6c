"""The models that the routes name: loaded when somebody asks for the OpenAPI, not at the start."""

from pydantic import BaseModel

from gateway_service.words import Health, Me, Problem
from shared.services.keys import KeyList, KeyMade, KeyRequest
from shared.services.state import (
    Conversation,
    CustomerState,
    History,
    RefusedMessages,
    TrackedMessage,
)
from shared.services.tenancy import Applied, TenantList, TenantView
from shared.tenancy.files import TenantFile

MODELS: dict[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        Applied,
        Conversation,
        CustomerState,
        Health,
        History,
        KeyList,
        KeyMade,
        KeyRequest,
        Me,
        Problem,
        RefusedMessages,
        TenantFile,
        TenantList,
        TenantView,
        TrackedMessage,
    )
}
