"""Published results of the two SSH mapping data challenges with their sources, rounded as published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["OSE_2021A", "OSSE_2020A", "Published"]


@dataclass(frozen=True)
class Published:
    """One published row of a leaderboard.

    Parameters
    ----------
    method : str
        Name in the source.
    scores : mapping
        Values by the names of ``xdvn.metrics``.
    source : str
        Source of the values.
    """

    method: str
    scores: Mapping[str, float]
    source: str


_README_2020A = "github.com/ocean-data-challenges/2020a_SSH_mapping_NATL60, README"
_README_2021A = "github.com/ocean-data-challenges/2021a_SSH_mapping_OSE, README"


def _gridded(method: str, mu: float, sigma: float, lambda_x: float, lambda_t: float) -> Published:
    return Published(method, {"mu": mu, "sigma": sigma, "lambda_x": lambda_x, "lambda_t": lambda_t}, _README_2020A)


def _along_track(method: str, mu: float, sigma: float, lambda_x: float) -> Published:
    return Published(method, {"mu": mu, "sigma": sigma, "lambda_x": lambda_x}, _README_2021A)


OSSE_2020A: Mapping[str, tuple[Published, ...]] = {
    "nadir4": (
        _gridded("baseline OI", 0.83, 0.04, 2.25, 15.67),
        _gridded("DUACS", 0.92, 0.01, 1.42, 12.13),
        _gridded("BFN", 0.92, 0.02, 1.23, 10.82),
        _gridded("DYMOST", 0.91, 0.01, 1.36, 11.91),
        _gridded("MIOST", 0.93, 0.01, 1.35, 10.41),
        _gridded("4DVarNet", 0.94, 0.01, 1.19, 10.64),
        _gridded("4DVarNet v2022", 0.94, 0.01, 0.83, 8.03),
        _gridded("4DVarQG", 0.95, 0.01, 0.82, 5.84),
    ),
    "nadir4swot": (
        _gridded("DUACS", 0.92, 0.02, 1.22, 11.37),
        _gridded("BFN", 0.93, 0.02, 1.0, 10.24),
        _gridded("DYMOST", 0.93, 0.02, 1.19, 10.04),
        _gridded("MIOST", 0.94, 0.01, 1.18, 10.33),
        _gridded("4DVarNet", 0.95, 0.01, 0.70, 6.48),
        _gridded("4DVarNet v2022", 0.96, 0.01, 0.62, 4.35),
    ),
}
"""Results for four nadirs, and for four nadirs with SWOT. lambda_x [degrees], lambda_t [days]."""

OSE_2021A: tuple[Published, ...] = (
    _along_track("baseline OI", 0.85, 0.09, 140),
    _along_track("DUACS", 0.88, 0.07, 152),
    _along_track("MIOST", 0.89, 0.08, 139),
    _along_track("DYMOST", 0.89, 0.06, 129),
    _along_track("BFN", 0.88, 0.06, 122),
    _along_track("4DVarNet v2021", 0.89, 0.06, 122),
    _along_track("4DVarNet v2022", 0.89, 0.09, 109),
    _along_track("4DVarQG", 0.90, 0.06, 106),
    _along_track("ConvLSTM SSH", 0.90, 0.06, 113),
)
"""Results for five altimeters. lambda_x [km]."""
