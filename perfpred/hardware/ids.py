"""Stable ids of processors and devices, from the names that vendors give."""

from __future__ import annotations

import re

from perfpred.names import slug


def cpu_id(model_name: str, family: str, model: str) -> str:
    """Return a stable id of a CPU type from what CPUID says.

    Brand names are sometimes masked by a hypervisor, so the family and model numbers are part of it.

    Examples
    --------
    >>> cpu_id("Intel(R) Xeon(R) Platinum 8488C CPU @ 2.40GHz", "6", "143")
    'intel-xeon-platinum-8488c-6-143'
    """
    slug = _slug(re.sub(r"@.*|\b(cpu|processor)\b", " ", model_name.lower())) or "cpu"
    return "-".join(part for part in (slug, family, model) if part)


def _slug(name: str) -> str:
    return slug(re.sub(r"\((?:r|tm)\)", " ", name.lower())).strip("-")


def device_id(name: str) -> str:
    """Return a stable id of a device, such as a GPU, from the name its driver gives; empty if it has none.

    Examples
    --------
    >>> device_id("NVIDIA GeForce RTX 3090")
    'nvidia-geforce-rtx-3090'
    """
    return _slug(name)
