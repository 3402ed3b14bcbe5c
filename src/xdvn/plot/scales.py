"""Spectral scores by period and wavelength, with the line of resolved scales.

score = 1 - PSD(error) / PSD(truth). The shortest wavelength and the shortest period on the line of 0.5 are lambda_x and
lambda_t. The axes are those of the SSH mapping data challenge 2020a, doi:10.24400/527896/a01-2020.002.
"""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from xdvn.plot.style import Scores, by_method

__all__ = ["spectral_score"]


def spectral_score(scores: Scores, ax: Axes | None = None, *, isotropic: bool = False) -> Axes:
    """Draw the spectral score by scale.

    Parameters
    ----------
    scores : xr.Dataset, or mapping of str to xr.Dataset
        Scores with ``spectral_score`` (period, wavelength) of maps, or (wavelength) along tracks. Several methods, as a
        mapping or along a dimension ``method``, have one line of 0.5 (or one curve) each.
    ax : matplotlib Axes, optional
        Axes to draw in. If None, a new figure.
    isotropic : bool
        Whether to draw ``spectral_score_isotropic``, by wavelength in any direction. Default: False.

    Returns
    -------
    matplotlib Axes
        The axes of the plot.

    Raises
    ------
    KeyError
        A method does not have this score.
    ValueError
        There are fewer than two scales.

    Examples
    --------
    >>> from xdvn.metrics import gridded_scores
    >>> truth = xr.DataArray(np.random.default_rng(0).normal(size=(16, 4, 16)), dims=("time", "lat", "lon"),
    ...                      coords={"time": range(16), "lat": range(4), "lon": range(16)})
    >>> ax = spectral_score(gridded_scores(truth + 0.3 * truth.roll(time=1), truth))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('Wavelength', 'Period [days]')
    >>> plt.close(ax.figure)
    """
    name = "spectral_score_isotropic" if isotropic else "spectral_score"
    methods = by_method(scores, name)
    found = {method: ds[name] for method, ds in methods.items()}
    first = next(iter(found.values()))
    if min(first.shape) < 2:
        raise ValueError(
            f"{name} has the shape {first.shape}: expected two scales or more. Score a longer time series or wider box"
        )
    if ax is None:
        size = (5.2, 4.2) if first.ndim == 2 else (5.6, 3.6)
        ax = plt.figure(figsize=size, layout="constrained").add_subplot()
    if first.ndim == 1:
        _curves(ax, methods, name)
    else:
        _surface(ax, methods, shaded=len(found) == 1)
    return ax


def _surface(ax: Axes, methods: Mapping[str, xr.Dataset], shaded: bool) -> None:
    for number, (method, ds) in enumerate(methods.items()):
        score = ds["spectral_score"].transpose("period", "wavelength")
        x, y = (np.asarray(score[d].values, float) for d in ("wavelength", "period"))
        if shaded:
            values = np.ma.masked_invalid(score.values)
            mesh = ax.pcolormesh(_bounds(x), _bounds(y), values, cmap="YlGnBu", vmin=0, vmax=1, rasterized=True)
            assert ax.figure is not None
            ax.figure.colorbar(mesh, ax=ax, extend="min", label="1 − PSD(error) / PSD(truth)", pad=0.02)
        colour = "k" if shaded else f"C{number}"
        # Matplotlib interpolates contours linearly in wavelength and period, as the definition of lambda does.
        ax.contour(x, y, np.ma.masked_invalid(score.values), levels=[0.5], colors=colour, linewidths=1.6)
        labels = [_scale_label(ds, scale, sign) for scale, sign in (("lambda_x", "λₓ"), ("lambda_t", "λₜ"))]
        numbers = ", ".join(t for t in labels if t)
        label = "score 0.5" if shaded else method
        ax.plot([], [], color=colour, lw=1.6, label=f"{label}: {numbers}" if numbers else label)
        for scale, line in (("lambda_x", ax.axvline), ("lambda_t", ax.axhline)):
            if scale in ds and np.isfinite(ds[scale]):
                line(float(ds[scale]), color=colour, lw=0.8, ls=":")
    ax.set_xscale("log")
    ax.set_yscale("log")
    _number(ax.xaxis, x)
    _number(ax.yaxis, y)
    ax.set_xlim(x.max(), x.min())
    ax.set_ylim(y.max(), y.min())
    ax.set_xlabel(_axis_label("Wavelength", score["wavelength"]))
    ax.set_ylabel(_axis_label("Period", score["period"]))
    ax.legend(loc="upper right", fontsize="small", framealpha=0.9)


def _curves(ax: Axes, methods: Mapping[str, xr.Dataset], name: str) -> None:
    wavelengths = []
    for number, (method, ds) in enumerate(methods.items()):
        score = ds[name]
        dim = score.dims[0]
        x, y = np.asarray(score[dim].values, float), np.asarray(score.values, float)
        finite = np.isfinite(x) & np.isfinite(y)
        scale = "lambda_r" if name.endswith("isotropic") else "lambda_x"
        scale_text = _scale_label(ds, scale, "λᵣ" if scale == "lambda_r" else "λₓ")
        label = ", ".join(t for t in (method, scale_text) if t)
        ax.plot(x[finite], y[finite], color=f"C{number}", marker=".", ms=4, label=label or "score")
        if scale in ds and np.isfinite(ds[scale]):
            ax.axvline(float(ds[scale]), color=f"C{number}", lw=0.8, ls=":")
        wavelengths.append(x[finite])
    x = np.concatenate(wavelengths)
    ax.axhline(0.5, color="0.3", lw=0.8)
    ax.set_xscale("log")
    _number(ax.xaxis, x)
    ax.set_xlim(x.max(), x.min())
    ax.set_ylim(max(-0.5, ax.get_ylim()[0]), 1.02)
    ax.set_xlabel(_axis_label("Wavelength", score[dim]))
    ax.set_ylabel("1 − PSD(error) / PSD(truth)")
    ax.grid(alpha=0.3, lw=0.4)
    ax.legend(frameon=False, fontsize="small")


def _bounds(centres: np.ndarray) -> np.ndarray:
    """Return the edges of cells, halfway between their centres in the logarithm."""
    logs = np.log(centres)
    middle = (logs[1:] + logs[:-1]) / 2
    return np.exp(np.concatenate([[2 * logs[0] - middle[0]], middle, [2 * logs[-1] - middle[-1]]]))


def _number(axis: Axis, values: np.ndarray) -> None:
    """Label a logarithmic axis with numbers, with more ticks on a short axis."""
    decades = np.log10(values.max() / values.min())
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades > 0.7 else (1, 1.5, 2, 3, 4, 5, 6, 8)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _axis_label(word: str, coord: xr.DataArray) -> str:
    units = str(coord.attrs.get("units", ""))
    return f"{word} [{units}]" if units not in ("", "1") else word


def _scale_label(ds: xr.Dataset, name: str, sign: str) -> str:
    if name not in ds or not np.isfinite(ds[name]):
        return ""
    units = {"degrees": "°", "days": " d", "1": ""}.get(unit := str(ds[name].attrs.get("units", "")), f" {unit}")
    return f"{sign} = {float(ds[name]):.3g}{units}".rstrip()
