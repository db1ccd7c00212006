"""``perfpred profile --campaign F.toml --cluster ADDRESS``: a campaign on the hosts of a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from perfpred.app.campaigns import shown_campaign
from perfpred.app.clusters import on_cluster
from perfpred.app.console import notice
from perfpred.errors import InputError

if TYPE_CHECKING:
    from perfpred.profile import Profile


def measure_on_hosts(
    campaign: Path, out: str | None, address: str, minutes: float, *, resume: bool, overwrite: bool
) -> dict[Path, Profile]:
    """Measure a campaign on every host of a cluster; returns the profiles, which are written here.

    Parameters
    ----------
    campaign : Path
        Its file.
    out : str, optional
        Instead of the file's `out`.
    address : str
        Of the cluster.
    minutes : float
        The time limit of each part.
    resume, overwrite : bool
        As for a campaign on this machine.
    """
    from perfpred.documents.reading import read_bytes
    from perfpred.measure import host_campaign
    from perfpred.measure.campaign_file import MAX_BYTES, read_destination
    from perfpred.parallel.cluster import current

    where = read_destination(campaign, out)
    text = read_bytes(campaign, "TOML", MAX_BYTES).decode()
    request = host_campaign.HostCampaign(text, where, 60 * minutes, resume, overwrite)
    with on_cluster(address), shown_campaign("measuring") as bar:
        cluster = current()
        assert cluster is not None
        plans = host_campaign.plans(cluster, text)
        for host, plan in plans.items():
            count = len(plan.subjects)
            notice(f"host {host}: {plan.subjects[0].hardware.cpu}, {count} combinations")
            for skipped in plan.skipped:
                notice(f"left out on {host}: {skipped.variant} on {skipped.hardware}: {skipped.reason}")
        return host_campaign.measure_on_hosts(request, cluster, plans, bar)


def require_campaign(campaign: Path | None, address: str | None) -> None:
    """Raise `InputError` if a cluster is to measure something else than a campaign."""
    if address is not None and campaign is None:
        raise InputError("--cluster measures a --campaign, each host all of it; name its file")
