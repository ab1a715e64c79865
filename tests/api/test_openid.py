"""Sign-in by an OpenID provider that runs on this machine, with real signatures, on both databases."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select

from vinspect.api import openid
from vinspect.api.openid import Provider
from vinspect.api.record.audit import audit
from vinspect.api.settings import SettingsError, settings
from vinspect.api.store import Store
from vinspect.api.tables import EntryRow

PATH = "/v1/session/openid"
CLIENT, SECRET = "vinspect-office", "a secret of both"
KEY = RSAKey.generate_key(2048, {"kid": "one"})
ANOTHER = RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class Issuer:
    """An OpenID provider: whoever comes is `who`, without being asked."""

    address: str = ""
    who: dict[str, Any] = field(default_factory=lambda: {"sub": "248289761001"})
    claims: dict[str, Any] = field(default_factory=dict)
    """What its tokens say otherwise than they should; None leaves a claim out."""
    key: Any = field(default_factory=lambda: KEY)
    algorithm: str = "RS256"
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    """By code, what was asked for."""

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        status, headers, document = self._answer(request)
        return status, headers | {"Content-Type": "application/json"}, json.dumps(document).encode()

    def _answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], Any]:
        path, asked = urlsplit(request.path).path, _query(urlsplit(request.path).query)
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            return 200, {}, {"issuer": self.address, **{k: f"{self.address}/{v}" for k, v in ends.items()}}
        if path == "/keys":
            return 200, {}, {"keys": [KEY.as_dict(private=False)]}
        if path == "/authorize":
            assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
            assert asked["code_challenge_method"] == "S256"
            code = secrets.token_urlsafe(8)
            self.asked[code] = asked
            to = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            return 302, {"Location": to}, {}
        sent = _query(request.rfile.read(int(request.headers["Content-Length"])).decode())
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.asked.pop(sent["code"], {})
        if request.headers["Authorization"] != f"Basic {basic}":
            return 401, {}, {"error": "invalid_client"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest())
        if challenge.decode().rstrip("=") != asked.get("code_challenge"):
            return 400, {}, {"error": "invalid_grant"}
        return 200, {}, {"access_token": "x", "token_type": "Bearer", "id_token": self._token(asked["nonce"])}

    def _token(self, nonce: str) -> str:
        now = int(time.time())
        said = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce} | self.who
        claims = {name: value for name, value in (said | self.claims).items() if value is not None}
        if self.algorithm == "none":
            parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
            return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."
        return jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, self.key)


def _query(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}


@pytest.fixture
def issuer(served: Callable[..., str]) -> Issuer:
    """The provider, on a port of this machine."""
    issuer = Issuer()
    issuer.address = served(issuer.answer)
    return issuer


@pytest.fixture
def database(url: str | None) -> str | None:
    return url


@pytest.fixture
def client(opened: Any, issuer: Issuer) -> Iterator[TestClient]:
    with opened(provider=Provider(issuer.address, CLIENT, SECRET)) as client:
        yield client


def add(client: TestClient, name: str = "li", **more: Any) -> Response:
    return client.post("/v1/people", json={"name": name, "role": "auditor", **more})


def there(client: TestClient) -> str:
    """Go to the provider; returns where it sends one back to."""
    gone = client.get(PATH, follow_redirects=False)
    assert gone.status_code == 303, gone.text
    return httpx2.get(gone.headers["location"]).headers["location"]


def back(client: TestClient) -> Response:
    return client.get(there(client), follow_redirects=False)


def refused(answer: Response, status: int = 401) -> None:
    assert answer.status_code == status, answer.text
    assert "vinspect_session" not in answer.headers.get("set-cookie", "")
    assert any("一" <= character <= "鿿" for character in answer.json()["detail_zh"])


def test_whom_an_administrator_has_added_is_signed_in_by_the_provider_in_the_role_of_our_own_table(
    client: TestClient, issuer: Issuer, data: Path, url: str | None
) -> None:
    assert add(client, subject="248289761001").status_code == 201
    issuer.who = {"sub": "248289761001", "roles": ["administrator"], "role": "administrator"}
    answer = back(client)
    assert answer.status_code == 200
    assert "url=/" in answer.text
    cookies = answer.headers.get_list("set-cookie")
    assert any("HttpOnly" in each and "SameSite=strict" in each for each in cookies if "vinspect_session" in each)
    mine = client.get("/v1/session").json()
    assert (mine["name"], mine["role"]) == ("li", "auditor")
    assert client.get("/v1/people", headers={"X-API-Key": ""}).status_code == 403
    store = Store(data, url)
    with store.reading() as session:
        [body] = session.scalars(select(EntryRow.body).where(EntryRow.event == "signed in"))
    store.close()
    assert (json.loads(body)["person"], json.loads(body)["subject"]) == ("li", "248289761001")
    assert audit(data, url=url)["findings"] == []


def test_an_address_counts_where_the_provider_has_verified_it(client: TestClient, issuer: Issuer) -> None:
    add(client, email="Li@example.org")
    issuer.who = {"sub": "1", "email": "li@Example.org", "email_verified": False}
    refused(back(client), 403)
    issuer.who["email_verified"] = True
    assert back(client).status_code == 200


def test_nobody_is_added_by_the_provider_and_who_has_left_stays_outside(client: TestClient) -> None:
    refused(back(client), 403)
    assert client.get("/v1/people").json()["people"] == []
    add(client, subject="248289761001")
    client.patch("/v1/people/li", json={"left": True}).raise_for_status()
    refused(back(client), 403)


def test_who_signs_in_by_the_provider_alone_has_no_password(client: TestClient) -> None:
    add(client, subject="248289761001")
    refused(client.post("/v1/session", json={"name": "li", "password": ""}))


def test_two_people_are_not_one_at_the_provider(client: TestClient) -> None:
    assert add(client, "li", subject="1", email="li@example.org").status_code == 201
    for more in ({"subject": "1"}, {"email": "LI@example.org"}, {}):
        answer = add(client, "wang", **more)
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith(next(iter(more), "password"))
    add(client, "wang", subject="2")
    assert client.patch("/v1/people/wang", json={"subject": "1"}).status_code == 422
    assert client.patch("/v1/people/li", json={"subject": ""}).json()["subject"] is None
    assert client.patch("/v1/people/wang", json={"subject": "1"}).json()["subject"] == "1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"claims": {"nonce": "of another sign-in"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another-client"}},
        {"claims": {"aud": [CLIENT, "another-client"], "azp": "another-client"}},
        {"claims": {"iss": "https://another.example"}},
        {"claims": {"exp": 1_700_000_000}},
        {"claims": {"exp": None}},
        {"claims": {"sub": None}},
        {"key": ANOTHER},
        {"algorithm": "none"},
        {"algorithm": "HS256", "key": OctKey.import_key(SECRET * 3)},
    ],
    ids=str,
)
def test_a_token_that_is_not_of_this_provider_for_this_sign_in_is_refused(
    client: TestClient, issuer: Issuer, wrong: dict[str, Any]
) -> None:
    add(client, subject="248289761001")
    for name, value in wrong.items():
        setattr(issuer, name, value)
    refused(back(client))


def test_a_state_is_good_once_and_in_the_browser_that_began(client: TestClient) -> None:
    add(client, subject="248289761001")
    where = there(client)
    kept = {"Cookie": f"vinspect_openid={client.cookies['vinspect_openid']}"}
    client.cookies.clear()
    refused(client.get(where))  # another browser
    assert client.get(where, headers=kept).status_code == 200
    client.cookies.clear()
    refused(client.get(where, headers=kept))  # once more
    refused(client.get(f"{PATH}/back"))


def test_who_stays_away_too_long_begins_again(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    add(client, subject="248289761001")
    monkeypatch.setattr(openid, "LIFETIME", -openid.LIFETIME)
    gone = client.get(PATH, follow_redirects=False)
    where = httpx2.get(gone.headers["location"]).headers["location"]
    state = _query(urlsplit(where).query)["state"]
    refused(client.get(where, headers={"Cookie": f"vinspect_openid={state}"}))


def test_a_code_that_the_provider_does_not_know_is_refused(client: TestClient, issuer: Issuer) -> None:
    add(client, subject="248289761001")
    where = there(client)
    issuer.asked.clear()
    refused(client.get(where))


def test_what_is_wrong_at_the_provider_is_not_what_is_wrong_with_somebody(client: TestClient, issuer: Issuer) -> None:
    where = there(client)
    issuer.address += "/another"  # it calls itself so now
    refused(client.get(where), 503)
    refused(client.get(PATH, follow_redirects=False), 503)


def test_one_address_can_begin_so_often_and_no_more(client: TestClient) -> None:
    statuses = [client.get(PATH, follow_redirects=False).status_code for _ in range(51)]
    assert statuses == [303] * 50 + [429]


def test_without_a_provider_there_is_none(opened: Any) -> None:
    with opened() as client:
        refused(client.get(PATH), 404)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"openid_issuer": "https://id.example"}, "give both"),
        ({"openid_client": "x"}, "give both"),
        ({"openid_issuer": "http://id.example", "openid_client": "x"}, "openid_issuer: .*https"),
    ],
)
def test_a_provider_that_cannot_be_is_said(tmp_path: Path, given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        settings(data=tmp_path, **given)


def test_without_the_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vinspect.api.settings.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"vinspect\[oidc\]"):
        settings(data=tmp_path, openid_issuer="https://id.example", openid_client="x")
