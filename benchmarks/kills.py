"""Kill -9 at random moments: what is on disk is whole, and nothing that was started lives on.

python benchmarks/kills.py --train 40 --profile 40 --halide 20 [--seed 0] [--keep FOLDER]

A kind of work is one function here, from a number of kills and a random generator to a `Tally`; `KINDS` names
it on the command line.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

import perfpred as pp
from perfpred.documents.journal_lines import read_lines
from perfpred.measure.entries import problem

ROOT = Path(__file__).parent.parent
ORPHAN_S = 5.0
"""So long after a kill, nothing that the killed process started may be there."""
MARK = "PERFPRED_KILLS"
"""Environment variable by which a process is known that has made a session of its own."""
SHARED = (Path("/dev/shm"), Path(tempfile.gettempdir()))


@dataclass
class Tally:
    """What became of the kills of one kind of work: how often each outcome was met, and what was wrong."""

    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def require(self, condition: bool, problem: str) -> None:
        """Note a problem, unless the condition holds."""
        if not condition:
            self.problems.append(problem)


class Victim:
    """A command in a session of its own and with a mark, by which whatever it starts is found.

    Parameters
    ----------
    command : sequence of str
    environment : mapping of str to str, optional
        Added to this process's.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._mark = secrets.token_hex(8)
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **(environment or {}), MARK: self._mark},
        )
        self.pid = self._process.pid

    def wait(self) -> None:
        """Wait until it has done its work."""
        if self._process.wait():
            raise SystemExit(f"not killed, but it failed: {self._process.args}")

    def kill(self) -> bool:
        """Kill it alone, not its children; False if it had ended before."""
        was_alive = self._process.poll() is None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        return was_alive

    def is_running(self) -> bool:
        """Say whether it has not ended."""
        return self._process.poll() is None

    def orphans(self) -> list[str]:
        """Return the commands of what it started and that still runs, `ORPHAN_S` from now."""
        end = time.monotonic() + ORPHAN_S
        while (left := self._left()) and time.monotonic() < end:
            time.sleep(0.2)
        return left

    def shared_files(self) -> list[Path]:
        """Return what is left in shared memory and temporary folders under its process number."""
        found = [path for folder in SHARED if folder.is_dir() for path in folder.iterdir()]
        return [path for path in found if f"_{self.pid}_" in path.name or f"-{self.pid}-" in path.name]

    def _left(self) -> list[str]:
        found = []
        for process in psutil.process_iter():
            try:
                is_zombie = process.status() == psutil.STATUS_ZOMBIE
                is_ours = os.getsid(process.pid) == self.pid or process.environ().get(MARK) == self._mark
                if is_ours and not is_zombie:
                    found.append(" ".join(process.cmdline())[:200])
            except (psutil.Error, OSError):
                continue
        return found


def kill_trains(count: int, rng: random.Random, folder: Path) -> Tally:
    """Kill ``perfpred train`` into a folder with a bank: it holds that bank afterwards, or the new one."""
    tally = Tally()
    csv = [str(path) for path in sorted((ROOT / "datasets").glob("matmul*.csv"))]
    command = [sys.executable, "-m", "perfpred", "train", *csv, "--model", "linear-c", "--train-size"]
    sizes = {"old": "50", "new": "60"}
    for name, size in sizes.items():
        start = time.monotonic()
        Victim([*command, size, "--models", str(folder / name)]).wait()
        usual_s = time.monotonic() - start
    old, new = (_texts(folder / name) for name in sizes)
    assert old != new, "the two banks cannot be told apart"
    for index in range(count):
        models = folder / f"models-{index}"
        pp.load(folder / "old").save(models)
        victim = Victim([*command, sizes["new"], "--models", str(models)])
        _wait_for_a_moment(victim, models, usual_s, rng)
        tally.outcomes["killed" if victim.kill() else "ended before"] += 1
        _judge_train(tally, victim, models, (old, new))
    return tally


def _wait_for_a_moment(victim: Victim, models: Path, usual_s: float, rng: random.Random) -> None:
    """Wait until any moment of the work or, as often, until one of the short saving or committing."""
    hidden = rng.choice([None, ".save-*", ".commit"])
    if hidden is None:
        time.sleep(rng.uniform(0, usual_s))
        return
    while victim.is_running() and not list(models.glob(hidden)):
        time.sleep(0.0005)
    time.sleep(rng.uniform(0, 0.1 if hidden == ".save-*" else 0.002))


def _judge_train(tally: Tally, victim: Victim, models: Path, banks: Sequence[dict[str, str]]) -> None:
    where = models.name
    orphans = victim.orphans()
    tally.require(not orphans, f"{where}: still running after {ORPHAN_S:g} s: {orphans}")
    tally.require(not victim.shared_files(), f"{where}: left behind: {victim.shared_files()}")
    hidden = sorted(path.name.rstrip("0123456789abcdef") for path in models.glob(".*"))
    tally.outcomes[f"hidden: {' '.join(hidden) or 'nothing'}"] += 1
    found = {str(each.combination): each for each in pp.load(models)}
    texts = _texts(models)
    tally.outcomes["old bank" if texts == banks[0] else "new bank" if texts == banks[1] else "mixed"] += 1
    tally.require(texts in banks and len(found) == len(texts), f"{where}: neither the old bank nor the new")
    pp.load(models).save(models)
    left = [path.name for path in models.iterdir() if path.name.startswith(".")]
    tally.require(not left, f"{where}: left after the next save: {left}")


