"""Style of plots: colours, limits and labels from the attributes of a variable, and scores by method."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm, Normalize

__all__ = ["Colours", "Scores", "by_method", "choose_colours", "is_logarithm", "label_of", "on_log_scale"]

_PERCEPTUAL = {"temperature": "inferno", "distance": "cividis", "time to": "cividis", "speed": "plasma"}
_PERCEPTUAL |= {"kinetic_energy": "plasma", "kinetic energy": "plasma", "strain": "plasma"}
_SIGNED = ("anomaly", "error", "difference", "velocity", "vorticity", "tendency", "above_sea_level", "above_mean")

_LOGARITHM = re.compile(r"(?<![a-z])(?:log|ln|lg|log10|log_10|logarithm)(?:10|e|_e)?(?![a-z])|(?<![a-z])log(?:10)?chl")

Scores = xr.Dataset | Mapping[str, xr.Dataset]
"""Scores of one method, or of several methods by name or along a dimension ``method``."""


@dataclass(frozen=True)
class Colours:
    """A colour map and its limits, common to several panels.

    Parameters
    ----------
    cmap : str
        Name of a matplotlib colour map.
    low, high : float
        Limits in the units of the variable.
    extend : str
        Ends of the colour bar with an arrow: "neither", "min", "max" or "both".
    log : bool
        Whether the scale is logarithmic. Default: False.
    """

    cmap: str
    low: float
    high: float
    extend: str = "neither"
    log: bool = False

    @property
    def norm(self) -> Normalize:
        """Normalisation of matplotlib, from values to the unit interval."""
        # Without clip, zeros on a logarithmic scale would be transparent, as missing values are.
        return LogNorm(self.low, self.high, clip=True) if self.log else Normalize(self.low, self.high)


def choose_colours(
    da: xr.DataArray,
    values: Sequence[np.ndarray],
    *,
    cmap: str | None = None,
    limits: tuple[float, float] | None = None,
    signed: bool | None = None,
) -> Colours:
    """Return colours for arrays of one variable on one scale.

    Signed variables (anomalies, velocities, errors) have a diverging colour map with limits symmetric about 0; others a
    perceptually uniform one (Crameri et al. 2020, doi:10.1038/s41467-020-19160-7). The scale is logarithmic for
    chlorophyll without negative values, if its name, long name and unit are not those of a logarithm. Limits
    exclude half a per cent of the values at each end.

    Parameters
    ----------
    da : xr.DataArray
        Variable with name and attributes.
    values : sequence of numpy.ndarray
        Arrays to draw; NaN is ignored.
    cmap : str, optional
        Colour map of matplotlib. If None, from the attributes.
    limits : (float, float), optional
        Limits. If None, from the values.
    signed : bool, optional
        Whether 0 is the middle of the scale. If None, from the attributes.

    Raises
    ------
    ValueError
        The ``limits`` are not increasing.

    Examples
    --------
    >>> sla = xr.DataArray([-0.1, 0.3], attrs={"standard_name": "sea_surface_height_anomaly"})
    >>> choose_colours(sla, [sla.values])
    Colours(cmap='RdBu_r', low=-0.3, high=0.3, extend='neither', log=False)
    """
    signed = _is_signed(da) if signed is None else signed
    name = cmap or ("RdBu_r" if signed else _perceptual(da))
    finite = np.concatenate([np.asarray(v, float)[np.isfinite(v)] for v in values] or [np.empty(0)])
    log = not signed and on_log_scale(da, finite) and (limits is None or limits[0] > 0)
    positive = finite[finite > 0] if log else finite
    if limits is not None:
        low, high = float(limits[0]), float(limits[1])
        if not low < high:
            raise ValueError(
                f"limits={limits!r}: expected (low, high) with low < high. Set limits=(-0.5, 0.5), for example"
            )
    else:
        low, high = _robust(positive, signed)
    below, above = bool((finite < low).any()), bool((finite > high).any())
    extend = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    return Colours(name, low, high, extend[below, above], log)


def on_log_scale(da: xr.DataArray, values: np.ndarray) -> bool:
    """Return whether values of a variable suit a logarithmic scale: a concentration without negative values.

    Zeros, below the detection limit, have the colour of the lowest value.
    A computed logarithm often has the attributes of the concentration; its values or its name show the difference.

    Examples
    --------
    >>> chl = xr.DataArray([0.1, 10.0], name="chl", attrs={"long_name": "chlorophyll"})
    >>> on_log_scale(chl, chl.values), on_log_scale(chl, np.log10(chl.values))
    (True, False)
    >>> on_log_scale(chl.rename("log_chl"), chl.values)
    False
    """
    values = np.asarray(values, float)
    finite = values[np.isfinite(values)]
    if not _is_concentration(da) or not bool((finite > 0).any()) or bool((finite < 0).any()):
        return False
    return not is_logarithm(da)


def is_logarithm(da: xr.DataArray) -> bool:
    """Return whether the name, the long name or the unit of a variable is that of a logarithm.

    Examples
    --------
    >>> is_logarithm(xr.DataArray(0.0, name="log10_chl")), is_logarithm(xr.DataArray(0.0, name="climatology"))
    (True, False)
    """
    words = (da.name, da.attrs.get("long_name"), da.attrs.get("units"))
    return any(_LOGARITHM.search(str(word or "").lower()) for word in words)


def label_of(da: xr.DataArray) -> str:
    """Return a colour-bar label: the long name (or standard name, or name) with units in brackets.

    Examples
    --------
    >>> label_of(xr.DataArray(0.0, name="ssh", attrs={"standard_name": "sea_surface_height", "units": "m"}))
    'Sea surface height [m]'
    """
    words = str(da.attrs.get("long_name") or str(da.attrs.get("standard_name", "")).replace("_", " "))
    text = f"{words[:1].upper()}{words[1:]}" or str(da.name or "")
    units = str(da.attrs.get("units", ""))
    return f"{text} [{units}]".lstrip() if units not in ("", "1") else text


def by_method(scores: Scores, name: str) -> dict[str, xr.Dataset]:
    """Return the scores of each method, with the name "" for a single one; all contain the variable ``name``.

    Raises
    ------
    KeyError
        A method does not have this score.
    ValueError
        There is no method.

    Examples
    --------
    >>> table = xr.Dataset({"mu": ("method", [0.9, 0.8])}, {"method": ["OI", "xdvn"]})
    >>> {method: float(ds.mu) for method, ds in by_method(table, "mu").items()}
    {'OI': 0.9, 'xdvn': 0.8}
    """
    if not isinstance(scores, xr.Dataset):
        found = {str(method): ds for method, ds in scores.items()}
    elif "method" in scores.dims:
        found = {str(m): scores.isel(method=i, drop=True) for i, m in enumerate(scores["method"].values)}
    else:
        found = {"": scores}
    if not found:
        raise ValueError("scores={}: expected at least one method. Pass {'OI': maps.dvn.score(truth), ...}")
    for method, ds in found.items():
        if name not in ds:
            scores_of = f"the scores of {method!r} have" if method else "the scores have"
            raise KeyError(
                f"{scores_of} no {name!r}, only {', '.join(sorted(map(str, ds.data_vars))) or 'nothing'}. Pass the "
                "complete result of maps.dvn.score(truth)"
            )
    return found


def _is_signed(da: xr.DataArray) -> bool:
    words = f"{da.attrs.get('standard_name', '')} {da.attrs.get('long_name', '')} {da.name or ''}".lower()
    if _is_spread(da):
        return False
    return any(w in words or w.replace("_", " ") in words for w in _SIGNED)


def _is_spread(da: xr.DataArray) -> bool:
    return "standard_error" in str(da.attrs.get("standard_name", "")) or str(da.name or "").endswith("_std")


def _is_concentration(da: xr.DataArray) -> bool:
    return "chlorophyll" in f"{da.attrs.get('standard_name', '')} {da.attrs.get('long_name', '')}".lower()


def _perceptual(da: xr.DataArray) -> str:
    if _is_spread(da):
        return "magma"
    words = f"{da.attrs.get('standard_name', '')} {da.attrs.get('long_name', '')}".lower()
    return next((cmap for word, cmap in _PERCEPTUAL.items() if word in words), "viridis")


def _robust(finite: np.ndarray, signed: bool) -> tuple[float, float]:
    """Return limits that exclude half a per cent at each end, or contain all values if there are few."""
    if finite.size == 0:
        return (-1.0, 1.0) if signed else (0.0, 1.0)
    share = 0.5 if finite.size >= 200 else 0.0
    if signed:
        high = float(np.percentile(np.abs(finite), 100 - share)) or 1.0
        return -high, high
    low, high = (float(v) for v in np.percentile(finite, [share, 100 - share]))
    if low < high:
        return low, high
    margin = abs(low) / 10 or 1.0
    return low - margin, high + margin
