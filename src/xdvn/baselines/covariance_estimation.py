"""Covariance scales, noise and signal of a field, estimated from its observations alone.

Neighbourhoods of a few hundred observations are drawn at random. In each, every track (or patch of cells observed at
one time) is predicted from the other observations, as a map predicts what lies between the tracks. The parameters
maximise the likelihood of these predictions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
import xarray as xr
from tqdm.auto import tqdm

from xdvn.baselines.analysis import matrix
from xdvn.baselines.observed import ObservedField
from xdvn.grid.axes import Axes
from xdvn.grid.holdout_masks import label_pieces
from xdvn.grid.mean import MeanField

__all__ = ["CovarianceEstimate", "estimate_covariance"]


@dataclass(frozen=True)
class CovarianceEstimate:
    """Parameters of the covariance s^2 exp(-sum_d (delta_d / L_d)^2) and of the observation errors.

    Parameters
    ----------
    scales : tuple of float
        e-folding scales L along time [days], Y and X [units of the coordinates].
    noise_ratio : float
        Standard deviation of the observation errors, relative to ``signal_std``.
    signal_std : float
        Standard deviation s of the anomalies [units of the observations].
    spread : tuple of float
        Relative standard errors of ``scales`` and ``noise_ratio``, from four disjoint groups of neighbourhoods.
    """

    scales: tuple[float, ...]
    noise_ratio: float
    signal_std: float
    spread: tuple[float, ...]


def estimate_covariance(
    ds: xr.Dataset,
    obs: str,
    *,
    mean: MeanField | None = None,
    axes: Axes | None = None,
    seed: int = 0,
    progress: bool = True,
) -> CovarianceEstimate:
    """Estimate the scales, the noise and the signal of a field from its observations, in seconds.

    For the observations y_b of a block b among the observations y of a neighbourhood with the covariance matrix K,
    the error of their prediction from the others and its covariance are

        e_b = (K^-1)_bb^-1 (K^-1 y)_b,    S_b = (K^-1)_bb^-1

    (Sundararajan and Keerthi 2001, doi:10.1162/08997660151134343). The parameters minimise mean(log S_ii + e_i^2 /
    S_ii) over the observations near the centres of the neighbourhoods.

    Parameters
    ----------
    ds : xr.Dataset
        Observations, NaN where there are none, and optionally their offsets ``<obs>_offset_<dim>``.
    obs : str
        Name of the observed variable.
    mean : MeanField, optional
        Mean field. If None, a plane through the observations.
    axes : Axes, optional
        Dimensions. If None, identified from attributes and names.
    seed : int
        Seed of the neighbourhoods. Default: 0.
    progress : bool
        Show a progress bar after one second.

    Raises
    ------
    KeyError
        The observed variable is missing.
    ValueError
        There are fewer than 100 observations, they do not vary, or all are of one piece.

    Examples
    --------
    >>> import xdvn
    >>> ds = xdvn.osse.Twin.small(days=40).make()
    >>> estimate = estimate_covariance(ds, "ssh_obs", progress=False)
    >>> len(estimate.scales), estimate.noise_ratio < 1
    (3, True)
    """
    observed = ObservedField.of(ds, obs, axes, mean)
    mean = MeanField.plane(observed.ds[obs], observed.axes) if mean is None else mean
    points, values = observed.departures(mean)
    pieces = label_pieces(np.isfinite(observed.values))[np.isfinite(observed.values)]
    std = float(values.std())
    if values.size < _FEWEST or np.unique(pieces).size < 2 or not std > 0:
        raise ValueError(
            f"{obs!r} has {values.size} observations in {np.unique(pieces).size} pieces, standard deviation {std:g}: "
            f"expected {_FEWEST} that vary. Pass scales= and noise_ratio= to OptimalInterpolation instead"
        )
    coords = observed.coords
    steps = np.array([np.ptp(c) / max(c.size - 1, 1) or 1.0 for c in coords])
    extents = np.maximum([np.ptp(c) for c in coords], steps)
    logs = np.log(np.array([*np.minimum(_START_STEPS[0] * steps[:1], extents[:1]),
                            *np.minimum(_START_STEPS[1] * steps[1:], extents[1:]), 0.3]))  # fmt: skip
    limits = np.log(np.stack([[*(0.5 * steps), 0.01], [*(5 * extents), 3.0]]))
    rng = np.random.default_rng(seed)
    normal = values / std
    with tqdm(desc="estimate scales", unit="trial", disable=not progress, leave=False, delay=1) as bar:
        for number, size, trials, step in _STAGES:
            places = _neighbourhoods(points, pieces, np.exp(logs[:-1]), number, size, rng)
            logs = _minimise(_Likelihood(points, normal, places, limits, bar), logs, trials, step)
        fitted = _Likelihood(points, normal, places, limits, bar)
        groups = [
            _minimise(_Likelihood(points, normal, places[g::_GROUPS], limits, bar), logs, _TRIALS_OF_GROUP, 0.2)
            for g in range(_GROUPS)
        ]
    *scales, noise_ratio = (float(p) for p in np.exp(logs))
    spread = np.std(groups, axis=0, ddof=1) / np.sqrt(_GROUPS)
    return CovarianceEstimate(
        tuple(scales), noise_ratio, std * float(np.sqrt(fitted.signal_variance(logs))), tuple(float(s) for s in spread)
    )


_FEWEST = 100  # observations
_START_STEPS = 8.0, 5.0  # first guess of the scales in time and space [steps of the grid]
_STAGES = ((10, 200, 50, 0.7), (32, 300, 90, 0.3))  # (neighbourhoods, observations of each, trials, step in logs)
_GROUPS, _TRIALS_OF_GROUP = 4, 40
_LARGEST = 80  # observations of a block: larger patches are divided, because maps fill smaller gaps
_CORE = 0.5  # share of a neighbourhood, the nearest to its centre, whose predictions count


@dataclass(frozen=True)
class _Neighbourhood:
    """Indices of the observations, and for each block its positions among them and which of these count."""

    members: np.ndarray
    blocks: list[tuple[np.ndarray, np.ndarray]]


def _neighbourhoods(
    points: np.ndarray, pieces: np.ndarray, scales: np.ndarray, number: int, size: int, rng: np.random.Generator
) -> list[_Neighbourhood]:
    """Draw centres among the observations and take the nearest others, with distances in units of ``scales``."""
    scaled = points / scales
    tree, size = scipy.spatial.cKDTree(scaled), min(size, len(points))
    places = []
    for centre in rng.choice(len(points), number, replace=number > len(points)):
        distance, members = tree.query(scaled[centre], size)
        is_core = distance <= distance[int(_CORE * (size - 1))]
        blocks = [
            (block, is_core[block])
            for piece in np.unique(pieces[members][is_core])
            for block in _divide(np.flatnonzero(pieces[members] == piece), scaled[members])
            if is_core[block].any() and block.size < size
        ]
        if blocks:
            places.append(_Neighbourhood(members, blocks))
    return places


def _divide(block: np.ndarray, scaled: np.ndarray) -> Iterator[np.ndarray]:
    """Halve a block along its longest side until its parts are small."""
    if block.size <= _LARGEST:
        yield block
        return
    side = int(np.ptp(scaled[block], axis=0).argmax())
    order = block[np.argsort(scaled[block, side], kind="stable")]
    yield from _divide(np.sort(order[: block.size // 2]), scaled)
    yield from _divide(np.sort(order[block.size // 2 :]), scaled)


@dataclass(frozen=True)
class _Likelihood:
    """Negative log-likelihood of predicted blocks, a function of the logarithms of scales and noise ratio."""

    points: np.ndarray
    values: np.ndarray
    places: Sequence[_Neighbourhood]
    limits: np.ndarray
    bar: tqdm

    def __call__(self, logs: np.ndarray) -> float:
        self.bar.update()
        inside = np.clip(logs, *self.limits)
        squares, variances = self._predictions(inside)
        outside = float(np.square(logs - inside).sum())
        return float(np.mean(np.log(variances)) + np.log(np.mean(squares / variances))) + outside

    def signal_variance(self, logs: np.ndarray) -> float:
        """Return the most likely signal variance, by which all predicted variances are multiplied."""
        squares, variances = self._predictions(np.clip(logs, *self.limits))
        return float(np.mean(squares / variances))

    def _predictions(self, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return squared errors and their variances relative to the signal, of all observations that count."""
        *scales, noise_ratio = np.exp(logs)
        squares, variances = [], []
        for place in self.places:
            here = self.points[place.members]
            covariance = matrix(here, here, scales)
            covariance[np.diag_indices(len(here))] += noise_ratio**2
            factor = scipy.linalg.cholesky(covariance, lower=True, check_finite=False, overwrite_a=True)
            lower, _ = scipy.linalg.lapack.dpotri(factor, lower=1)
            inverse = np.tril(lower) + np.tril(lower, -1).T
            weighted = inverse @ self.values[place.members]
            for block, counts in place.blocks:
                error_covariance = np.linalg.inv(inverse[np.ix_(block, block)])
                squares.append(np.square(error_covariance @ weighted[block])[counts])
                variances.append(np.diag(error_covariance)[counts])
        return np.concatenate(squares), np.concatenate(variances)


def _minimise(likelihood: _Likelihood, start: np.ndarray, trials: int, step: float) -> np.ndarray:
    """Return the minimum found by a simplex search (Nelder and Mead 1965, doi:10.1093/comjnl/7.4.308)."""
    simplex = np.vstack([start, start + step * np.eye(start.size)])
    options = {"initial_simplex": simplex, "maxfev": trials, "xatol": 0.03, "fatol": 1e-4}
    found: np.ndarray = scipy.optimize.minimize(likelihood, start, method="Nelder-Mead", options=options).x
    return np.clip(found, *likelihood.limits)
