"""Calls of our functions from the command line, with a service token of our own."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import ClassVar, TypeVar

import requests
from pydantic import BaseModel, ValidationError

from parley.environment import Environment
from shared.runtime.errors import BY_STATUS, ParleyError, SettingsError, Unavailable, Unknown
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.settings import MIN_KEY_LENGTH

TIMEOUT_S = (2.0, 15.0)  # connect, read
OK, REFUSED = 200, (401, 403)

T = TypeVar("T", bound=BaseModel)


class OurFunction:
    """A function at the address that its setting names."""

    name: ClassVar[str]

    def __init__(self, environment: Environment, timeout: tuple[float, float] = TIMEOUT_S) -> None:
        """`timeout`: seconds to connect and to answer.

        Raises SettingsError when the address or SERVICE_TOKEN_KEY is missing or no use.
        """
        self._timeout = timeout
        self._setting = f"{self.name.upper()}_URL"
        self._url = environment.need(self._setting).value.rstrip("/")
        key = environment.need("SERVICE_TOKEN_KEY")
        if len(key.value) < MIN_KEY_LENGTH:
            raise SettingsError(
                f"SERVICE_TOKEN_KEY (from {key.source}) has under {MIN_KEY_LENGTH} characters: "
                "use the functions' own key"
            )
        self._tokens = ServiceTokens(f"parley:{_user()}", key.value)

    def call(
        self,
        method: str,
        path: str,
        answer: type[T],
        body: BaseModel | None = None,
        params: Mapping[str, str] | None = None,
    ) -> T:
        """The function's answer. Raises what the function's problem says, or Unavailable."""
        try:
            response = requests.request(
                method,
                self._url + path,
                data=None if body is None else body.model_dump_json().encode(),
                params=params,
                headers={
                    "Authorization": f"Bearer {self._tokens.mint(self.name)}",
                    "Content-Type": "application/json",
                },
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Unavailable(
                f"the {self.name} function does not answer at {self._url} "
                f"({type(error).__name__}): start it, or change {self._setting}"
            ) from None
        if response.status_code != OK:
            raise self._error(response)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError:
            raise Unavailable(
                f"what answers at {self._url} is not the {self.name} function"
            ) from None

    def _error(self, response: requests.Response) -> ParleyError:
        if response.status_code in REFUSED:
            return SettingsError(
                f"the {self.name} function at {self._url} refused our token: SERVICE_TOKEN_KEY is "
                "not the key that it has"
            )
        try:
            detail = str(response.json()["detail"])
        except (ValueError, KeyError, TypeError):
            return Unavailable(
                f"{self._url} answered {response.status_code} and is not the {self.name} function: "
                f"check {self._setting}"
            )
        return BY_STATUS.get(response.status_code, Unknown)(detail)


class Tenancy(OurFunction):
    """The tenancy function. Its audit log names the caller `parley:<user>`."""

    name = "tenancy"


class Auth(OurFunction):
    """The auth function."""

    name = "auth"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in a bare container
        return "unknown"
