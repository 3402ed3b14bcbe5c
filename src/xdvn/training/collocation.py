"""Checks of observations and truth against each other: common times and cells, one unit, and a truth that varies.

A network trains without complaint on observations that are never next to a truth, or in another unit, and learns
nothing of use. The regression of the observations on the truth,

    y = slope * truth + offset,

has the slope 1 in one unit, for any noise and gaps; the standard error decides whether another slope is certain.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.time_chunks import iter_time_chunks
from xdvn.grid.units import conversion, scale_message

__all__ = ["Collocation", "check_collocation"]

_RARE = 0.01
_FEWEST = 30  # pairs of values for a regression


@dataclass(frozen=True)
class Collocation:
    """Common times and cells of observations and truth, and the regression of one on the other.

    Parameters
    ----------
    shared_times, shared_cells : float
        Number of times, and of cells, at which both have any value, as a share of those of the rarer one; NaN if one
        has no value.
    n : int
        Number of pairs of values.
    slope, slope_error : float
        Slope of the regression of the observations on the truth and its standard error; NaN for a constant truth.
    scale : float
        Standard deviation of the observations over that of the truth.
    offset : float
        Mean difference of the pairs.
    """

    shared_times: float
    shared_cells: float
    n: int
    slope: float
    slope_error: float
    scale: float
    offset: float

    @classmethod
    def of(cls, observed: xr.DataArray, truth: xr.DataArray, axes: Axes) -> Collocation:
        """Compare two fields on the same (time, *space), in memory or read in time chunks.

        Examples
        --------
        >>> truth = xr.DataArray(np.random.default_rng(0).normal(size=(50, 40)), dims=("time", "x"))
        >>> both = Collocation.of(100 * truth.where(truth.x % 3 == 0), truth, Axes("time", ("x",)))
        >>> round(both.slope), both.n, both.shared_cells
        (100, 700, 1.0)
        """
        times: list[list[np.ndarray]] = [[], []]
        cells: list[list[np.ndarray]] = [[], []]
        sums, origin = np.zeros(6), np.zeros(2)
        if observed.chunks or truth.chunks:
            observed, truth = (da if da.chunks else da.chunk() for da in (observed, truth))  # read in the same pieces
        for fields in zip(*(iter_time_chunks(da, axes) for da in (observed, truth)), strict=True):
            known = [np.isfinite(values) for values in fields]
            for k in range(2):
                times[k].append(known[k].any(axis=tuple(range(1, known[k].ndim))))
                cells[k].append(known[k].any(axis=0))
            both = known[0] & known[1]
            y, x = (values[both] for values in fields)
            if not sums[0] and y.size:
                origin = np.array([y.mean(), x.mean()])  # sums of deviations keep the digits
            y, x = y - origin[0], x - origin[1]
            sums += np.array([y.size, x.sum(), y.sum(), (x * x).sum(), (x * y).sum(), (y * y).sum()])
        n = int(sums[0])
        slope, error, scale, offset = _regression(sums)
        return cls(
            _shared(*(np.concatenate(t) for t in times)),
            _shared(*(np.any(c, axis=0) for c in cells)),
            n,
            slope,
            error,
            scale,
            offset + float(origin[0] - origin[1]),
        )


def _regression(sums: np.ndarray) -> tuple[float, float, float, float]:
    n, x, y, xx, xy, yy = sums
    if n < 3:
        return (np.nan,) * 4
    sxx, sxy, syy = xx - x * x / n, xy - x * y / n, yy - y * y / n
    if not sxx > 0:
        return np.nan, np.nan, np.nan, float((y - x) / n)
    slope = sxy / sxx
    residual = max(syy - slope * sxy, 0.0)
    return float(slope), float(np.sqrt(residual / (n - 2) / sxx)), float(np.sqrt(max(syy, 0) / sxx)), float((y - x) / n)


def _shared(a: np.ndarray, b: np.ndarray) -> float:
    fewest = min(int(a.sum()), int(b.sum()))
    return float((a & b).sum() / fewest) if fewest else np.nan


def check_collocation(ds: xr.Dataset, pairs: Sequence[tuple[str, str]], axes: Axes) -> None:
    """Raise if observations and truth have no time or no cell in common, or are not in one unit.

    Parameters
    ----------
    ds : xr.Dataset
        Training data.
    pairs : sequence of (str, str)
        Observed variable and truth, for each variable of the state.
    axes : Axes
        Names of the dimensions; variables on other dimensions are not checked.

    Raises
    ------
    ValueError
        Times or cells of observations and truth are disjoint, as after an outer merge of noon and midnight; or the
        observations are 100 or 1000 times the truth, or the reverse, or 273.15 K from it.

    Warns
    -----
    UserWarning
        Less than 1 % of the times or cells are common.
    """
    for name, true in pairs:
        da, truth = ds[name], ds[true]
        if name == true or any(set(v.dims) != set(axes.dims) for v in (da, truth)):
            continue
        found = Collocation.of(da, truth, axes)
        _check_common(name, true, found, axes)
        units = [v.attrs.get("units") for v in (da, truth)]
        if None not in units and ((how := conversion(*map(str, units))) is None or how.changes_values):
            continue  # an error about units follows
        factor = 1.0
        if found.slope > 5 * found.slope_error:
            # Noise adds to the scale of observations: in the unit of the truth, it is at least that of the truth.
            factor = found.slope if found.slope > 1 else found.scale
        message = scale_message(name, factor, found.offset, f"the truth {true!r}") if found.n >= _FEWEST else ""
        if message:
            raise ValueError(f"{message} Convert it, as in ds.assign({name}={_cure(name, factor, found.offset)})")


def _check_common(name: str, true: str, found: Collocation, axes: Axes) -> None:
    cures = {
        axes.time: (
            found.shared_times,
            f"If they differ by hours, use da.assign_coords({axes.time}=da[{axes.time!r}].dt.floor('D')) on both "
            "before xr.merge",
        ),
        "cell": (
            found.shared_cells,
            "If coordinates differ by rounding, use truth.reindex_like(obs, method='nearest', tolerance=...) before "
            "xr.merge",
        ),
    }
    for what, (share, cure) in cures.items():
        if share == 0:
            raise ValueError(
                f"obs={name!r} and truth={true!r} are never known at the same {what}: expected common ones. {cure}"
            )
        if share < _RARE:
            warnings.warn(
                f"obs={name!r} and truth={true!r} are known at the same {what} in {100 * share:.2g} % of the cases. "
                f"{cure}",
                stacklevel=5,
            )


def _cure(name: str, factor: float, offset: float) -> str:
    if abs(abs(offset) - 273.15) < 5:
        return f"ds[{name!r}] {'-' if offset > 0 else '+'} 273.15"
    power = round(np.log10(factor))
    return f"ds[{name!r}] / {10**power}" if power > 0 else f"ds[{name!r}] * {10**-power}"
