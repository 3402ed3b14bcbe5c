"""Colours, limits and labels chosen from what a variable says it is (CF ``standard_name``, ``long_name``, ``units``).

Signed quantities (anomalies, velocities, errors) get a diverging map with limits symmetric about 0, so that white
means zero; everything else a perceptually uniform one, for concentrations (chlorophyll) on a logarithmic scale. Limits
leave out half a per cent of the values at each end, and the colour bar then shows an arrow. Called wherever fields are
drawn. Perceptual maps: Crameri et al. 2020, doi:10.1038/s41467-020-19160-7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm, Normalize

__all__ = ["Colours", "choose_colours", "label_of"]

_PERCEPTUAL = {"temperature": "inferno", "distance": "cividis", "time to": "cividis", "speed": "plasma"}
_PERCEPTUAL |= {"kinetic_energy": "plasma", "kinetic energy": "plasma", "strain": "plasma"}
_SIGNED = ("anomaly", "error", "difference", "velocity", "vorticity", "tendency", "above_sea_level", "above_mean")


@dataclass(frozen=True)
class Colours:
    """A colour map and its limits, shared by every panel that shall be compared.

    Parameters
    ----------
    cmap : str
        Name of a matplotlib colour map.
    low, high : float
        Values at its two ends, in the variable's unit.
    extend : str
        Which ends of the colour bar get an arrow: "neither", "min", "max" or "both".
    log : bool
        Whether equal ratios, not differences, are equal steps of colour.
    """

    cmap: str
    low: float
    high: float
    extend: str = "neither"
    log: bool = False

    @property
    def norm(self) -> Normalize:
        """From values to the unit interval, as matplotlib wants it."""
        return (LogNorm if self.log else Normalize)(self.low, self.high)


def choose_colours(
    da: xr.DataArray,
    values: Sequence[np.ndarray],
    *,
    cmap: str | None = None,
    limits: tuple[float, float] | None = None,
    signed: bool | None = None,
) -> Colours:
    """Choose colours for arrays of one variable that are to be drawn on one scale.

    Parameters
    ----------
    da : xr.DataArray
        Where name and attributes are read.
    values : sequence of numpy.ndarray
        What will be drawn; NaN is left out.
    cmap : str, optional
        Use this matplotlib colour map.
    limits : (float, float), optional
        Use these limits.
    signed : bool, optional
        Whether 0 is the natural middle; by default judged from the attributes.

    Raises
    ------
    ValueError
        When ``limits`` are not increasing.

    Examples
    --------
    >>> sla = xr.DataArray([-0.1, 0.3], attrs={"standard_name": "sea_surface_height_anomaly"})
    >>> choose_colours(sla, [sla.values])
    Colours(cmap='RdBu_r', low=-0.3, high=0.3, extend='neither', log=False)
    """
    signed = _is_signed(da) if signed is None else signed
    name = cmap or ("RdBu_r" if signed else _perceptual(da))
    finite = np.concatenate([np.asarray(v, float)[np.isfinite(v)] for v in values] or [np.empty(0)])
    log = not signed and _is_concentration(da) and bool((finite > 0).any()) and (limits is None or limits[0] > 0)
    if log:
        finite = finite[finite > 0]
    if limits is not None:
        low, high = float(limits[0]), float(limits[1])
        if not low < high:
            raise ValueError(f"limits={limits!r} are not increasing; expected (low, high), such as limits=(-0.5, 0.5)")
    else:
        low, high = _robust(finite, signed)
    below, above = bool((finite < low).any()), bool((finite > high).any())
    extend = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    return Colours(name, low, high, extend[below, above], log)


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
    """Limits that hold all but half a per cent at each end; all values when there are few of them."""
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
