"""A proxy in front of the exam API that lets a test rewrite answers to ones no healthy API would give."""

import http.client
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

__all__ = ["Answer", "RewrittenGraphQL", "error_of", "field_of"]

Answer = dict[str, Any]
# (request, the backend's answer) -> the answer sent to the client.
Rewrite = Callable[[Answer, Answer], Answer]


def field_of(request: Answer) -> str:
    """The query field that a request asks for, such as listExams."""
    name: str = request["query"].split("{", 1)[1].split("(", 1)[0].strip()
    return name


def error_of(request: Answer, error_type: str) -> Answer:
    """The answer of an API that rejects this request."""
    return {"data": {field_of(request): None}, "errors": [{"errorType": error_type, "message": error_type}]}


class RewrittenGraphQL:
    """Forwards POST /graphql to `api_url`; `rewrite` may be changed at any time. Call close() at the end."""

    def __init__(self, api_url: str, rewrite: Rewrite = lambda _request, answer: answer) -> None:
        self.rewrite = rewrite
        self.requests: list[Answer] = []
        backend = urlsplit(api_url).netloc
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                connection = http.client.HTTPConnection(backend, timeout=10)
                connection.request("POST", self.path, body, dict(self.headers))
                forwarded = connection.getresponse()
                answer = json.loads(forwarded.read())
                connection.close()
                request = json.loads(body)
                outer.requests.append(request)
                text = json.dumps(outer.rewrite(request, answer)).encode()
                self.send_response(forwarded.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_arguments: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/graphql"

    def asked(self, field: str) -> int:
        """Number of requests for this field so far."""
        return sum(field_of(request) == field for request in self.requests)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
