"""One part of a campaign on a host of a cluster: measured there, in a process of its own, and sent back.

Timings are in a journal in the host's cache until the files have arrived where they were asked for, so a host
goes on with what it has when the campaign is begun again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeAlias

import platformdirs

from perfpred.documents.atomic import atomic_write, make_folder
from perfpred.documents.locks import locked_folder
from perfpred.errors import MeasurementError, PerfpredError, shortened
from perfpred.hardware import probe
from perfpred.measure.campaign_file import CampaignFile, read_campaign
from perfpred.measure.destination import Destination, card_path
from perfpred.measure.plan import Plan
from perfpred.measure.profiling import profile_plan
from perfpred.profile.metadata import sidecar_path
from perfpred.progress import NullProgress

FILE = "campaign.toml"
WAIT_S = 7 * 24 * 3600.0
"""How long to wait for a process that still measures for a command that was interrupted."""
Files: TypeAlias = tuple[bytes, bytes, bytes]
"""A CSV, its metadata, and its card."""


@dataclass(frozen=True)
class HostJob:
    """What a host is asked to measure.

    Parameters
    ----------
    campaign : str
        The text of a campaign file.
    kernel : str
        The part of it: a kernel in all its combinations.
    out : str
        Path of the CSVs with placeholders, as the campaign file or the user gave it.
    time_limit_s : float
    """

    campaign: str
    kernel: str
    out: str
    time_limit_s: float

    @property
    def folder(self) -> Path:
        """Where it is measured, on the host."""
        text = json.dumps([self.campaign, self.kernel, self.out])
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        return Path(platformdirs.user_cache_dir("perfpred")) / "campaigns" / name


def plan_of(campaign: str) -> Plan:
    """Return what a campaign file asks for on this machine."""
    folder = HostJob(campaign, "", "", 0.0).folder
    try:
        return _read(campaign, folder).plan
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measured(job: HostJob, *, overwrite: bool) -> dict[int, Files]:
    """Measure a part on this machine; returns files by the position of their path in the destination's.

    Raises
    ------
    MeasurementError
        If it cannot be measured; the message is that of the process that tried.
    """
    if overwrite:
        forget(job)
    done = subprocess.run(
        [sys.executable, "-c", "from perfpred.measure.on_host import main; main()"],
        input=json.dumps([asdict(job), os.getpid()]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason is known"])[-1]
        raise MeasurementError(shortened(said, 1000))
    return {
        index: tuple(path.read_bytes() for path in _three(Path(name)))  # type: ignore[misc]
        for index, name in json.loads(done.stdout.splitlines()[-1])
    }


def forget(job: HostJob) -> None:
    """Remove what this machine keeps of a part, when its files have arrived."""
    shutil.rmtree(job.folder, ignore_errors=True)


def main() -> None:
    """Measure the part on stdin; prints the files that were written, as positions and paths."""
    from perfpred.parallel.pool import end_with_parent

    fields, parent = json.load(sys.stdin)
    end_with_parent(parent)
    job = HostJob(**fields)
    make_folder(job.folder)
    try:
        with locked_folder(job.folder, limit_s=WAIT_S):
            written = json.dumps(_measure(job))
    except PerfpredError as error:
        sys.exit(" ".join(str(error).split()))
    sys.stdout.write(f"\n{written}\n")


def _measure(job: HostJob) -> list[tuple[int, str]]:
    file = _read(job.campaign, job.folder)
    plan = replace(file.plan, parts=tuple(part for part in file.plan.parts if part.kernel == job.kernel))
    below = "/".join(part for part in Path(job.out).parts if part not in ("/", ".."))
    where = Destination(below, "host", job.folder)
    effort = replace(file.effort, time_limit_s=job.time_limit_s)
    paths = list(where.paths(plan))
    profiles = profile_plan(plan, probe(), where, effort, NullProgress(), resume=True)
    return [(paths.index(path), str(path)) for path in profiles]


def _read(campaign: str, folder: Path) -> CampaignFile:
    make_folder(folder)
    atomic_write(folder / FILE, campaign)
    return read_campaign(folder / FILE, probe())


def _three(path: Path) -> tuple[Path, Path, Path]:
    return path, sidecar_path(path), card_path(path)


def write(files: Files, path: Path) -> None:
    """Write what came from a host to where it belongs."""
    make_folder(path.parent)
    csv, metadata, card = _three(path)
    atomic_write(metadata, files[1], follow_links=False)
    atomic_write(csv, files[0])
    atomic_write(card, files[2], follow_links=False)
