"""The simulator as one web application: sign-in, consent page, Graph, Exchange Web Services and the control API."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from email.utils import format_datetime
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl

from cryptography import x509
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from . import authorize, consent, control, oauth
from .clock import stamp
from .errors import Refusal
from .ews.app import PATH, WebServices
from .ews.sign_in import SignIn
from .ews.subscriptions import Stream
from .faults import Asked
from .graph.app import Graph
from .graph.call import Call
from .requestlog import Logged
from .wire import connection_of, cut
from .world import World

#: Seconds between two looks for what an open request is told.
_LOOK_EVERY = 0.02
CONTROL_HEADER = "x-control-token"
_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"]


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))


class Site:
    """The endpoints over one world; `certificate` is the one by which it answers, where it does so over TLS;
    `directory` is its own."""

    def __init__(self, world: World, directory: Path, certificate: x509.Certificate | None = None) -> None:
        self.world = world
        self.graph = Graph(world)
        self.web_services = WebServices(world)
        self.sign_in = SignIn(directory, certificate)

    def application(self) -> Starlette:
        """The ASGI application."""
        tenant = "/{tenant}"
        return Starlette(
            routes=[
                Route("/_control/{operation}", self.control, methods=["POST"]),
                Route(f"{tenant}/v2.0/.well-known/openid-configuration", self.configuration),
                Route("/common/discovery/instance", self.instance_discovery),
                Route(f"{tenant}/discovery/v2.0/keys", self.keys),
                Route(f"{tenant}/oauth2/v2.0/token", self.token, methods=["POST"]),
                Route(f"{tenant}/oauth2/v2.0/authorize", self.authorize, methods=["GET", "POST"]),
                Route(f"{tenant}/v2.0/adminconsent", self.admin_consent, methods=["GET", "POST"]),
                Route(f"{tenant}/adminconsent", self.admin_consent, methods=["GET", "POST"]),
                Route(PATH, self.exchange, methods=["GET", "POST"]),
                Route("/{rest:path}", self.service, methods=_METHODS),
            ]
        )

    def _log(self, request: Request, caller: str, route: str, status: int) -> None:
        path, query = request.url.path, request.url.query
        now = stamp(self.world.now())
        self.world.requests.add(Logged(now, caller, request.method, route, path, query, "", status, False, 0))

    async def configuration(self, request: Request) -> Response:
        """OpenID Connect discovery."""
        name = request.path_params["tenant"]
        with self.world.lock:
            try:
                tenant = name if name in ("organizations", "common") else oauth.tenant_named(self.world, name).id
            except oauth.TokenRefused as refused:
                return JSONResponse(refused.to_json(self.world), refused.status)
            self._log(request, "", "/{tenant}/v2.0/.well-known/openid-configuration", 200)
        return JSONResponse(oauth.configuration(_base(request), tenant))

    async def instance_discovery(self, request: Request) -> Response:
        """The list of clouds that some clients ask for before anything else."""
        host = request.headers.get("host", "localhost")
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"{_base(request)}/common/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
            }
        )

    async def keys(self, request: Request) -> Response:
        """The key that signs tokens."""
        return JSONResponse(self.world.signing.key_set())

    async def token(self, request: Request) -> Response:
        """The token endpoint."""
        form = await _form(request)
        with self.world.lock:
            faults = self.world.faults.firing(Asked("POST", request.url.path, face="token"))
            kinds = {fault.kind for fault in faults}
            delay = sum(fault.seconds for fault in faults if fault.kind == "slow")
            refusal = next((r for f in faults if (r := f.refusal())), None)
            url = f"{_base(request)}{request.url.path}"
            status, headers = 200, {}
            try:
                if refusal is not None:
                    raise oauth.TokenRefused(refusal.status, "temporarily_unavailable", 90033, refusal.message)
                tenant = request.path_params["tenant"]
                if form.get("grant_type") == "authorization_code":
                    body = authorize.redeem(self.world, _base(request), tenant, form, url)
                else:
                    body = oauth.client_credentials(self.world, tenant, form, url, kinds)
            except oauth.TokenRefused as refused:
                status, body = refused.status, refused.to_json(self.world)
                headers = refusal.headers if refusal is not None else {}
            self._log(request, form.get("client_id", ""), "/{tenant}/oauth2/v2.0/token", status)
        if delay:
            await asyncio.sleep(delay)
        if kinds & {"drop_before", "drop_after"}:
            return await cut(request)
        return JSONResponse(body, status, headers={"Cache-Control": "no-store, no-cache", **headers})

    async def authorize(self, request: Request) -> Response:
        """The page on which a person signs in, and what follows from its buttons."""
        tenant = request.path_params["tenant"]
        form = await _form(request) if request.method == "POST" else dict(request.query_params)
        with self.world.lock:
            try:
                if request.method == "POST":
                    return RedirectResponse(authorize.decide(self.world, tenant, form), 302)
                return HTMLResponse(authorize.page(self.world, tenant, form))
            except consent.ConsentRefused as refused:
                return HTMLResponse(consent.error_page(str(refused)), 400)

    async def admin_consent(self, request: Request) -> Response:
        """The consent page, and what follows from its buttons."""
        tenant = request.path_params["tenant"]
        v2 = "/v2.0/" in request.url.path
        form = await _form(request) if request.method == "POST" else dict(request.query_params)
        with self.world.lock:
            try:
                if request.method == "POST":
                    return RedirectResponse(consent.decide(self.world, tenant, form, v2=v2), 302)
                return HTMLResponse(consent.page(self.world, tenant, form, v2=v2))
            except consent.ConsentRefused as refused:
                return HTMLResponse(consent.error_page(str(refused)), 400)

    async def service(self, request: Request) -> Response:
        """Graph."""
        raw = await request.body()
        headers = {name: request.headers[name] for name in request.headers}
        prefer = request.headers.getlist("prefer")
        if prefer:
            headers["prefer"] = ", ".join(prefer)
        body, malformed = None, False
        if raw.strip():
            try:
                body = json.loads(raw)
            except ValueError:
                malformed = request.method != "GET"
        path = request.scope["raw_path"].decode().partition("?")[0]
        call = Call(
            method=request.method,
            path=path,
            query=request.scope["query_string"].decode(),
            headers=headers,
            body=body,
            base=_base(request),
            malformed=malformed,
        )
        with self.world.lock:
            answer = self.graph.handle(call)
        try:
            if answer.delay:
                await asyncio.sleep(answer.delay)
        finally:
            with self.world.lock:
                self.graph.finished(answer)
        if answer.cut:
            return await cut(request)
        if answer.settle is not None:
            await run_in_threadpool(self.graph.settle, call, answer)
        answer.headers["Date"] = format_datetime(self.world.now(), usegmt=True)
        kind = "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8"
        if answer.body is None:
            return Response(None, answer.status, headers=answer.headers)
        return Response(answer.raw, answer.status, headers=answer.headers, media_type=kind)

    async def exchange(self, request: Request) -> Response:
        """Exchange Web Services."""
        server = self.world.exchange
        if server is None:
            return HTMLResponse("<html><body>404 - File or directory not found.</body></html>", 404)
        body = await request.body()
        with self.world.lock:
            caller = self.sign_in.caller(server, connection_of(request), request.headers.get("authorization", ""))
            if isinstance(caller, list):
                response = Response(None, 401)
                for offer in caller:
                    response.headers.append("WWW-Authenticate", offer)
                return response
            answer = self.web_services.handle(server, caller, body)
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.cut:
            return await cut(request)
        answer.headers["Date"] = format_datetime(self.world.now(), usegmt=True)
        kind = "text/xml; charset=utf-8"
        if answer.stream is not None:
            envelopes = self._envelopes(answer.body, answer.stream)
            return StreamingResponse(envelopes, answer.status, headers=answer.headers, media_type=kind)
        return Response(answer.body, answer.status, headers=answer.headers, media_type=kind)

    async def _envelopes(self, first: bytes, stream: Stream) -> AsyncIterator[bytes]:
        """What an open request is told, until its time is over or nobody subscribes any more."""
        yield first
        end = monotonic() + stream.seconds
        while monotonic() < end and not stream.over:
            with self.world.lock:
                news = stream.news()
            if news is not None:
                yield stream.envelope(news)
            await asyncio.sleep(_LOOK_EVERY)
        yield stream.envelope(stream.closing())

    async def control(self, request: Request) -> Response:
        """The control API; a wrong or missing control token is 403."""
        given = request.headers.get(CONTROL_HEADER, "")
        if not hmac.compare_digest(given.encode(), self.world.control_token.encode()):
            return JSONResponse({"error": "the control token is missing or wrong"}, 403)
        raw = await request.body()
        try:
            arguments: Any = json.loads(raw) if raw.strip() else {}
            found = control.operation(self.world, request.path_params["operation"])
        except ValueError:
            return JSONResponse({"error": "the body is no JSON"}, 400)
        except KeyError:
            return JSONResponse({"error": f"no such operation: {request.path_params['operation']}"}, 404)
        if not isinstance(arguments, dict):
            return JSONResponse({"error": "the body is no JSON object"}, 400)
        return await run_in_threadpool(self._operate, found, arguments)

    def _operate(self, found: Any, arguments: dict[str, Any]) -> Response:
        try:
            text = json.dumps(found(**arguments))  # escaped, so that lone surrogates pass
            return Response(text, media_type="application/json")
        except Refusal as refusal:
            return JSONResponse({"error": refusal.message, "code": refusal.code}, refusal.status)
        except KeyError as unknown:
            return JSONResponse({"error": f"not known: {unknown}"}, 400)
        except (TypeError, ValueError) as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
