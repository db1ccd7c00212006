"""A campaign on the hosts of a cluster: each measures on its own, one part at a time.

Timings disturb each other on one machine, so a host is a unit: of all its workers one measures. Hosts of
different CPUs measure the whole campaign each; hosts of the same CPU share its kernels, all variants of one
on the same host. Files are written as parts arrive.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfpred.errors import InputError, MeasurementError, PerfpredError
from perfpred.measure.destination import Destination
from perfpred.measure.on_host import Files, HostJob, forget, measured, plan_of, write
from perfpred.measure.outputs import require_free
from perfpred.measure.plan import Plan
from perfpred.parallel.cluster import Cluster
from perfpred.profile import Profile, read_profile
from perfpred.progress import Progress

if TYPE_CHECKING:
    from distributed import Future

POLL_S = 1.0
LOST_S = 60.0
"""How long a host may have no worker."""


@dataclass(frozen=True)
class HostCampaign:
    """A campaign for a cluster.

    Parameters
    ----------
    campaign : str
        The text of its file.
    where : Destination
        Where files are written, here.
    time_limit_s : float
        For each part.
    resume, overwrite : bool
        Whether parts whose files are there are left, or measured again.
    """

    campaign: str
    where: Destination
    time_limit_s: float
    resume: bool = False
    overwrite: bool = False


@dataclass(frozen=True)
class HostPart:
    """A kernel in all its combinations on one host, and the files that its rows go to."""

    job: HostJob
    paths: tuple[Path, ...]


def hosts_of(cluster: Cluster) -> list[str]:
    """Return the hosts that a cluster has workers on."""
    found = cluster.client.scheduler_info(n_workers=-1)["workers"].values()
    return sorted({str(each["host"]) for each in found})


def plans(cluster: Cluster, campaign: str) -> dict[str, Plan]:
    """Return what each host would measure.

    Raises
    ------
    InputError
        If a host cannot measure any of it, or the file breaks a rule; the host is named.
    """
    found = {}
    for host in hosts_of(cluster):
        try:
            found[host] = _on(cluster, host, plan_of, campaign).result()
        except InputError as error:
            raise InputError(f"host {host}: {error}") from None
    return found


def measure_on_hosts(
    request: HostCampaign, cluster: Cluster, found: dict[str, Plan], progress: Progress
) -> dict[Path, Profile]:
    """Measure a campaign on all hosts of a cluster; returns its profiles by path.

    Parameters
    ----------
    request : HostCampaign
    cluster : Cluster
    found : dict of str to Plan
        Of `plans`.
    progress : Progress
        Is updated after each part.

    Raises
    ------
    InputError
        If two hosts would write one file, or a file exists and neither `resume` nor `overwrite` is set.
    MeasurementError
        If a host could not measure a part, or went away; what other hosts have measured is written.
    """
    todo = dealt(request, found)
    everything = [path for parts in todo.values() for part in parts for path in part.paths]
    require_free(everything, replace=request.resume or request.overwrite)
    if request.resume and not request.overwrite:
        todo = {
            host: [part for part in parts if not all(path.exists() for path in part.paths)]
            for host, parts in todo.items()
        }
    total, failed = sum(map(len, todo.values())), []
    results = _results(cluster, todo, overwrite=request.overwrite)
    for done, (host, part, result) in enumerate(results, start=1):
        if isinstance(result, PerfpredError):
            failed.append(f"host {host}, {part.job.kernel}: {result}")
        else:
            for index, files in result.items():
                write(files, part.paths[index])
            _on(cluster, host, forget, part.job).result()
        progress.update(done, total, host)
    if failed:
        raise MeasurementError("; ".join(failed))
    return {path: read_profile(path) for path in everything if path.exists()}


def dealt(request: HostCampaign, found: dict[str, Plan]) -> dict[str, list[HostPart]]:
    """Return the parts of each host; hosts of the same CPU take kernels in turn.

    Raises
    ------
    InputError
        If rows of different CPUs would go to one file.
    """
    same: dict[str, list[str]] = {}
    for host, plan in found.items():
        same.setdefault(plan.subjects[0].hardware.cpu, []).append(host)
    owner: dict[Path, str] = {}
    todo: dict[str, list[HostPart]] = {host: [] for host in found}
    for cpu, hosts in same.items():
        for index, part in enumerate(found[hosts[0]].parts):
            own = Plan((part,), found[hosts[0]].seed)
            paths = tuple(request.where.paths(own))
            for path in paths:
                if owner.setdefault(path, cpu) != cpu:
                    raise InputError(
                        f"{path} would hold rows of {owner[path]} and of {cpu}: put {{cpu}} or "
                        "{{hardware}} into out"
                    )
            job = HostJob(request.campaign, part.kernel, request.where.out, request.time_limit_s)
            todo[hosts[index % len(hosts)]].append(HostPart(job, paths))
    return todo


def _results(
    cluster: Cluster, todo: dict[str, list[HostPart]], *, overwrite: bool
) -> Iterator[tuple[str, HostPart, dict[int, Files] | PerfpredError]]:
    """Let every host measure its parts, one at a time; yields what they send as it comes."""
    queues = {host: iter(parts) for host, parts in todo.items()}
    running: dict[str, tuple[HostPart, Future[Any]]] = {}
    seen = dict.fromkeys(queues, time.monotonic())
    while queues:
        for host in [each for each in queues if each not in running]:
            part = next(queues[host], None)
            if part is None:
                del queues[host]
            else:
                running[host] = part, _on(cluster, host, measured, part.job, overwrite=overwrite)
        present = set(hosts_of(cluster)) if running else set()
        seen |= dict.fromkeys(present, time.monotonic())
        for host, (part, future) in list(running.items()):
            if future.done():
                yield host, part, _outcome(future)
                del running[host]
            elif time.monotonic() - seen[host] > LOST_S:
                future.cancel()
                yield host, part, MeasurementError(f"it has had no worker for {LOST_S:g} s")
                del running[host], queues[host]
        time.sleep(POLL_S if running else 0)


def _outcome(future: Future[Any]) -> dict[int, Files] | PerfpredError:
    try:
        found: dict[int, Files] = future.result()
    except PerfpredError as error:
        return error
    except Exception as error:  # what Dask says of workers that ended
        return MeasurementError(f"{type(error).__name__}: {error}")
    return found


def _on(cluster: Cluster, host: str, function: Any, *arguments: Any, **named: Any) -> Future[Any]:
    """Run a function on one of a host's workers."""
    return cluster.client.submit(
        function, *arguments, **named, workers=[host], allow_other_workers=False, pure=False
    )
