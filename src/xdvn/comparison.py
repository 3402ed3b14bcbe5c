"""Several methods on the same observations: all maps in one Dataset, all scores in one table.

``compare`` hands every mapper the Dataset without the truth, takes the time, and scores on the truth's own days and
cells, so that a method is never judged where it was tuned if the truth holds other days. Called by ``xdvn.compare`` and
``ds.dvn.compare``.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import xarray as xr

from xdvn.grid.axes import require_variable
from xdvn.mapper import AbstractMapper, variable_named
from xdvn.pipeline import reconstruct
from xdvn.scoring import score

__all__ = ["Comparison", "compare"]


class Comparison(NamedTuple):
    """What ``compare`` returns: ``maps, table = xdvn.compare(...)``; ``print`` shows the table.

    Choose one with ``maps.sel({"method": "OI"})``; a plain ``method=`` is an argument of xarray's own.

    Parameters
    ----------
    maps : xr.Dataset
        Every method's maps along ``method``, on the truth's times and cells.
    table : xr.Dataset
        Scores along ``method``, each with units and which way is better in its attributes.
    """

    maps: xr.Dataset
    table: xr.Dataset

    def __str__(self) -> str:
        """Return the table as aligned text."""
        rows = self._cells()
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        padded = [
            [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))] for row in rows
        ]
        return "\n".join("  ".join(row) for row in padded)

    def to_markdown(self) -> str:
        """Return the table as Markdown."""
        head, *body = self._cells()
        lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
        return "\n".join("| " + " | ".join(row) + " |" for row in lines)

    def _cells(self) -> list[list[str]]:
        columns = [name for name in _COLUMNS if name in self.table and bool(self.table[name].notnull().any())]
        head = ["method"]
        for name in columns:
            units = self.table[name].attrs.get("units", "1")
            head.append(name if units == "1" else f"{name} [{units}]")
        body = [
            [
                str(method),
                *(_format(float(self.table[name].sel({"method": method})), _COLUMNS[name]) for name in columns),
            ]
            for method in self.table["method"].values
        ]
        return [head, *body]


def compare(
    ds: xr.Dataset,
    truth: str | xr.DataArray,
    methods: Mapping[str, AbstractMapper | xr.Dataset] | Sequence[AbstractMapper],
    *,
    mean: xr.DataArray | None = None,
    errors: bool = False,
    progress: bool = True,
) -> Comparison:
    """Map ``ds`` by several methods and score them against the truth.

    Parameters
    ----------
    ds : xr.Dataset
        Observations; never changed.
    truth : str or xr.DataArray
        The complete field, NaN where not to be scored, or its name in ``ds``. Its days and cells decide what is scored
        and returned: ``ds["ssh"].isel(time=split.evaluation)``. No method sees it.
    methods : mapping or sequence
        Mappers by the names they are to have in the table, or only mappers, named by their classes. A Dataset of maps
        made before (``ds.dvn.reconstruct(oi, error=True)``) may stand for its mapper; no time is told for it.
    mean : xr.DataArray, optional
        Mean field on the horizontal dimensions: adds the anomaly score.
    errors : bool
        Add ``<name>_error``, map minus truth.
    progress : bool
        Show the methods' own bars.

    Returns
    -------
    Comparison
        ``maps`` holds ``<name>`` (method, ...) and ``<name>_std`` where a method tells it, ``table`` holds mu, sigma,
        rmse, lambda_x, lambda_t, anomaly and seconds, as far as there are such.

    Raises
    ------
    KeyError
        There is no such variable.
    ValueError
        There is no method, two have one name, or maps and truth do not fit.

    Examples
    --------
    >>> import xdvn
    >>> ds = xdvn.osse.Twin.small().make()
    >>> result = compare(ds, "ssh", [xdvn.baselines.LinearInTime("ssh_obs"), xdvn.OptimalInterpolation("ssh_obs")])
    >>> result.table.method.values.tolist(), bool(result.table.mu[1] > result.table.mu[0])
    (['LinearInTime', 'OptimalInterpolation'], True)
    """
    target = require_variable(ds, truth, "true") if isinstance(truth, str) else truth
    name = str(target.name or "map")
    hidden, named = _without(ds, target), _named(methods)
    maps: list[xr.Dataset] = []
    rows: list[xr.Dataset] = []
    for method in named.values():
        result, seconds = _made(hidden, method, progress)
        field = variable_named(result, target.name)
        rows.append(_row(result, field, target, mean, seconds))
        maps.append(_as_told(result, field, target, name, errors))
    method_axis = xr.Variable("method", list(named))
    together = xr.concat(maps, method_axis, data_vars="all", combine_attrs="drop_conflicts", join="outer")
    table = xr.concat(rows, method_axis, data_vars="all", combine_attrs="override")
    return Comparison(together, table)


_COLUMNS = {"mu": 3, "sigma": 3, "anomaly": 3, "rmse": 4, "lambda_x": 2, "lambda_t": 1, "seconds": 1}
"""What the table shows, and with how many decimals."""


def _named(
    methods: Mapping[str, AbstractMapper | xr.Dataset] | Sequence[AbstractMapper],
) -> dict[str, AbstractMapper | xr.Dataset]:
    if not methods:
        raise ValueError("methods= is empty; give at least one mapper, as in {'OI': OptimalInterpolation('ssh_obs')}")
    if isinstance(methods, Mapping):
        return dict(methods)
    names = [type(m).__name__ for m in methods]
    if len(set(names)) < len(names):
        raise ValueError(
            f"methods= has the classes {names}, and names must differ; name them yourself, as in "
            "{'short scales': one, 'long scales': other}"
        )
    return dict(zip(names, methods, strict=True))


def _without(ds: xr.Dataset, truth: xr.DataArray) -> xr.Dataset:
    """Return ``ds`` without the truth; observations of the same name, with gaps where the truth has none, stay."""
    if truth.name not in ds.data_vars:
        return ds
    mine, known = xr.align(ds[truth.name], truth, join="inner")
    return ds.drop_vars(str(truth.name)) if mine.equals(known) else ds


def _made(ds: xr.Dataset, method: AbstractMapper | xr.Dataset, progress: bool) -> tuple[xr.Dataset, float]:
    if isinstance(method, xr.Dataset):
        return method, float("nan")
    options: dict[str, Any] = {}
    if "progress" in inspect.signature(method.reconstruct).parameters:
        options["progress"] = progress
    began = time.monotonic()
    result = reconstruct(ds, method, **options)
    return result, time.monotonic() - began


def _row(
    maps: xr.Dataset, field: xr.DataArray, truth: xr.DataArray, mean: xr.DataArray | None, seconds: float
) -> xr.Dataset:
    scores = score(maps, truth, name=str(field.name), mean=mean)
    attrs = {"units": "s", "long_name": "wall time of the mapping", "perfect": 0.0, "orientation": "lower"}
    row = scores.assign(seconds=xr.DataArray(seconds, attrs=attrs))
    return row[[name for name in _COLUMNS if name in row]]


def _as_told(maps: xr.Dataset, field: xr.DataArray, truth: xr.DataArray, name: str, errors: bool) -> xr.Dataset:
    """Return maps on the truth's times and cells, called as the truth."""
    told = {name: field}
    if f"{field.name}_std" in maps:
        told[f"{name}_std"] = maps[f"{field.name}_std"]
    shared, known = xr.align(xr.Dataset(told), truth, join="inner")
    if errors:
        shared[f"{name}_error"] = (shared[name] - known).assign_attrs(
            long_name="map minus truth", units=truth.attrs.get("units", "1")
        )
    return shared


def _format(value: float, digits: int) -> str:
    return "-" if value != value else f"{value:.{digits}f}"
