"""CloudFront and the load balancer as the hosting template sets them, in front of real dashboards. For tests.

Two hops, each an HTTP/1.1 server that forwards requests on connections it keeps: CloudFront terminates TLS,
adds its headers and caches; the balancer accepts what has its key and chooses a container. Every time, path,
key and status code is read from the template, so a fault planted there shows here.

What is modelled, each from AWS's documents:
- a hop sends a request on an idle connection without looking whether the other side has just closed it, as
  if the FIN were still under way; if it has, the viewer gets 502 ("Troubleshoot your Application Load
  Balancers");
- an origin that is silent for too long: 504, or the end of a stream that has begun (OriginReadTimeout; the
  balancer's idle time, which WebSockets have too);
- errors are cached for ten seconds by path, whatever query or cookie, unless ErrorCachingMinTTL says
  otherwise ("How CloudFront caches errors"); files of a caching behaviour for a day, without any cookie;
- the cookie AWSALB, renewed with each response; without a valid one, the container with the fewest requests
  in progress ("Sticky sessions", "Least outstanding requests").
"""

import asyncio
import contextlib
import fnmatch
import ssl
import tempfile
import threading
import time
import weakref
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Self

import h11
from cfnlint.decode import decode

from deploy.aws.cloudformation.template import HOSTING_TEMPLATE
from tests.certificate import HOST, make_certificate

__all__ = ["SITES", "Edge"]

SITES = ("student", "teacher")
ERROR_TTL_S = 10.0  # CloudFront's own
FILE_TTL_S = 86_400.0  # of the policy CachingOptimized
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHED_ERRORS = (404, 414, 500, 501, 502, 503, 504)
START_S = STOP_S = 10.0

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Headers
    body: bytes


def _plain(status: int, text: str) -> _Answer:
    return _Answer(status, [(b"content-type", b"text/plain")], text.encode())


