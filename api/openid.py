"""Sign-in by an OpenID provider: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636).

The provider says who somebody is. Who may sign in, and as what, stands in our own table of people alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vinspect.api.clock import now, written
from vinspect.api.record.entry import digest
from vinspect.api.record.log import Log
from vinspect.api.tables import OpenidRow, PersonRow

LIFETIME = timedelta(minutes=10)
"""In which somebody must have signed in at the provider."""
SKEW = 60  # seconds that the provider's clock may be off
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]  # none that both sides share a secret for
_WAIT = httpx2.Timeout(10.0)


class NotProven(Exception):
    """What came back does not show who somebody is; the message says why, for the service's own log."""


class Away(Exception):
    """The provider does not answer as one; the message says what it does."""


@dataclass(frozen=True)
class Who:
    """Whom the provider has signed in."""

    subject: str
    email: str | None
    """In small letters; only where the provider says that it has verified it."""


@dataclass(frozen=True)
class Provider:
    """An OpenID provider that has registered this service as a client."""

    issuer: str
    client: str
    secret: str | None = field(default=None, repr=False)
    """None: a public client, which PKCE alone protects."""

    def address(self, back: str, state: str, begun: OpenidRow) -> str:
        """Where somebody signs in; the provider sends them on to `back`. Raises Away."""
        with _http() as http:
            url, _ = self._oauth(http, back).create_authorization_url(
                self._document(http)["authorization_endpoint"], state, begun.verifier, nonce=begun.nonce
            )
        return str(url)

    def who(self, code: str, back: str, begun: OpenidRow) -> Who:
        """Whom this code is for, by an ID token that the provider has signed. Raises NotProven or Away."""
        from authlib.common.errors import AuthlibBaseError

        with _http() as http:
            document = self._document(http)
            mine: Mapping[str, Any] = {"auth": (self.client, self.secret)}
            if self.secret is None:
                mine = {"auth": httpx2.Auth(), "client_id": self.client}
            try:
                token = self._oauth(http, back).fetch_token(
                    document["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun.verifier,
                    **mine,
                )
            except (httpx2.HTTPError, ValueError) as error:
                raise Away(f"its token endpoint: {error}") from error
            except AuthlibBaseError as error:
                raise NotProven(f"the code: {error}") from error
            return self._proven(token, _json(http, document["jwks_uri"]), begun.nonce)

    def _proven(self, token: Mapping[str, Any], keys: Any, nonce: str) -> Who:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            signed = jwt.decode(str(token.get("id_token")), KeySet.import_key_set(keys), _ALGORITHMS)
            claims = CodeIDToken(
                signed.claims,
                signed.header,
                {"iss": {"essential": True, "value": self.issuer}, "aud": {"essential": True, "value": self.client}},
                {"nonce": nonce, "client_id": self.client, "access_token": token.get("access_token")},
            )
            claims.validate(leeway=SKEW)
        except (JoseError, ValueError, TypeError, LookupError) as error:
            raise NotProven(f"the ID token: {error}") from error
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Who(str(claims["sub"]), email.lower() if isinstance(email, str) else None)

    def _document(self, http: httpx2.Client) -> Mapping[str, Any]:
        found = _json(http, f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if found.get("issuer") != self.issuer or not all(isinstance(found.get(each), str) for each in needed):
            raise Away(f"what {self.issuer} says of itself is not what a provider of this name says")
        return found

    def _oauth(self, http: httpx2.Client, back: str) -> Any:
        from authlib.oauth2.client import OAuth2Client

        return OAuth2Client(
            http, self.client, self.secret, redirect_uri=back, scope="openid email", code_challenge_method="S256"
        )


def begin(log: Log) -> tuple[str, OpenidRow]:
    """Begin a sign-in; returns its state, which the browser keeps too, and what the service keeps of it."""
    begun = datetime.now(UTC)
    log.session.execute(delete(OpenidRow).where(OpenidRow.expires <= written(begun)))
    state = secrets.token_urlsafe(32)
    row = OpenidRow(
        state=digest(state.encode()),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        expires=written(begun + LIFETIME),
    )
    log.session.add(row)
    return state, row


def taken(log: Log, state: str) -> OpenidRow | None:
    """What was begun under this state, which is used up with that; None where nothing was, or too long ago."""
    row = log.session.get(OpenidRow, digest(state.encode()))
    if row is not None:
        log.session.delete(row)
    return row if row is not None and row.expires > now() else None


def person(session: Session, who: Who) -> PersonRow | None:
    """Whom an administrator has let sign in so: by the subject, else by the address."""
    here = select(PersonRow).where(PersonRow.left.is_(None))
    found = session.scalar(here.where(PersonRow.subject == who.subject))
    if found is None and who.email is not None:
        found = session.scalar(here.where(PersonRow.email == who.email))
    return found


def _http() -> httpx2.Client:
    return httpx2.Client(timeout=_WAIT)


def _json(http: httpx2.Client, url: str) -> Mapping[str, Any]:
    try:
        found = http.get(url).raise_for_status().json()
    except (httpx2.HTTPError, ValueError) as error:
        raise Away(f"{url}: {error}") from error
    if not isinstance(found, dict):
        raise Away(f"{url} is no JSON object")
    return found
