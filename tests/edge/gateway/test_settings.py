"""The gateway's settings: from flags, variables and a file. What is wrong ends in one line with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.gateway.access import Access, encryption
from edge.gateway.load import load_gateway
from edge.gateway.problems import HttpProblem
from edge.gateway.webhook import webhook_secret


def load(text: str, folder: Path, *flags: str) -> object:
    file = folder / "gateway.toml"
    file.write_text(text, encoding="utf-8")
    return load_gateway(["--config", str(file), *flags])


def test_a_flag_is_enough_for_a_till_on_this_box() -> None:
    settings = load_gateway(["--till", "till-1", "till-2"])
    assert [each.name for each in settings.till] == ["till-1", "till-2"]
    assert settings.address == ("127.0.0.1", 8480)


def test_flags_win_over_variables_and_variables_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_GATEWAY_LOG_LEVEL", "error")
    monkeypatch.setenv("EDGE_GATEWAY_LISTEN", "127.0.0.1:2")
    text = 'log_level = "debug"\nlisten = "127.0.0.1:1"\nagent = "ipc://a"\n[[till]]\nname = "till-1"\n'
    settings = load(text, tmp_path, "--listen", "127.0.0.1:3")
    assert (settings.log_level, settings.listen, settings.agent) == ("error", "127.0.0.1:3", "ipc://a")  # type: ignore[attr-defined]


TILL = '[[till]]\nname = "till-1"\n'


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 0, r"no till is given: add \[\[till\]\] tables to the file, or --till NAME"),
        ('listen = "nowhere"\n' + TILL, 1, "listen = 'nowhere' is not an address: use 127.0.0.1:PORT"),
        ('listen = "0.0.0.0:8480"\n' + TILL, 1, "can be reached from other machines: give certificate and"),
        ('lissten = "127.0.0.1:1"\n' + TILL, 1, r"lissten: there is no such setting \(did you mean listen\?\)"),
        (
            'agent = "tcp://10.0.0.5:5557"\n' + TILL,
            1,
            "till till-1 has no key: make one with edge-agent keys new till-1",
        ),
        ('agent = "http://10.0.0.5"\n' + TILL, 1, "agent = 'http://10.0.0.5': use tcp://HOST:PORT or ipc://FILE"),
        (TILL + TILL, 0, "till till-1 is there 2 times: give each till its own name"),
        (TILL + 'token_sha256 = "abc"\n', 3, "must be 64 hex digits in lower case"),
        (TILL + 'webhook = "http://127.0.0.1:1/"\n', 0, "needs webhook_secret_file"),
        (TILL + 'webhook = "https://8.8.8.8/"\n', 0, "is not in the store: give a private address"),
        (TILL + 'webhook = "https://till.shop/"\n', 0, "give the till's IP address, names are not looked up"),
        (TILL + 'webhook = "http://10.0.0.9/"\n', 0, "is not on this box: use https://"),
        (TILL + 'webhook = "ftp://10.0.0.9/"\n', 0, "use https://ADDRESS:PORT/PATH"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, line: int, problem: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=problem) as found:
        load(text, tmp_path)
    assert "\n" not in str(found.value)
    if line:
        assert f"gateway.toml, line {line}: " in str(found.value)


@pytest.mark.parametrize("value", ["till-1,till-2", "till-1 till-2", '["till-1", {"name": "till-2"}]'])
def test_tills_of_this_box_are_named_in_a_variable(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_GATEWAY_TILL", value)
    monkeypatch.setenv("EDGE_GATEWAY_ORIGINS", "http://one:80,http://two:80")
    settings = load_gateway([])
    assert [till.name for till in settings.till] == ["till-1", "till-2"]
    assert settings.origins == ("http://one:80", "http://two:80")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ('["till-1"', """EDGE_GATEWAY_TILL = '["till-1"': write FIRST,SECOND, or JSON"""),
        ("[" * 100_000, "EDGE_GATEWAY_TILL has JSON that is nested too deeply: correct it"),
        ("till-1,!", "EDGE_GATEWAY_TILL: till.1.name = '!': use 1 to 40 letters, digits, hyphens or underscores"),
        ("", "no till is given: add [[till]] tables to the file, or --till NAME for a till on this box"),
    ],
)
def test_a_variable_with_a_wrong_list_shows_the_form(value: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_GATEWAY_TILL", value)
    with pytest.raises(UsageError) as rejected:
        load_gateway([])
    assert str(rejected.value).startswith(problem)


def test_a_variable_that_is_no_setting_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_GATEWAY_LISTN", "127.0.0.1:1")
    with pytest.raises(UsageError, match=r"there is no such setting \(did you mean EDGE_GATEWAY_LISTEN\?\)"):
        load_gateway(["--till", "till-1"])


def file_with(folder: Path, name: str, text: str, mode: int = 0o600) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_a_token_speaks_for_its_own_till_only(tmp_path: Path) -> None:
    one, two = (file_with(tmp_path, f"token-{n}", f"{n}" * 32 + "\n") for n in (1, 2))
    text = f'[[till]]\nname = "till-1"\ntoken_file = "{one}"\n[[till]]\nname = "till-2"\ntoken_file = "{two}"\n'
    access = Access(load(text, tmp_path).till)  # type: ignore[attr-defined]
    access.check("till-1", "Bearer " + "1" * 32)
    for till, header, code in (
        ("till-1", "Bearer " + "2" * 32, "another-till"),
        ("till-1", "Bearer " + "3" * 32, "wrong-token"),
        ("till-1", None, "no-token"),
        ("till-1", "Basic " + "1" * 32, "no-token"),
        ("till-9", "Bearer " + "1" * 32, "another-till"),
    ):
        with pytest.raises(HttpProblem) as problem:
            access.check(till, header)
        assert problem.value.code == code


@pytest.mark.parametrize(
    ("text", "mode", "problem"),
    [("short", 0o600, "has no token of at least 24 characters"), ("x" * 32, 0o644, "chmod go-rwx"),
     ("with a space " * 3, 0o600, "has no token of at least 24 characters")],
)  # fmt: skip
def test_a_token_that_can_be_guessed_or_read_is_rejected(text: str, mode: int, problem: str, tmp_path: Path) -> None:
    file = file_with(tmp_path, "token", text, mode)
    with pytest.raises(UsageError, match=problem):
        Access(load(f'{TILL}token_file = "{file}"\n', tmp_path).till)  # type: ignore[attr-defined]


def test_a_certificate_must_fit_its_key(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    chain, key = certificate
    good = load(f'certificate = "{chain}"\ncertificate_key = "{key}"\n{TILL}', tmp_path)
    assert encryption(good) is not None  # type: ignore[arg-type]
    bad = load(f'certificate = "{chain}"\ncertificate_key = "{chain}"\n{TILL}', tmp_path)
    with pytest.raises(UsageError, match=r"certificate_key .* cannot be used|chmod go-rwx"):
        encryption(bad)  # type: ignore[arg-type]


def test_the_secret_of_a_webhook_must_be_long(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no secret of 24 to 64 bytes in base64"):
        webhook_secret(file_with(tmp_path, "secret", "whsec_c2hvcnQ="))
