"""The four backing servers as private children of a developer's machine, without Docker.

Everything they own lives under one root folder; `down` leaves no process and no port behind.
"""

from local.services.endpoints import Endpoints
from local.services.errors import MissingProgramError, ServicesError
from local.services.services import Row, Services

__all__ = ["Endpoints", "MissingProgramError", "Row", "Services", "ServicesError"]
