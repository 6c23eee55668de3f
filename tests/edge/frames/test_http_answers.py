"""Answers of a camera's web server: with a password, after redirects, over one connection, and within limits."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler

import pytest

from edge.errors import RunError
from edge.frames import http_answers, start_in_background
from edge.frames.http_answers import HttpAddress, StrangeAnswerError
from tests.cameras.snapshots import IN_ADDRESS, SnapshotCamera, redirect, send, status


@pytest.fixture
def camera() -> Iterator[SnapshotCamera]:
    camera = SnapshotCamera()
    yield camera
    camera.stop()


@pytest.fixture
def address(camera: SnapshotCamera) -> Iterator[HttpAddress]:
    with closing(HttpAddress(camera.url_with_password)) as address:
        yield address


def test_answers_have_their_type_and_body_and_come_over_one_connection(
    camera: SnapshotCamera, address: HttpAddress
) -> None:
    camera.content_type = "Image/JPEG; charset=binary"
    for _ in range(3):
        answer = address.get()
        assert (answer.content_type, answer.has_length) == ("image/jpeg", True)
        assert answer.body().startswith(b"\xff\xd8")
    assert camera.connections == 1


def test_a_connection_that_the_camera_has_closed_is_opened_again(camera: SnapshotCamera, address: HttpAddress) -> None:
    address.get().body()
    camera.stop()
    camera.start()
    address.get().body()
    assert camera.connections == 2


@pytest.mark.parametrize("password", ["basic", "digest"])
def test_the_password_is_sent_when_it_is_asked_for_and_with_every_request_from_then_on(
    password: str, camera: SnapshotCamera, address: HttpAddress
) -> None:
    camera.password = password
    for _ in range(4):
        address.get().body()
    assert len(camera.requests) == 5


def test_a_digest_that_has_become_old_is_computed_anew(camera: SnapshotCamera, address: HttpAddress) -> None:
    camera.password = "digest"
    address.get().body()
    camera.nonce = "18"
    address.get().body()
    assert len(camera.requests) == 4


def test_a_wrong_password_is_tried_once(camera: SnapshotCamera) -> None:
    camera.password = "digest"
    wrong = camera.url.replace("//", "//anna:wrong@")
    with (
        closing(HttpAddress(wrong)) as address,
        pytest.raises(RunError, match="401 Unauthorized: are user and password right"),
    ):
        address.get()
    assert len(camera.requests) == 2


@pytest.mark.parametrize(
    "challenge", ["Digest realm=x, nonce=1, algorithm=SHA-256", "Negotiate", "Digest", "", "Digest a"]
)
def test_a_password_that_is_wanted_in_an_unknown_way_is_said_to_be(
    challenge: str, camera: SnapshotCamera, address: HttpAddress
) -> None:
    camera.answer = lambda request: send(request, b"", "", 401, {"WWW-Authenticate": challenge})
    with pytest.raises(RunError, match=r"unknown way: set its authentication to Digest \(MD5\) or Basic"):
        address.get()


def test_the_challenge_that_can_be_answered_is_chosen(camera: SnapshotCamera, address: HttpAddress) -> None:
    def several(request: BaseHTTPRequestHandler) -> None:
        request.send_response(401)
        for challenge in ("Digest realm=x, nonce=1, algorithm=SHA-256", 'Basic realm="x"'):
            request.send_header("WWW-Authenticate", challenge)
        request.send_header("Content-Length", "0")
        request.end_headers()
        camera.answer, camera.password = None, "basic"

    camera.answer = several
    assert address.get().body()


def test_a_redirect_on_the_camera_is_followed_and_remembered(camera: SnapshotCamera, address: HttpAddress) -> None:
    camera.answer = redirect("/other dir/pícture.jpg?a=1#x")
    with pytest.raises(RunError, match="redirects again and again"):
        address.get()
    camera.answer = None
    camera.requests.clear()
    address.get().body()
    assert camera.requests == ["/other%20dir/p%C3%ADcture.jpg?a=1"]


@pytest.mark.parametrize(
    "location", ["http://127.0.0.2/", "//10.0.0.1/x.jpg", "ftp://127.0.0.1/x", "file:///etc/passwd"]
)
def test_a_redirect_to_another_host_gets_no_password(
    location: str, camera: SnapshotCamera, address: HttpAddress
) -> None:
    camera.answer = redirect(location)
    with pytest.raises(RunError, match="redirects to another host: write that address into camera"):
        address.get()


@pytest.mark.parametrize("code", [204, 304, 404, 503, 599])
def test_another_status_is_named_and_the_next_answer_may_be_good(
    code: int, camera: SnapshotCamera, address: HttpAddress
) -> None:
    camera.answer = status(code)
    with pytest.raises(RunError, match=f"it answers {code}"):
        address.get()
    camera.answer = None
    assert address.get().body()


def test_a_body_that_is_too_large_is_given_up(
    camera: SnapshotCamera, address: HttpAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_answers, "_MOST_PICTURE_BYTES", 1_000_000)
    camera.change = lambda _: bytes(3_000_000)
    with pytest.raises(RunError, match="its picture has more than 1 MB: set a smaller one"):
        address.get().body()
    camera.change = bytes
    assert address.get().body()


def test_a_body_that_comes_too_slowly_is_given_up(
    camera: SnapshotCamera, address: HttpAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_answers, "_BODY_S", 0.3)
    camera.body_s = 0.5
    with pytest.raises(RunError, match="its picture was not complete after 0 s"):
        address.get().body()


def test_a_camera_that_falls_silent_does_not_answer(camera: SnapshotCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_answers, "_HTTP_SILENT_S", 0.2)
    with closing(HttpAddress(camera.url)) as address:
        camera.body_s = 0.5
        with pytest.raises(RunError, match="its picture was not complete after"):
            address.get().body()
        camera.delay_s = 0.5
        with pytest.raises(RunError, match="it does not answer"):
            address.get()


def test_a_body_is_cut_off_where_the_connection_ends(camera: SnapshotCamera, address: HttpAddress) -> None:
    def cut(request: BaseHTTPRequestHandler) -> None:
        send(request, b"\xff\xd8\xff half", "image/jpeg", length=1000)
        request.close_connection = True

    camera.answer = cut
    assert address.get().body() == b"\xff\xd8\xff half"
    camera.answer = None
    assert address.get().body()


def test_a_body_without_a_length_ends_with_the_connection(camera: SnapshotCamera, address: HttpAddress) -> None:
    def unknown(request: BaseHTTPRequestHandler) -> None:
        send(request, b"picture", "image/jpeg", length=None, headers={"Connection": "close"})
        request.close_connection = True

    camera.answer = unknown
    answer = address.get()
    assert (answer.has_length, answer.body()) == (False, b"picture")


def test_a_body_in_chunks_is_put_together(camera: SnapshotCamera, address: HttpAddress) -> None:
    body = b"3\r\npic\r\n4\r\nture\r\n0\r\n\r\n"
    camera.answer = lambda request: send(
        request, body, "image/jpeg", 200, {"Transfer-Encoding": "chunked"}, length=None
    )
    assert [address.get().body() for _ in range(2)] == [b"picture"] * 2
    assert camera.connections == 1
    camera.answer = lambda request: send(
        request, b"zz\r\n", "image/jpeg", 200, {"Transfer-Encoding": "chunked"}, length=None
    )
    assert address.get().body() == b""


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///snap.jpg",
        "http://[::1/snap.jpg",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://a b/",
    ],
)
def test_an_address_that_is_not_valid_is_rejected(url: str) -> None:
    with pytest.raises(RunError, match="its address is not valid"):
        HttpAddress(url.replace("//", f"//{IN_ADDRESS}@")).get()


@pytest.fixture
def server() -> Iterator[Callable[[bytes], str]]:
    """Starts a server that answers with any bytes; returns its address."""
    listening: list[socket.socket] = []

    def start(answer: bytes) -> str:
        listening.append(socket.create_server(("127.0.0.1", 0)))

        def serve() -> None:
            connection, _ = listening[-1].accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        start_in_background(serve, "server")
        return f"127.0.0.1:{listening[-1].getsockname()[1]}"

    yield start
    for each in listening:
        each.close()


@pytest.mark.parametrize(
    "answer", [b"RTSP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500]
)
def test_an_answer_that_is_not_http_is_strange(answer: bytes, server: Callable[[bytes], str]) -> None:
    with pytest.raises(StrangeAnswerError), closing(HttpAddress(f"http://{server(answer)}/")) as address:
        address.get()


def test_https_at_a_port_without_it_is_named(server: Callable[[bytes], str]) -> None:
    with pytest.raises(RunError, match="no secure connection is possible: try http://"):
        HttpAddress(f"https://{server(b'HTTP/1.1 400 Bad Request')}/").get()


def test_a_camera_that_is_not_there_is_named_as_the_system_does() -> None:
    with pytest.raises(RunError, match="Connection refused"):
        HttpAddress("http://127.0.0.1:9/snap.jpg").get()
