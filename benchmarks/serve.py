"""How fast the service answers, and whether it errs while its models are replaced.

Prints the rate of single predictions over that of /healthz, timed in alternation on the same connections; the
99th percentile of their latency over its median; what a batch of 10,000 rows costs in single calls; and the
errors of a load during which models are replaced ten times. wrk makes the load where it is installed, else
connections of this process do, which share the processors with the service: rates are then lower than wrk's.

    python benchmarks/serve.py [--seconds 60] [--connections 8]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil

import perfpred as pp

HARDWARE = "intel-xeon-6-207-avx512-1t"
NAMES = {"kernel": "matmul", "variant": "openblas", "hardware": HARDWARE}
ROUND_S, ROUNDS, ROWS, SINGLES, REPLACED = 1.0, 8, 10_000, 200, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="Length of the load with replaced models."
    )
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "models"
        shutil.copytree(pp.shipped_models(), models)
        with service(models) as (port, process):
            asyncio.run(rates(port, options.connections))
            asyncio.run(batches(port, process))
            asyncio.run(replaced(port, models, options.connections, options.seconds))


@contextmanager
def service(models: Path) -> Iterator[tuple[int, psutil.Process]]:
    """Yield the port of a service that has just started, and its process."""
    command = [sys.executable, "-m", "perfpred", "serve", "--port", "0", "--models", str(models)]
    with tempfile.TemporaryFile("w+") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            found = None
            while found is None and process.poll() is None:
                time.sleep(0.2)
                log.seek(0)
                found = re.search(r"http://[^/]+:(\d+)/", log.read())
            assert found is not None, "the service did not start"
            yield int(found[1]), psutil.Process(process.pid)
        finally:
            process.terminate()


def request(path: str, body: object = None) -> bytes:
    """Return the bytes of a request."""
    data = b"" if body is None else json.dumps(body).encode()
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if data:
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    return head.encode() + b"\r\n" + data


class Connection:
    """A connection that asks one thing after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, data: bytes) -> tuple[int, float]:
        """Return the status and the seconds of a request."""
        start = time.perf_counter()
        self.writer.write(data)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head)[1])  # type: ignore[index]
        await self.reader.readexactly(length)
        return int(head[9:12]), time.perf_counter() - start


async def connected(port: int) -> Connection:
    return Connection(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 24))


def single(rng: np.random.Generator) -> bytes:
    sizes = {name: int(rng.integers(8, 1000)) for name in "mnk"}
    return request("/v1/predict", {**NAMES, "parameters": sizes})


async def load(
    connections: list[Connection], requests: list[bytes], seconds: float
) -> list[tuple[int, float]]:
    """Return the answers of connections that ask without pause."""
    end = time.perf_counter() + seconds
    found: list[tuple[int, float]] = []

    async def one(connection: Connection, first: int) -> None:
        at = first
        while time.perf_counter() < end:
            found.append(await connection.ask(requests[at % len(requests)]))
            at += len(connections)

    await asyncio.gather(*(one(each, index) for index, each in enumerate(connections)))
    return found


async def rates(port: int, count: int) -> None:
    rng = np.random.default_rng(0)
    connections = [await connected(port) for _ in range(count)]
    health, predictions = [request("/healthz")], [single(rng) for _ in range(997)]
    await load(connections, predictions, ROUND_S)  # to warm up
    ratios, latencies, rates_s = [], [], []
    for _ in range(ROUNDS):
        alive = await load(connections, health, ROUND_S)
        answered = await load(connections, predictions, ROUND_S)
        assert {status for status, _ in alive + answered} == {200}
        ratios.append(len(answered) / len(alive))
        rates_s.append((len(alive) / ROUND_S, len(answered) / ROUND_S))
        latencies += [seconds for _, seconds in answered]
    middle, last = np.percentile(latencies, [50, 99])
    alive_s, answered_s = (statistics.median(column) for column in zip(*rates_s, strict=True))
    print(
        f"/healthz {alive_s:,.0f} and /v1/predict {answered_s:,.0f} requests per second, {count} connections"
    )
    print(
        f"single predictions at {statistics.median(ratios):.0%} of the rate of /healthz (median of {ROUNDS})"
    )
    print(
        f"latency: median {1e3 * middle:.2f} ms, P99 {1e3 * last:.2f} ms, "
        f"{last / middle:.1f} times the median"
    )
    if shutil.which("wrk"):
        by_wrk(port, count)


