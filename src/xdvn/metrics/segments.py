"""Along-track segments of equal length, and their spectra.

A gap in time ends a track. In each track, segments of a fixed number of points start every quarter of their length.
The spectrum is the mean of their periodograms (Hann, mean removed), as in Welch's method. Definition: SSH mapping data
challenge 2021a, doi:10.24400/527896/a01-2021.005; scales from along-track spectra: Ballarotta et al. 2019,
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
        Distance between points [km]. Default: 1 Hz sampling, 6.77 km/s times 0.9434 s.
    step : float
        Distance between starts as a share of the length, from above 0 to 1. The challenge calls its 0.25 an overlap,
        but the overlap is 75 %.
    gap : float
        Time between points above which a track ends [s].
    parity : bool
        True: the numbers of the challenge code, with its three errors. Tracks start with the last point of the
        previous track; the last track and the last segment of each track are not used; the scale is interpolated
        between points sorted by score. False: all segments, and the shortest wavelength where the score crosses 0.5.

    Raises
    ------
    ValueError
        If a number is out of range.

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
                f"length={self.length:g}, spacing={self.spacing:g}, step={self.step:g}, gap={self.gap:g}: expected at "
                "least 8 points of a positive spacing, a step above 0 and up to 1, and a positive gap"
            )

    @property
    def n_points(self) -> int:
        """Number of points of a segment."""
        return int(self.length / self.spacing)

    def starts(self, seconds: np.ndarray) -> np.ndarray:
        """Return the first index of every segment, from the increasing times of the points [s].

        Raises
        ------
        ValueError
            If the points are not in order of time.
        """
        steps = np.diff(seconds)
        if (steps < 0).any():
            raise ValueError(
                "the times of the track decrease: expected one mission in order of time. Use track.sortby('time')"
            )
        last = np.flatnonzero(steps > self.gap)
        n, hop = self.n_points, max(1, int(self.n_points * self.step))
        if self.parity:
            first, stop = np.concatenate([[0], last])[:-1], last
            first, stop = first[stop - first >= n], stop[stop - first >= n]
        else:
            first, stop = np.concatenate([[0], last + 1]), np.concatenate([last + 1, [len(seconds)]]) + 1
        # Ranges of tracks that are too short are empty.
        ranges = [np.arange(a, max(a, b - n), hop) for a, b in zip(first, stop, strict=True)]
        return np.concatenate([np.empty(0), *ranges]).astype(np.int64)

    def spectra(self, values: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return wavenumbers [cycles/km] and the spectral density of each segment (segment, wavenumber)."""
        segments = values[starts[:, None] + np.arange(self.n_points)]
        return scipy.signal.periodogram(
            segments, fs=1 / self.spacing, window="hann", detrend="constant", scaling="density", axis=-1
        )

    def scale(self, wavelengths: np.ndarray, score: np.ndarray) -> float:
        """Return the wavelength [km] at which the score is 0.5; NaN without one, infinite beyond the longest."""
        if not self.parity:
            finite = np.isfinite(wavelengths)
            return shortest_crossing(wavelengths[finite], score[finite])
        order = np.argsort(score, kind="stable")
        if not score[order[0]] <= 0.5 <= score[order[-1]]:
            return float("nan")
        return float(np.interp(0.5, score[order], wavelengths[order]))
