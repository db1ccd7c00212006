"""The card of a measured profile: what, where, how, and how well, for a person to read."""

from __future__ import annotations

from typing import Any

from perfpred.cards.markdown import document, plain, table
from perfpred.profile import Profile

LICENCE = "Apache-2.0, as the project"


def card(profile: Profile, name: str) -> str:
    """Return the card, in Markdown, of a profile measured by a campaign.

    Parameters
    ----------
    profile : Profile
        With the metadata that `perfpred.measure.results.to_profile` writes.
    name : str
        File name of the CSV.
    """
    about = profile.metadata
    sections = {
        "What": _what(profile, about),
        "Where": _where(about["machine"], about["software"]),
        "How": _how(about["timing"], about["statistics"], about["measured"]),
        "Noise floor": _noise(about["timing"], about["statistics"]) + _by_combination(profile),
        "Licence": f"{LICENCE}.",
    }
    return document(plain(name), sections)


def _what(profile: Profile, about: Any) -> str:
    found = [str(combination) for combination, _ in profile.combinations()]
    combinations = plain(found[0]) if len(found) == 1 else f"{len(found)} combinations, listed below"
    rows = f"{about['statistics']['rows_ok']} rows timed of {len(profile)}"
    return f"{about['summary']}. {combinations}. {rows}; sizes drawn uniformly."


def _where(machine: Any, software: Any) -> str:
    caches = ", ".join(f"{level} {size // 1024} KiB" for level, size in machine["caches_bytes"].items())
    cpu = f"{machine['model_name']} ({machine['microarchitecture']}), {machine['cores']} cores, {caches}"
    packages = "; ".join(
        f"{variant}: {', '.join(f'{package} {version}' for package, version in versions.items())}"
        for variant, versions in software.items()
    )
    return f"{cpu}; {machine['system']}. {packages}."


def _how(timing: Any, statistics: Any, measured: Any) -> str:
    rounds = f"{timing['min_rounds']} to {timing['max_rounds']} rounds"
    mean = f"{statistics.get('mean_rounds', 0):.1f} on average"
    target = f"until the noise is below {timing['target_noise']:.0%}"
    return f"{timing['estimate']}; {rounds}, {mean}, {target}. Finished {measured['ended']}."


def _noise(timing: Any, statistics: Any) -> str:
    if "noise_floor" not in statistics:
        return "unknown: no row was timed."
    floor = f"{statistics['noise_floor']:.2%}: the mean over rows of the {timing['noise']}"
    slow = f"{statistics['monitor_slow_share']:.1%} of the timings fell into slow moments of the machine"
    return f"{floor}. {slow}."


def _by_combination(profile: Profile) -> str:
    """Return a table of rows and noise floors, nothing where there is only one combination."""
    parts = list(profile.combinations())
    if len(parts) == 1:
        return ""
    rows = [[c.variant, c.hardware, str(len(part.ok)), f"{part.noise_floor:.2%}"] for c, part in parts]
    return f"\n\n{table(['variant', 'hardware', 'rows', 'noise floor'], rows)}"
