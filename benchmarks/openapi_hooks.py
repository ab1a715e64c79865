"""What schemathesis must not do to the service that it goes over: revoke the key that it is let in with."""

from __future__ import annotations

import os
from typing import Any

import schemathesis

from vinspect.api.keys import hashed

OWN = hashed(os.environ["OPENAPI_KEY"])


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Let it revoke another key, one that there is not."""
    if case.operation.label == "DELETE /v1/keys/{id}" and case.path_parameters.get("id") == OWN:
        case.path_parameters["id"] = "0" * len(OWN)