class _Connection:
    """One side of a hop: a socket and its HTTP state."""

    def __init__(self, role: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.http = reader, writer, h11.Connection(role)

    async def next(self) -> Any:
        while (event := self.http.next_event()) is h11.NEED_DATA:
            self.http.receive_data(await self.reader.read(65_536))
        return event

    async def send(self, event: h11.Event) -> None:
        self.writer.write(self.http.send(event) or b"")
        await self.writer.drain()

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await self.writer.wait_closed()


class _Hop:
    """Forwards every request; the subclass says where to, and what it adds.

    `keep_alive_s`: how long an idle connection onwards is kept. `quiet_s`: how long the other side may be
    silent. `own_errors` counts the 502s and 504s that it answered itself.
    """

    def __init__(self, *, keep_alive_s: float, quiet_s: float, client_idle_s: float | None) -> None:
        self.keep_alive_s, self.quiet_s, self.client_idle_s = keep_alive_s, quiet_s, client_idle_s
        self.own_errors: Counter[int] = Counter()
        self.outstanding: Counter[int] = Counter()
        self.idle: defaultdict[int, list[_Connection]] = defaultdict(list)
        self.connections: weakref.WeakSet[_Connection] = weakref.WeakSet()

    def route(self, request: h11.Request) -> _Answer | int:
        """An answer, or the port to forward to."""
        raise NotImplementedError

    def request_headers(self, request: h11.Request, peer: str) -> Headers:
        raise NotImplementedError

    def response_headers(self, request: h11.Request, port: int, headers: Headers) -> Headers:
        raise NotImplementedError

    def note(self, request: h11.Request, answer: _Answer) -> None:
        """A complete answer has passed."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a viewer, until either side ends it."""
        viewer = _Connection(h11.SERVER, reader, writer)
        self.connections.add(viewer)
        try:
            while await self._exchange(viewer):
                viewer.http.start_next_cycle()
        except (OSError, ssl.SSLError, TimeoutError, h11.ProtocolError):
            pass
        finally:
            await viewer.close()

    async def _exchange(self, viewer: _Connection) -> bool:
        """One request and its answer. Returns whether another request may follow."""
        async with asyncio.timeout(self.client_idle_s):
            request = await viewer.next()
        if not isinstance(request, h11.Request):
            return False
        body = b""
        while isinstance(event := await viewer.next(), h11.Data):
            body += event.data
        route = self.route(request)
        if isinstance(route, _Answer):
            await self._answer(viewer, route)
        else:
            self.outstanding[route] += 1
            try:
                await self._forward(viewer, request, body, route)
            finally:
                self.outstanding[route] -= 1
        return viewer.http.our_state is h11.DONE and viewer.http.their_state is h11.DONE

    async def _forward(self, viewer: _Connection, request: h11.Request, body: bytes, port: int) -> None:
        peer = viewer.writer.get_extra_info("peername")[0]
        headers = self.request_headers(request, peer)
        try:
            onward = self._kept(port) or await self._opened(port)
            try:
                await onward.send(h11.Request(method=request.method, target=request.target, headers=headers))
                if body:
                    await onward.send(h11.Data(body))
                await onward.send(h11.EndOfMessage())
                async with asyncio.timeout(self.quiet_s):
                    response = await onward.next()
            except BaseException:
                await onward.close()
                raise
            if isinstance(response, h11.ConnectionClosed):
                await onward.close()
                raise ConnectionError  # as if the reset had come before the FIN
        except (OSError, h11.ProtocolError) as error:
            status = 504 if isinstance(error, TimeoutError) else 502
            self.own_errors[status] += 1
            answer = _plain(status, "The edge has no answer.")
            self.note(request, answer)
            await self._answer(viewer, answer)
            return
        is_reusable = False
        try:
            if isinstance(response, h11.InformationalResponse):
                await self._switch(viewer, onward, response)
                return
            is_reusable = await self._relay(viewer, onward, request, response, port)
        finally:
            if not is_reusable:
                await onward.close()
        onward.http.start_next_cycle()
        self._keep(port, onward)

    async def _relay(
        self,
        viewer: _Connection,
        onward: _Connection,
        request: h11.Request,
        response: h11.Response,
        port: int,
    ) -> bool:
        """Returns whether the connection onwards can be kept."""
        headers = self.response_headers(request, port, _end_to_end(response))
        await viewer.send(h11.Response(status_code=response.status_code, headers=headers))
        body = bytearray()
        while True:
            async with asyncio.timeout(self.quiet_s):
                event = await onward.next()
            await viewer.send(event)
            if isinstance(event, h11.EndOfMessage):
                break
            if b"content-length" in dict(headers):  # not a stream
                body += event.data
        self.note(request, _Answer(response.status_code, headers, bytes(body)))
        return onward.http.our_state is h11.DONE and onward.http.their_state is h11.DONE

    async def _switch(
        self, viewer: _Connection, onward: _Connection, response: h11.InformationalResponse
    ) -> None:
        """A WebSocket: bytes both ways, until one side ends or both are silent."""
        await viewer.send(response)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self.quiet_s) as silence:

            async def copy(source: _Connection, sink: _Connection) -> None:
                data = source.http.trailing_data[0]
                while True:
                    sink.writer.write(data)
                    await sink.writer.drain()
                    silence.reschedule(loop.time() + self.quiet_s)
                    data = await source.reader.read(65_536)
                    if not data:
                        return

            ways = [asyncio.ensure_future(copy(viewer, onward)), asyncio.ensure_future(copy(onward, viewer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _answer(self, viewer: _Connection, answer: _Answer) -> None:
        headers = [header for header in answer.headers if header[0] != b"content-length"]
        length = (b"content-length", str(len(answer.body)).encode())
        await viewer.send(h11.Response(status_code=answer.status, headers=[*headers, length]))
        await viewer.send(h11.Data(answer.body))
        await viewer.send(h11.EndOfMessage())

    def _kept(self, port: int) -> _Connection | None:
        return self.idle[port].pop() if self.idle[port] else None

    async def _opened(self, port: int) -> _Connection:
        onward = _Connection(h11.CLIENT, *await asyncio.open_connection(HOST, port))
        self.connections.add(onward)
        return onward

    def _keep(self, port: int, onward: _Connection) -> None:
        self.idle[port].append(onward)
        asyncio.get_running_loop().call_later(self.keep_alive_s, self._end_idle, port, onward)

    def _end_idle(self, port: int, onward: _Connection) -> None:
        if onward in self.idle[port]:
            self.idle[port].remove(onward)
            onward.writer.close()

    def ended_by_the_other_side(self, port: int) -> int:
        """How many of the idle connections the other side has closed already."""
        return sum(onward.reader.at_eof() for onward in list(self.idle[port]))


class _Balancer(_Hop):
    def __init__(
        self, setting: "_Setting", containers: Mapping[str, list[int]], now_s: Callable[[], float]
    ) -> None:
        idle_s = setting.seconds(setting.attribute("LoadBalancer", "idle_timeout.timeout_seconds"))
        super().__init__(keep_alive_s=idle_s, quiet_s=idle_s, client_idle_s=idle_s)
        self.setting, self.containers, self.now_s = setting, containers, now_s

    def route(self, request: h11.Request) -> _Answer | int:
        headers = dict(request.headers)
        path = request.target.partition(b"?")[0].decode()
        for rule in self.setting.rules:
            if self._matches(rule, headers, path):
                (action,) = rule["Actions"]
                if action["Type"] == "fixed-response":
                    return self._fixed(action)
                return self._container(self._site(rule), headers)
        (action,) = self.setting.resources["Listener"]["DefaultActions"]
        return self._fixed(action)

    def _matches(self, rule: Mapping[str, Any], headers: Mapping[bytes, bytes], path: str) -> bool:
        for condition in rule["Conditions"]:
            if condition["Field"] == "path-pattern":
                patterns = condition["PathPatternConfig"]["Values"]
                if not any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns):
                    return False
            else:
                wanted = condition["HttpHeaderConfig"]
                got = headers.get(wanted["HttpHeaderName"].lower().encode(), b"").decode()
                if got not in self.setting.value(wanted["Values"]):
                    return False
        return True

    @staticmethod
    def _fixed(action: Mapping[str, Any]) -> _Answer:
        given = action["FixedResponseConfig"]
        return _plain(int(given["StatusCode"]), given["MessageBody"])

    @staticmethod
    def _site(rule: Mapping[str, Any]) -> str:
        group = str(rule["Actions"][0]["TargetGroupArn"]["Ref"])
        return group.removesuffix("Targets").lower()

    def _container(self, site: str, headers: Mapping[bytes, bytes]) -> int:
        known = SimpleCookie(headers.get(b"cookie", b"").decode()).get("AWSALB")
        if known is not None:
            port, _, until = known.value.partition("-")
            if int(port) in self.containers[site] and self.now_s() < int(until):
                return int(port)
        return min(self.containers[site], key=lambda port: self.outstanding[port])

    def request_headers(self, request: h11.Request, peer: str) -> Headers:
        kept = [
            header
            for header in _end_to_end(request)
            if header[0] not in (b"x-forwarded-proto", b"x-forwarded-port")
        ]
        return [*_forwarded(kept, peer), (b"x-forwarded-proto", b"http"), (b"x-forwarded-port", b"80")]

    def response_headers(self, request: h11.Request, port: int, headers: Headers) -> Headers:
        targets = f"{dict(request.headers)[b'x-origin-site'].decode().capitalize()}Targets"
        stays_s = self.setting.attribute(targets, "stickiness.lb_cookie.duration_seconds")
        until = int(self.now_s() + float(stays_s))
        expires = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(until))
        cookie = f"AWSALB={port}-{until}; Expires={expires}; Path=/"
        return [*headers, (b"set-cookie", cookie.encode())]


class _CloudFront(_Hop):
    def __init__(
        self, setting: "_Setting", site: str, balancer_port: int, now_s: Callable[[], float]
    ) -> None:
        self.site, self.balancer_port, self.now_s = site, balancer_port, now_s
        self.cache: dict[tuple[bytes, bytes], tuple[float, _Answer]] = {}
        self.use(setting)
        origin = self._distribution["Origins"][0]["CustomOriginConfig"]
        super().__init__(
            keep_alive_s=setting.seconds(origin["OriginKeepaliveTimeout"]),
            quiet_s=setting.seconds(origin["OriginReadTimeout"]),
            client_idle_s=None,
        )

    def use(self, setting: "_Setting") -> None:
        self.setting = setting
        self._distribution = setting.resources[f"{self.site.capitalize()}Distribution"]["DistributionConfig"]

    def _caches(self, path: bytes) -> bool:
        for behaviour in self._distribution["CacheBehaviors"]:
            if fnmatch.fnmatchcase(path.decode(), behaviour["PathPattern"]):
                return bool(behaviour["CachePolicyId"] != CACHING_DISABLED)
        return bool(self._distribution["DefaultCacheBehavior"]["CachePolicyId"] != CACHING_DISABLED)

    def _key(self, request: h11.Request) -> tuple[bytes, bytes]:
        path = request.target.partition(b"?")[0]
        return path, dict(request.headers).get(b"accept-encoding", b"") if self._caches(path) else b""

    def route(self, request: h11.Request) -> _Answer | int:
        kept = self.cache.get(self._key(request)) if request.method in (b"GET", b"HEAD") else None
        if kept is not None and self.now_s() < kept[0]:
            status, headers, body = kept[1].status, kept[1].headers, kept[1].body
            return _Answer(status, [*headers, (b"x-cache", b"Hit from cloudfront")], body)
        return self.balancer_port

    def request_headers(self, request: h11.Request, peer: str) -> Headers:
        origin = self._distribution["Origins"][0]
        own = {
            header["HeaderName"].lower(): header["HeaderValue"] for header in origin["OriginCustomHeaders"]
        }
        kept = [header for header in _end_to_end(request) if header[0].decode() not in own]
        if self._caches(request.target.partition(b"?")[0]):
            kept = [header for header in kept if header[0] != b"cookie"]
        added = [(name.encode(), str(self.setting.value(value)).encode()) for name, value in own.items()]
        return [*_forwarded(kept, peer), *added, (b"via", b"1.1 edge.cloudfront.net (CloudFront)")]

    def response_headers(self, request: h11.Request, port: int, headers: Headers) -> Headers:
        is_cookie_kept = not self._caches(request.target.partition(b"?")[0])
        kept = [header for header in headers if header[0] != b"set-cookie" or is_cookie_kept]
        policy = self.setting.resources["Headers"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        max_age = f"max-age={policy['StrictTransportSecurity']['AccessControlMaxAgeSec']}"
        others = [header for header in kept if header[0] != b"strict-transport-security"]
        return [*others, (b"strict-transport-security", max_age.encode())]

    def note(self, request: h11.Request, answer: _Answer) -> None:
        kept_s = 0.0
        if answer.status in CACHED_ERRORS:
            given = self._distribution.get("CustomErrorResponses", [])
            own = {one["ErrorCode"]: one["ErrorCachingMinTTL"] for one in given}
            kept_s = float(own.get(answer.status, ERROR_TTL_S))
        elif answer.status == 200 and self._caches(request.target.partition(b"?")[0]):
            kept_s = FILE_TTL_S
        if request.method == b"GET" and kept_s > 0:
            self.cache[self._key(request)] = self.now_s() + kept_s, answer


class _Setting:
    """The hosting template with some parameters. `speed` divides its times."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str], speed: float) -> None:
        self.resources = {name: item.get("Properties", {}) for name, item in template["Resources"].items()}
        declared = template["Parameters"]
        self._parameters = {name: one.get("Default", "") for name, one in declared.items()} | dict(parameters)
        self._conditions, self._speed = template["Conditions"], speed
        rules = [
            one["Properties"]
            for one in template["Resources"].values()
            if one["Type"].endswith("ListenerRule")
        ]
        self.rules = sorted(rules, key=lambda rule: int(rule["Priority"]))

    def attribute(self, resource: str, name: str) -> str:
        """An attribute of the balancer, or of a target group."""
        properties = self.resources[resource]
        given = properties.get("LoadBalancerAttributes") or properties["TargetGroupAttributes"]
        (value,) = (item["Value"] for item in given if item["Key"] == name)
        return str(value)

    def seconds(self, value: str | int) -> float:
        return float(value) / self._speed

    def value(self, node: Any) -> Any:
        """A part of the template with Ref, Fn::If, Fn::Equals and Fn::Not resolved."""
        match node:
            case list():
                return [self.value(one) for one in node]
            case {"Ref": name}:
                return self._parameters[name]
            case {"Fn::If": [condition, one, other]}:
                return self.value(one if self.value(self._conditions[condition]) else other)
            case {"Fn::Equals": [one, other]}:
                return self.value(one) == self.value(other)
            case {"Fn::Not": [one]}:
                return not self.value(one)
        return node


class Edge:
    """Runs both hops in a thread: `with Edge(folder, {"student": [port, ...], "teacher": [port]}) as edge`.

    `containers` may change while it runs. `now_s` is the clock of caches and cookies. `change` edits the
    template before it is used.
    """

    def __init__(
        self,
        folder: Path,
        containers: Mapping[str, list[int]],
        parameters: Mapping[str, str],
        *,
        now_s: Callable[[], float] = time.time,
        speed: float = 1.0,
        change: Callable[[dict[str, Any]], None] = lambda _resources: None,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        self._template, _ = decode(str(HOSTING_TEMPLATE))
        change(self._template["Resources"])
        self._speed = speed
        setting = _Setting(self._template, parameters, speed)
        self.certificate, key = make_certificate(Path(tempfile.mkdtemp(dir=folder)))
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.certificate, key)
        self._containers, self._now_s, self._setting = containers, now_s, setting
        self._ports = ports or dict.fromkeys(SITES, 0)
        self.urls: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="edge")

    def deploy_balancer(self, parameters: Mapping[str, str]) -> None:
        """The balancer has these parameters from now on."""
        self.balancer.setting = _Setting(self._template, parameters, self._speed)

    def deploy_cloudfront(self, parameters: Mapping[str, str]) -> None:
        """CloudFront has these parameters from now on."""
        for cloudfront in self.cloudfronts.values():
            cloudfront.use(_Setting(self._template, parameters, self._speed))

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._run(self._start())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_S)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(START_S)

    async def _start(self) -> None:
        self._servers: list[asyncio.Server] = []
        self.balancer = _Balancer(self._setting, self._containers, self._now_s)
        balancer_port = await self._listen(self.balancer, 0, None)
        self.cloudfronts = {}
        for site in SITES:
            hop = _CloudFront(self._setting, site, balancer_port, self._now_s)
            self.cloudfronts[site] = hop
            self.urls[site] = f"https://{HOST}:{await self._listen(hop, self._ports[site], self._tls)}"

    async def _listen(self, hop: _Hop, port: int, tls: ssl.SSLContext | None) -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            with contextlib.suppress(asyncio.CancelledError):
                await hop.serve(reader, writer)
            self._tasks.discard(task)

        server = await asyncio.start_server(
            serve, HOST, port, ssl=tls, ssl_shutdown_timeout=1.0 if tls else None
        )
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for hop in (self.balancer, *self.cloudfronts.values()):
            for connection in list(hop.connections):  # the idle ones, and those whose task was cancelled
                connection.writer.transport.abort()
        await asyncio.sleep(0)  # in which they are closed


def _end_to_end(message: h11.Request | h11.Response) -> Headers:
    """Without the headers of one connection, but those of a WebSocket's handshake."""
    dropped = {b"connection", b"keep-alive", b"transfer-encoding"}
    if isinstance(message, h11.Request) and _is_upgrade(message):
        dropped = set()
    return [header for header in message.headers if header[0] not in dropped]


def _is_upgrade(request: h11.Request) -> bool:
    return dict(request.headers).get(b"upgrade", b"").lower() == b"websocket"


def _forwarded(headers: Headers, peer: str) -> Headers:
    """X-Forwarded-For with the peer's address at its end."""
    before = [value for name, value in headers if name == b"x-forwarded-for"]
    others = [header for header in headers if header[0] != b"x-forwarded-for"]
    return [*others, (b"x-forwarded-for", b", ".join([*before, peer.encode()]))]
