"""The OpenAPI description with an example of each call, as examples.md has them: what is asked, what is answered."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from fastapi import FastAPI

_SECTION = re.compile(
    r"^## (?P<call>[^\n]+)\n```sh\n(?P<curl>.*?)```\n(?:```(?P<kind>json|text)\n(?P<said>.*?)```\n)?", re.M | re.S
)


@dataclass(frozen=True)
class Example:
    """A call, and its answer."""

    call: str
    """Method and path, as the table of who may do what has them."""
    curl: str
    """A line of shell, or several; `$URL` and `$KEY` are those of the service."""
    answer: Any
    """JSON or text; None where it is neither, or is not shown."""

    @property
    def body(self) -> Any:
        """The JSON that the last line sends; None where it sends none."""
        words = shlex.split(self.curl.splitlines()[-1], comments=True)
        return json.loads(words[words.index("--json") + 1]) if "--json" in words else None


def examples() -> Iterator[Example]:
    """All of them, in an order in which they can be asked."""
    text = files(__package__).joinpath("examples.md").read_text(encoding="utf-8")
    for found in _SECTION.finditer(text):
        said = found["said"]
        yield Example(found["call"], found["curl"].strip(), json.loads(said) if found["kind"] == "json" else said)


def describe_by_example(app: FastAPI) -> None:
    """Put the examples into the application's OpenAPI description, once it is made."""
    made = app.openapi

    def with_examples() -> dict[str, Any]:
        if app.openapi_schema is None:
            paths = made()["paths"]
            for example in examples():
                method, path = example.call.split(" ")
                _put(example, paths[path][method.lower()])
        return made()

    app.openapi = with_examples  # type: ignore[method-assign]


def _put(example: Example, operation: dict[str, Any]) -> None:
    operation["description"] = f"{operation['description']}\n\n```sh\n{example.curl}\n```"
    if example.body is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = example.body
    if example.answer is not None:
        done = next(answer for status, answer in operation["responses"].items() if status[0] in "23")
        for media in done.get("content", {}).values():
            media["example"] = example.answer