def _texts(models: Path) -> dict[str, str]:
    pp.load(models)
    return {path.name: path.read_text() for path in models.glob("*.json")}


def kill_profiles(count: int, rng: random.Random, folder: Path) -> Tally:
    """Kill ``perfpred profile`` while it compiles or times, and let it go on."""
    work = ["profile", "matvec", "--variant", "naive", "--variant", "halide", "--samples", "10"]
    return _kill_campaigns([*work, "--min-rounds", "6", "--max-rounds", "6"], 121, count, rng, folder)


def kill_halide_profiles(count: int, rng: random.Random, folder: Path) -> Tally:
    """Kill ``perfpred halide profile`` while it compiles or times, and let it go on."""
    work = ["halide", "profile", "blur", "--size", "256x192", "--candidates", "6", "--threads", "1"]
    work += ["--source", "own", "--source", "mullapudi2016", "--min-rounds", "4", "--max-rounds", "4"]
    return _kill_campaigns(work, None, count, rng, folder)


def _kill_campaigns(
    work: Sequence[str], lines: int | None, count: int, rng: random.Random, folder: Path
) -> Tally:
    """Kill a campaign that ends with a journal of so many lines, if that is known, and continue it."""
    tally = Tally()
    usual_s = {}
    for name in ("compiling", "compiled"):
        start = time.monotonic()
        _campaign(work, _place(folder, name, is_compiled=name == "compiled")).wait()
        usual_s[name] = time.monotonic() - start
    for index in range(count):
        name = rng.choice(list(usual_s))
        place = _place(folder, f"campaign-{index}", is_compiled=name == "compiled")
        victim = _campaign(work, place)
        _wait_for_a_stage(victim, place, usual_s[name], rng)
        tally.outcomes["killed" if victim.kill() else "ended before"] += 1
        orphans = victim.orphans()
        tally.require(not orphans, f"{place.name}: still running after {ORPHAN_S:g} s: {orphans}")
        tally.outcomes["left behind by the killed one"] += len(_leftovers(place))
        before = _journal_lines(tally, place)
        _campaign(work, place).wait()
        after = _journal_lines(tally, place)
        tally.require(after[: len(before)] == before, f"{place.name}: timings of before are gone")
        tally.require(lines in (None, len(after)), f"{place.name}: {len(after)} lines, not {lines}")
        tally.require(",ok" in (place / "a.csv").read_text(), f"{place.name}: nothing was timed")
        tally.require(not _leftovers(place), f"{place.name}: left behind: {_leftovers(place)}")
        shutil.rmtree(place)
    return tally


def _place(folder: Path, name: str, *, is_compiled: bool) -> Path:
    """Return a folder for a campaign, with what another has compiled if asked for."""
    place = folder / name
    if is_compiled:
        shutil.copytree(folder / "compiling" / "cache", place / "cache")
    return place


def _campaign(work: Sequence[str], place: Path) -> Victim:
    temporary = place / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "perfpred", *work, "--out", str(place / "a.csv"), "--resume"]
    return Victim(command, {"XDG_CACHE_HOME": str(place / "cache"), "TMPDIR": str(temporary)})


def _wait_for_a_stage(victim: Victim, place: Path, usual_s: float, rng: random.Random) -> None:
    """Wait until any moment of the work or, as often, until it compiles or times something."""
    pattern = rng.choice([None, "cache/**/.work-*", "a.journal"])
    if pattern is None:
        time.sleep(rng.uniform(0, usual_s))
        return
    while victim.is_running() and not list(place.glob(pattern)):
        time.sleep(0.002)
    time.sleep(rng.uniform(0, usual_s / 5))


def _journal_lines(tally: Tally, place: Path) -> list[bytes]:
    """Return the whole lines of a campaign's journal, which must all be as they were written."""
    path = place / "a.journal"
    content = path.read_bytes() if path.exists() else b""
    _, damage = read_lines(content, problem, must=True)
    tally.require(not damage.any, f"{place.name}: {damage.sentence()}")
    tally.outcomes["torn last lines"] += bool(content) and not content.endswith(b"\n")
    return content.split(b"\n")[:-1]


def _leftovers(place: Path) -> list[str]:
    """Return what a finished campaign leaves nowhere: temporary files, and folders of its work."""
    found = [*(place / "tmp").iterdir(), *place.glob("cache/**/.work-*"), *place.glob("cache/**/*tmp*")]
    found += [*place.glob("*.work"), *place.glob(".*")]
    return sorted({str(path.relative_to(place)) for path in found})


KINDS: dict[str, Callable[[int, random.Random, Path], Tally]] = {
    "train": kill_trains,
    "profile": kill_profiles,
    "halide": kill_halide_profiles,
}


def main() -> None:
    """Kill what was asked for and print what became of it; exit with 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=int, default=0, metavar="KILLS")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for what is written; by default a temporary one")
    arguments = parser.parse_args()
    problems = 0
    with tempfile.TemporaryDirectory() as temporary:
        for kind, kill in KINDS.items():
            count = getattr(arguments, kind)
            if count:
                folder = (arguments.keep or Path(temporary)) / kind
                folder.mkdir(parents=True)
                tally = kill(count, random.Random(arguments.seed), folder)
                print(f"{kind}: {dict(tally.outcomes)}, {len(tally.problems)} problems")
                print(*(f"  {problem}" for problem in tally.problems), sep="\n", end="")
                problems += len(tally.problems)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