def by_wrk(port: int, count: int) -> None:
    """Print the rates that wrk measures."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        body = json.dumps({**NAMES, "parameters": {"m": 512, "n": 300, "k": 70}})
        script.write(f"wrk.method='POST' wrk.body=[[{body}]] wrk.headers['Content-Type']='application/json'")
        script.flush()
        for path, more in (("/healthz", []), ("/v1/predict", ["-s", script.name])):
            command = [
                "wrk",
                "-t1",
                f"-c{count}",
                "-d5s",
                "--latency",
                *more,
                f"http://127.0.0.1:{port}{path}",
            ]
            print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


async def batches(port: int, process: psutil.Process) -> None:
    """Print what a batch costs in single calls: by the clock, and in processor time of the service alone."""
    rng = np.random.default_rng(1)
    connection = await connected(port)
    for path, names in (("/v1/predict", NAMES), ("/v1/select", {"kernel": "matmul", "hardware": HARDWARE})):
        rows = [{name: int(rng.integers(8, 1000)) for name in "mnk"} for _ in range(ROWS)]
        batch = [request(path, {**names, "queries": rows})]
        ones = [request(path, {**names, "parameters": row}) for row in rows[:SINGLES]]
        costs = []
        for _ in range(ROUNDS):
            single_s, single_cpu_s = await timed(connection, process, ones)
            batch_s, batch_cpu_s = await timed(connection, process, batch * 3)
            costs.append((batch_s / single_s, batch_cpu_s / single_cpu_s, batch_s))
        by_clock, by_cpu, seconds = (statistics.median(column) for column in zip(*costs, strict=True))
        print(
            f"{path}: a batch of {ROWS:,} rows takes {1e3 * seconds:.0f} ms, {by_clock:.0f} single calls "
            f"({by_cpu:.0f} in processor time of the service)"
        )


async def timed(
    connection: Connection, process: psutil.Process, requests: list[bytes]
) -> tuple[float, float]:
    """Return seconds per request by the clock, and of the service's processor."""
    before, start = process.cpu_times(), time.perf_counter()
    for each in requests:
        status, _ = await connection.ask(each)
        assert status == 200
    seconds, after = time.perf_counter() - start, process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return seconds / len(requests), max(spent, 0.01) / len(requests)


async def replaced(port: int, models: Path, count: int, seconds: float) -> None:
    """Load the service while its models are replaced, each time by new files."""
    rng = np.random.default_rng(2)
    connections = [await connected(port) for _ in range(count)]
    asked = [single(rng) for _ in range(997)]
    answered, _ = await asyncio.gather(load(connections, asked, seconds), replace(models, seconds))
    wrong = sum(status != 200 for status, _ in answered)
    print(
        f"{len(answered):,} requests in {seconds:g} s, models replaced {REPLACED} times: "
        f"{wrong} errors; {await reloads(port)}"
    )


async def replace(models: Path, seconds: float) -> None:
    kept = pp.Bank([each for each in pp.load(models) if each.combination.kernel == "matmul"])
    for _ in range(REPLACED):
        await asyncio.sleep(seconds / (REPLACED + 1))
        await asyncio.to_thread(kept.save, models)


async def reloads(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    found = re.search(r'perfpred_reloads_total\{outcome="ok"\} ([\d.]+)', text)
    return f"reloaded {float(found[1]):.0f} times" if found else "never reloaded"


if __name__ == "__main__":
    main()
