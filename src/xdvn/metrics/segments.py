"""Straight segments of satellite tracks of equal length, and the spectra along them.

Points are cut into tracks where time jumps; in each track, segments of a fixed number of points start every quarter of
their length. Their periodograms (Hann, mean removed) are averaged: Welch's method over all segments. Definition: SSH
mapping data challenge 2021a, doi:10.24400/527896/a01-2021.005; scales by along-track spectra: Ballarotta et al. 2019,
doi:10.5194/os-15-1091-2019.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from xdvn.metrics.isotropic import shortest_crossing

__all__ = ["TrackSegments"]


@dataclass(frozen=True)
class TrackSegments:
    """Segmentation of tracks, and the resolved scale from their spectra.

    Parameters
    ----------
    length : float
        Length of a segment [km]; the challenge reports 1000 and 500.
    spacing : float
        Distance between points [km]; the default is 1 Hz sampling: 6.77 km/s times 0.9434 s.
    step : float
        Distance between starts as a share of the length, from above 0 to 1. The challenge calls its 0.25 an overlap;
        the overlap is 75 %.
    gap : float
        A longer time between points ends a track [s].
    parity : bool
        True: the challenge's own numbers, with its three slips. Each track starts one point early, with the last
        point of the track before; the last track, and the last segment that would fit into a track, are never used;
        and the scale is interpolated between points sorted by score, whatever their wavelength. False: what was
        meant: all segments of all tracks, and the shortest wavelength at which the score passes 0.5.

    Raises
    ------
    ValueError
        When a number is out of its range.

    Examples
    --------
    >>> TrackSegments().n_points, TrackSegments(length=500).n_points
    (156, 78)
    >>> seconds = np.arange(300.0)
    >>> TrackSegments(parity=False).starts(seconds).tolist(), TrackSegments().starts(seconds).tolist()
    ([0, 39, 78, 117], [])
    """

    length: float = 1000.0
    spacing: float = 6.77 * 0.9434
    step: float = 0.25
    gap: float = 4.0
    parity: bool = True

    def __post_init__(self) -> None:
        if not (self.spacing > 0 and self.n_points >= 8 and 0 < self.step <= 1 and self.gap > 0):
            raise ValueError(
                f"segments of {self.length:g} km with points every {self.spacing:g} km, started every {self.step:g} of "
                f"a length, cut at gaps of {self.gap:g} s: expected at least 8 points, a step above 0 and up to 1, "
                "and a positive gap"
            )

    @property
    def n_points(self) -> int:
        """Points of a segment."""
        return int(self.length / self.spacing)

    def starts(self, seconds: np.ndarray) -> np.ndarray:
        """Return the first index of every segment, from the times of the points [s], in order.

        Raises
        ------
        ValueError
            When the points are not in order of time.
        """
        steps = np.diff(seconds)
        if (steps < 0).any():
            raise ValueError(
                "the points of a track must be in order of time: track.sortby('time'), one mission at a time"
            )
        last = np.flatnonzero(steps > self.gap)
        n, hop = self.n_points, max(1, int(self.n_points * self.step))
        if self.parity:
            first, stop = np.concatenate([[0], last])[:-1], last
            first, stop = first[stop - first >= n], stop[stop - first >= n]
        else:
            first, stop = np.concatenate([[0], last + 1]), np.concatenate([last + 1, [len(seconds)]]) + 1
        # A range may be empty: then the track is too short.
        ranges = [np.arange(a, max(a, b - n), hop) for a, b in zip(first, stop, strict=True)]
        return np.concatenate([np.empty(0), *ranges]).astype(np.int64)

    def spectra(self, values: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return wavenumbers [cycles/km] and the spectral density of each segment (segment, wavenumber)."""
        pieces = values[starts[:, None] + np.arange(self.n_points)]
        return scipy.signal.periodogram(
            pieces, fs=1 / self.spacing, window="hann", detrend="constant", scaling="density", axis=-1
        )

    def scale(self, wavelengths: np.ndarray, score: np.ndarray) -> float:
        """Return the wavelength [km] at which the score is 0.5; NaN, or infinite beyond the longest, without one."""
        if not self.parity:
            finite = np.isfinite(wavelengths)
            return shortest_crossing(wavelengths[finite], score[finite])
        order = np.argsort(score, kind="stable")
        if not score[order[0]] <= 0.5 <= score[order[-1]]:
            return float("nan")
        return float(np.interp(0.5, score[order], wavelengths[order]))
