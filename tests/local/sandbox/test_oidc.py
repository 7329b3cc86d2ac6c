"""The identity provider: what it publishes verifies what it signs, and forgeries are forgeries."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
import requests

from local.sandbox.client import Sandbox
from tests.waits import WAIT_S


def about(sandbox: Sandbox) -> dict[str, Any]:
    place = f"{sandbox.issuer}/.well-known/openid-configuration"
    found: dict[str, Any] = requests.get(place, timeout=WAIT_S).json()
    return found


def keys(sandbox: Sandbox) -> dict[str, jwt.PyJWK]:
    listed = requests.get(about(sandbox)["jwks_uri"], timeout=WAIT_S).json()["keys"]
    assert all(not {"d", "p", "q"} & set(each) for each in listed)
    return {each["kid"]: jwt.PyJWK.from_dict(each) for each in listed}


def read(sandbox: Sandbox, token: str, algorithm: str) -> dict[str, Any]:
    key = keys(sandbox)[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token, key, [algorithm], audience="parley", issuer=sandbox.issuer
    )
    return claims


def test_discovery_names_itself(sandbox: Sandbox) -> None:
    assert about(sandbox)["issuer"] == sandbox.issuer


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_what_it_signs_is_verified_by_what_it_publishes(sandbox: Sandbox, algorithm: str) -> None:
    token = sandbox.token(tenant="acme", roles=["agent"], algorithm=algorithm)
    claims = read(sandbox, token, algorithm)
    assert (claims["tenant"], claims["roles"], claims["sub"]) == ("acme", ["agent"], "somebody")


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"expires_in": -60}, jwt.ExpiredSignatureError),
        ({"not_before_in": 60}, jwt.ImmatureSignatureError),
        ({"audience": "another"}, jwt.InvalidAudienceError),
        ({"issuer": "https://evil.example"}, jwt.InvalidIssuerError),
        ({"stranger": True}, jwt.InvalidSignatureError),
        ({"algorithm": "none"}, jwt.InvalidAlgorithmError),
        ({"algorithm": "HS256"}, jwt.InvalidAlgorithmError),
        ({"without": ["aud"]}, jwt.MissingRequiredClaimError),
    ],
    ids=str,
)
def test_a_bad_token_is_bad_in_the_way_that_was_asked(
    sandbox: Sandbox, wanted: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        read(sandbox, sandbox.token(**wanted), "RS256")


def test_after_a_rotation_the_former_keys_stay_or_go(sandbox: Sandbox) -> None:
    before = sandbox.token()
    kept = sandbox.rotate_keys()
    assert read(sandbox, before, "RS256")["sub"] == "somebody"
    assert read(sandbox, sandbox.token(), "RS256")["sub"] == "somebody"
    alone = sandbox.rotate_keys(keep_previous=False)
    assert len(alone) == 2
    assert not set(alone) & set(kept)
    assert jwt.get_unverified_header(before)["kid"] not in keys(sandbox)


def test_faults_act_on_it(sandbox: Sandbox) -> None:
    sandbox.fault("oidc", "status", status=503, count=1)
    assert requests.get(f"{sandbox.issuer}/jwks", timeout=WAIT_S).status_code == 503
    assert requests.get(f"{sandbox.issuer}/jwks", timeout=WAIT_S).status_code == 200
