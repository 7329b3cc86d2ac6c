"""The host, run as a process over real sockets."""

import socket
import threading
from pathlib import Path

import requests

from shared.runtime.service_auth import ServiceTokens
from tests.runtime.conftest import KEY, Serve
from tests.support import wait_until
from tests.waits import WAIT_S


def test_it_serves_the_handler_on_every_path(serve: Serve) -> None:
    echo = serve("echo", WORD="up")
    answer = requests.put(echo.url + "/a/b?c=1", data=b"\x00body", timeout=WAIT_S)
    assert (answer.status_code, answer.content) == (200, b"\x00body")
    assert answer.headers["x-path"] == "/a/b"


def test_readiness_names_the_dependency_that_is_down(serve: Serve) -> None:
    echo = serve("echo", WORD="down")
    answer = requests.get(echo.url + "/readyz", timeout=WAIT_S)
    assert answer.status_code == 503
    assert answer.json() == {
        "function": "echo",
        "status": "not ready",
        "checks": {"store": "Unavailable"},
    }


def test_metrics_are_served_in_text_form(serve: Serve) -> None:
    echo = serve("echo", WORD="up")
    assert (
        requests.get(echo.url + "/metrics", timeout=WAIT_S)
        .headers["content-type"]
        .startswith("text/")
    )


def test_a_body_over_the_limit_is_refused_though_chunked(serve: Serve) -> None:
    echo = serve("echo", WORD="up")
    answer = requests.post(echo.url, data=iter([b"x" * 600, b"x" * 600]), timeout=WAIT_S)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_chunked_body_arrives_whole(serve: Serve) -> None:
    echo = serve("echo", WORD="up")
    answer = requests.post(echo.url, data=iter([b"ab", b"cd", b"e"]), timeout=WAIT_S)
    assert answer.content == b"abcde"


def test_an_unforeseen_error_leaks_neither_to_the_answer_nor_to_the_log(serve: Serve) -> None:
    echo = serve("echo", WORD="up")
    answer = requests.get(echo.url + "/secret-crash", timeout=WAIT_S)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    log = echo.output.read_text()
    assert "unexpected_error" in log
    assert "ValueError" in log
    assert "noon" not in log + answer.text


def test_a_named_error_becomes_a_problem_with_retry_after(serve: Serve) -> None:
    echo = serve("echo", WORD="up")
    answer = requests.get(echo.url + "/unavailable", timeout=WAIT_S)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "the broker does not answer"


def test_every_line_of_a_request_carries_its_trace(serve: Serve) -> None:
    echo = serve("echo", WORD="up")
    trace = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    requests.get(echo.url + "/secret-crash", headers={"traceparent": trace}, timeout=WAIT_S)
    assert '"trace_id":"' + "ab" * 16 in echo.output.read_text()


def test_an_inner_function_refuses_strangers(serve: Serve) -> None:
    routes = serve("routes", SERVICE_TOKEN_KEY=KEY)
    wrong = ServiceTokens("gateway", KEY).mint("another")
    for header in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {wrong}"}):
        answer = requests.get(routes.url + "/things/a", headers=header, timeout=WAIT_S)
        assert (answer.status_code, answer.json()["detail"]) == (401, "Unauthorised")


def test_routes_answer_through_the_app_that_the_handler_returns(serve: Serve) -> None:
    routes = serve("routes", SERVICE_TOKEN_KEY=KEY)
    headers = {"Authorization": f"Bearer {ServiceTokens('x', KEY).mint('routes')}"}
    thing = {"name": "n", "size": 2}
    made = requests.post(routes.url + "/things", json=thing, headers=headers, timeout=WAIT_S)
    assert (made.status_code, made.json()) == (200, thing)
    missing = requests.get(routes.url + "/things/a", headers=headers, timeout=WAIT_S)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    nowhere = requests.get(routes.url + "/nowhere", headers=headers, timeout=WAIT_S)
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")


def test_a_wrong_field_is_named_without_its_value(serve: Serve) -> None:
    routes = serve("routes", SERVICE_TOKEN_KEY=KEY)
    headers = {"Authorization": f"Bearer {ServiceTokens('x', KEY).mint('routes')}"}
    body = {"name": "n", "size": "meet me at noon"}
    answer = requests.post(routes.url + "/things", json=body, headers=headers, timeout=WAIT_S)
    assert answer.status_code == 422
    assert "body.size" in answer.json()["detail"]
    assert "noon" not in answer.text


def test_a_crash_inside_a_route_leaks_nothing(serve: Serve) -> None:
    routes = serve("routes", SERVICE_TOKEN_KEY=KEY)
    headers = {"Authorization": f"Bearer {ServiceTokens('x', KEY).mint('routes')}"}
    answer = requests.get(routes.url + "/things/crash", headers=headers, timeout=WAIT_S)
    assert answer.status_code == 500
    assert "noon" not in answer.text + routes.output.read_text()


def test_it_says_all_that_is_missing_and_stops(serve: Serve, tmp_path: Path) -> None:
    echo = serve("routes", wait=False)
    assert echo.process.wait(WAIT_S) == 78
    words = echo.output.read_text()
    assert "SERVICE_TOKEN_KEY: missing" in words
    assert str(tmp_path / "secrets" / "service-token-key") in words


def test_it_finishes_what_is_in_flight_and_exits_with_zero(serve: Serve) -> None:
    echo = serve("echo", WORD="up")
    answers: list[int] = []

    def ask() -> None:
        answers.append(requests.get(echo.url + "/slow", timeout=WAIT_S).status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: len(_connections(echo.url)) > 0)
    assert echo.stop() == 0
    asking.join()
    assert answers == [200]


def test_while_draining_it_serves_but_is_not_ready(serve: Serve) -> None:
    echo = serve("echo", WORD="up", DRAIN_SECONDS="300")
    echo.process.terminate()
    wait_until(lambda: requests.get(echo.url + "/readyz", timeout=WAIT_S).status_code == 503)
    assert requests.post(echo.url, data=b"late", timeout=WAIT_S).content == b"late"
    assert echo.stop() == 0, "a second signal ends the drain"


def test_a_drain_ends_by_itself(serve: Serve) -> None:
    echo = serve("echo", WORD="up", DRAIN_SECONDS="0.2")
    assert echo.stop() == 0


def _connections(url: str) -> list[str]:
    """Established connections to the server, as the kernel lists them."""
    port = f":{int(url.rsplit(':', 1)[1]):04X} "
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return [line for line in lines if port in line.split("  ")[0] + " " + line and " 01 " in line]


def test_a_client_that_leaves_in_mid_body_costs_nothing(serve: Serve) -> None:
    echo = serve("echo", WORD="up")
    port = int(echo.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhalf")
    assert requests.post(echo.url, data=b"next", timeout=WAIT_S).content == b"next"
    assert "unexpected" not in echo.output.read_text()
