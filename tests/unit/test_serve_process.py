"""The service as a process: signals, ports, workers, changed models, clients that are slow or wrong."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
pytest.importorskip("prometheus_client")
pytest.importorskip("orjson")

from perfpred.serve.client import Client, ServiceError
from perfpred.shipped import shipped_models

HERE = "intel-xeon-6-207-avx512-1t"
SIZES = {"m": 512, "n": 300, "k": 70}


class Service:
    """A process that answers."""

    def __init__(self, process):
        self.process = process
        self.lines = [process.stderr.readline()]
        found = re.search(r"http://([^:]+):(\d+)/", self.lines[0])
        assert found, self.lines[0] + process.stderr.read()
        self.port = int(found[2])
        self.url = f"http://127.0.0.1:{self.port}"
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()

    def _read(self):
        self.lines.extend(self.process.stderr)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as response:
            return json.load(response)

    def wait_until(self, is_so):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if is_so():
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("".join(self.lines))

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.reading.join(10)
        return code


def command(*arguments):
    return [sys.executable, "-m", "perfpred", "serve", *map(str, arguments)]


@contextmanager
def served(*arguments):
    process = subprocess.Popen(
        command("--port", 0, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        service = Service(process)
        service.wait_until(lambda: service.get("/healthz")["status"] == "ok")
        yield service
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    for path in sorted(shipped_models().glob("softmax-*avx512-1t.json"))[:3]:
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def service():
    with served("--timeout", 1.5) as found:
        yield found


def sent(service, data, wait=True):
    """Send bytes as they are; return what comes back until the connection is closed."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode() if wait else ""


def test_the_client_asks_and_is_told(service):
    client = Client(service.url)
    one = client.predict("matmul", SIZES, variant="openblas", hardware=HERE)
    assert one["low_s"] < one["time_s"] < one["high_s"]
    assert len(client.predict_batch("matmul", [SIZES] * 3, variant="openblas", hardware=HERE)) == 3
    best = client.select("matmul", SIZES, hardware=HERE, top=1)["best"]
    assert client.select_batch("matmul", [SIZES], hardware=HERE)[0]["best"] == best
    assert client.models() and client.hardware()
    with pytest.raises(ServiceError, match="did you mean 'matmul'") as refused:
        client.select("matmull", SIZES)
    assert refused.value.status == 404
    with pytest.raises(ServiceError, match="no answer from"):
        Client("http://127.0.0.1:9", timeout_s=2).models()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: x\r\nbroken\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000, 400),
        (b"GET /healthz HTTP/1.1\r\nhost:", 408),
        (b"", 408),
        (
            b"POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: 100\r\n\r\n{",
            408,
        ),
        (
            b"POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: 99999999999\r\n\r\n",
            413,
        ),
    ],
    ids=["no request", "no header", "long head", "slow head", "silent", "slow body", "large body"],
)
def test_clients_that_are_wrong_or_slow_are_told_and_cut_off(service, data, status):
    answer = sent(service, data)
    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "application/problem+json" in head
    assert json.loads(body)["status"] == status
    assert service.get("/healthz") == {"status": "ok"}


def test_pipelined_requests_are_answered_in_order(service):
    first = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    answer = sent(service, first + b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert answer.index('"status":"ok"') < answer.index('"status":"ready"')


def test_log_lines_are_json(service):
    sent(service, b"GET /%0a%1b[31mred HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    service.wait_until(lambda: any("31mred" in line for line in service.lines))
    [line] = [each for each in service.lines if "31mred" in each]
    found = json.loads(line)
    assert (found["status"], found["method"], found["path"]) == (404, "GET", "/\n\x1b[31mred")
    assert "\x1b" not in line


def test_a_busy_port_is_said(service):
    done = subprocess.run(
        command("--port", service.port), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert f"port {service.port}: address already in use; choose another with --port" in done.stderr


def test_models_are_replaced_while_it_runs_and_broken_ones_are_not_used(models):
    with served("--models", models) as service:
        path = sorted(models.iterdir())[0]
        whole = path.read_text()
        path.write_text(whole[:-200])
        service.wait_until(lambda: service.get("/readyz")["problem"])
        ready = service.get("/readyz")
        assert (ready["status"], ready["models"]) == ("ready", 3)
        assert path.name in ready["problem"] and str(models) not in ready["problem"]
        assert len(service.get("/v1/models")) == 3
        path.unlink()
        service.wait_until(lambda: service.get("/readyz")["models"] == 2)
        assert service.get("/readyz")["problem"] is None
        path.write_text(whole)
        service.wait_until(lambda: service.get("/readyz")["models"] == 3)
        assert any("models not reloaded" in line for line in service.lines)
        assert service.end(signal.SIGINT) == 0


def test_a_request_under_way_is_answered_before_the_end(models):
    with served("--models", models) as service:
        body = json.dumps({"kernel": "softmax", "hardware": HERE, "parameters": {}}).encode()
        head = (
            "POST /v1/select HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
            connection.sendall(head.encode() + body[:5])
            time.sleep(0.5)
            service.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            connection.sendall(body[5:])
            assert connection.recv(65536).startswith(b"HTTP/1.1 422 ")
        assert service.process.wait(30) == 0


def test_workers_share_a_port_and_their_counters(models):
    with served("--models", models, "--workers", 2) as service:
        for _ in range(20):
            Client(service.url).models()
        with urllib.request.urlopen(service.url + "/metrics", timeout=30) as response:
            text = response.read().decode()
        assert 'path="/v1/models",status="200"} 20.0' in text
        service.wait_until(lambda: sum("Started server process" in line for line in service.lines) == 2)
        assert service.end() == 0
        started = {json.loads(line)["process"] for line in service.lines if "Started server process" in line}
        assert len(started) == 2


def test_what_is_wrong_is_said_before_it_starts(tmp_path, perfpred):
    (tmp_path / "a.json").write_text("{}")
    for arguments, said in (
        (("--host", "0.0.0.0"), "so a token is needed"),
        (("--models", tmp_path), "a.json"),
        (("--models", tmp_path / "none"), "there is no such folder"),
        (("--host", "no.such.host.invalid", "--token-file", Path(__file__)), "a token is one word"),
    ):
        outcome = perfpred("serve", "--port", 0, *arguments)
        assert outcome.code == 2
        assert said in outcome.err


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_the_c_example_asks_and_is_told(service, tmp_path):
    source = Path(__file__).parents[2] / "docs" / "examples" / "query.c"
    program = tmp_path / "query"
    subprocess.run(
        ["cc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-o", program, source], check=True
    )

    def ask(body, *name):
        words = [program, "127.0.0.1", str(service.port), "/v1/predict", json.dumps(body), *name]
        return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    query = {"kernel": "matmul", "variant": "openblas", "hardware": HERE, "parameters": SIZES}
    expected = Client(service.url).predict("matmul", SIZES, variant="openblas", hardware=HERE)
    assert float(ask(query, "time_s").stdout) == expected["time_s"]
    assert json.loads(ask(query).stdout) == expected
    refused = ask({**query, "kernel": "matmull"}, "time_s")
    assert refused.returncode == 1
    assert "did you mean 'matmul'?" in json.loads(refused.stderr)["detail"]
