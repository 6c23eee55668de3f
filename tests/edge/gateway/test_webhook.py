"""A till gets its messages at an address of its own, signed, until it has answered 2xx; nothing follows a redirect."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge.gateway.webhook import signature
from tests.commands import Json
from tests.edge.gateway.conftest import Lane
from tests.gateways import LIMIT_S, GatewayProcess, HttpTill, event

SECRET = base64.b64encode(bytes(range(32))).decode()


def test_the_signature_is_that_of_the_standard_webhooks_specification() -> None:
    """The example of the specification."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


class WebhookTill:
    """A till's server. answers: the status of each answer, the last one for all further ones. received: headers and
    body of each request."""

    def __init__(self) -> None:
        self.answers = [204]
        self.hangs = threading.Event()
        self.hangs.set()
        self.received: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
                outer.hangs.wait(LIMIT_S)
                status = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST  # noqa: N815  # the name in http.server

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def of_type(self, type: str) -> list[Json]:
        """The received events of a type."""
        events = [json.loads(body) for _, body in self.received]
        return [each for each in events if each["type"] == type]

    def wait_for(self, condition: Callable[[], object]) -> None:
        end_s = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < end_s, self.received[-3:]
            time.sleep(0.02)

    def close(self) -> None:
        self.hangs.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[WebhookTill]:
    server = WebhookTill()
    yield server
    server.close()


@pytest.fixture
def gateway(
    server: WebhookTill, tmp_path: Path, address: str, start_lane: Callable[[], Lane],
    start_gateway: Callable[..., GatewayProcess],
) -> GatewayProcess:  # fmt: skip
    start_lane()
    secret, config = tmp_path / "secret", tmp_path / "gateway.toml"
    secret.write_text(f"whsec_{SECRET}\n")
    secret.chmod(0o600)
    config.write_text(
        f'agent = "{address}"\n[[till]]\nname = "till-1"\nwebhook = "http://127.0.0.1:{server.port}/hook"\n'
        f'webhook_secret_file = "{secret}"\n'
    )
    return start_gateway("--config", config)


@pytest.mark.slow
def test_alerts_and_screens_are_sent_once_and_signed(gateway: GatewayProcess, server: WebhookTill) -> None:
    till = HttpTill(gateway.address)
    sale_id = till.open()
    till.scan(sale_id)
    server.wait_for(lambda: server.of_type("lane.alert"))
    server.wait_for(
        lambda: any(each["data"]["screen"]["shows"] == "alert" for each in server.of_type("gateway.screen"))
    )
    till.poll_until(lambda news: not news["messages"])
    assert server.of_type("lane.alert")[0]["data"]["sale_id"] == sale_id
    assert len({each["id"] for each in server.of_type("lane.alert")}) == len(server.of_type("lane.alert"))
    for headers, body in server.received:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.digest(base64.b64decode(SECRET), signed, hashlib.sha256)
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
        assert headers["webhook-id"] == json.loads(body)["id"]
        assert headers["content-type"] == "application/cloudevents+json"


@pytest.mark.slow
def test_a_webhook_that_fails_is_tried_again_and_what_failed_is_logged_once(
    gateway: GatewayProcess, server: WebhookTill
) -> None:  # fmt: skip
    server.answers = [500]
    till = HttpTill(gateway.address)
    sale_id = till.open()
    till.send(event("lane.sale.closed", sale_id=sale_id, completed=False))
    till.send(event("lane.sale.restricted_item", sale_id=sale_id))
    server.wait_for(lambda: len(server.of_type("lane.error")) >= 3)
    assert len({each["id"] for each in server.of_type("lane.error")}) == 1
    server.answers = [204]
    gateway.wait_for_log("webhook .* answers again")
    till.poll_until(lambda news: not news["messages"])
    assert gateway.stop().count("failed: it answered 500; it is tried again") == 1


@pytest.mark.slow
def test_a_redirect_is_a_failure(gateway: GatewayProcess, server: WebhookTill) -> None:
    server.answers = [302]
    HttpTill(gateway.address).open()
    gateway.wait_for_log("failed: it answered 302; redirects are not followed")
    assert all(body for _, body in server.received), "nothing came to the other address"


@pytest.mark.slow
def test_a_webhook_that_hangs_keeps_nobody_waiting_and_an_expired_alert_is_not_sent(
    gateway: GatewayProcess, server: WebhookTill
) -> None:  # fmt: skip
    server.hangs.clear()
    till = HttpTill(gateway.address)
    sale_id = till.open()
    till.scan(sale_id)
    assert till.alert(sale_id)
    gateway.wait_for_log("failed: it did not answer in time")
    till.send(event("lane.sale.closed", sale_id=sale_id, completed=False))
    asked = len(server.of_type("lane.alert"))
    server.hangs.set()
    gateway.wait_for_log("answers again")
    till.poll_until(lambda news: not news["messages"])
    assert len(server.of_type("lane.alert")) == asked, "the sale is over"
