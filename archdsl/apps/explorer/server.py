"""The server of the page: it answers with what the page shows of a spec, and keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from archdsl.apps.explorer.look import look
from archdsl.apps.explorer.page import Start, html
from archdsl.errors import Source
from archdsl.frontend.extending import Extension
from archdsl.frontend.reader import BYTES
from archdsl.lowering.limits import Limits

AT_ONCE = 2
"""Number of specs that are looked at at the same time."""


class Question(BaseModel):
    """What the page asks: how a spec looks under some settings."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str
    settings: dict[str, str] = {}
    view: str | None = None


@dataclass(frozen=True)
class Explorer:
    """The answers of the server.

    Attributes:
        start: what the page begins with.
        limits: how large a network may be.
        extend: custom rules, units, aggregations and layers.
        capacity: lets `AT_ONCE` threads work.
    """

    start: Start
    limits: Limits
    extend: tuple[Extension, ...]
    capacity: CapacityLimiter

    async def page(self, _: Request) -> Response:
        """Return the page."""
        return HTMLResponse(html(asdict(self.start)), headers={"Cache-Control": "no-store"})

    async def look(self, request: Request) -> Response:
        """Return what the page shows of the spec in the request, as JSON."""
        # A page of another site cannot send this type without being allowed to, and it is not.
        if request.headers.get("content-type") != "application/json":
            return PlainTextResponse("send JSON", 415)
        body = await _body(request)
        if body is None:
            return PlainTextResponse("the spec is too large", 413)
        try:
            question = Question.model_validate_json(body)
        except ValidationError:
            return PlainTextResponse("not a question of the page", 422)
        return JSONResponse(await to_thread.run_sync(self.answer, question, limiter=self.capacity))

    def answer(self, question: Question) -> Mapping[str, Any]:
        """Return what the page shows."""
        source = Source("spec", question.text)
        seen = look(source, question.settings, question.view, self.limits, self.extend)
        return seen.as_dict()


async def _body(request: Request) -> bytes | None:
    """Return the body of a request, or None if it is larger than a spec may be."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > 2 * BYTES:  # JSON escapes some characters
            return None
    return body


def application(
    start: Start, limits: Limits, extend: tuple[Extension, ...], hosts: list[str]
) -> Starlette:
    """Return the server's application.

    Args:
        start: what the page begins with.
        limits: how large a network may be.
        extend: custom rules, units, aggregations and layers.
        hosts: names that requests may use for this server. Others are refused, so that no page of
            another site can reach it under a name of its own.
    """
    explorer = Explorer(start, limits, extend, CapacityLimiter(AT_ONCE))
    return Starlette(
        routes=[Route("/", explorer.page), Route("/look", explorer.look, methods=["POST"])],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
    )
