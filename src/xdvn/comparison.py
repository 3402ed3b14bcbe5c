"""Comparison of methods on the same observations: all maps in one Dataset, all scores in one table.

``compare`` passes the Dataset without the truth to every mapper, measures the time, and scores the maps on the days and
cells of the truth.
"""

from __future__ import annotations

import inspect
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import xarray as xr

from xdvn.api import reconstruct, score
from xdvn.grid.axes import require_variable
from xdvn.grid.matching import match_grids
from xdvn.mapper import AbstractMapper, variable_named

__all__ = ["Comparison", "compare"]


class Comparison(NamedTuple):
    """Result of ``compare``: ``maps, table = xdvn.compare(...)``; ``print`` shows the table.

    Select a method with ``maps.sel({"method": "OI"})``, since ``method=`` is an argument of ``sel`` itself.

    Parameters
    ----------
    maps : xr.Dataset
        Maps of all methods along ``method``, on the truth's times and cells.
    table : xr.Dataset
        Scores along ``method``, with units and orientation in their attributes. The attributes of the table count the
        scored ``cells`` of the truth and the ``cells_outside`` the maps.
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
        lines = ["  ".join(row) for row in padded]
        cells, outside = (self.table.attrs.get(name, 0) for name in ("cells", "cells_outside"))
        if outside:
            lines.append(f"scored on {cells} of {cells + outside} cells of the truth")
        return "\n".join(lines)

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
        The complete field, NaN where it is not scored, or its name in ``ds``. Scores and maps are on its days and
        cells: ``ds["ssh"].isel(time=split.evaluation)``. The methods do not receive it.
    methods : mapping or sequence
        Mappers by their names in the table, or a sequence of mappers, named by their classes. A Dataset of maps
        (``ds.dvn.reconstruct(oi, error=True)``) can replace a mapper; its time is NaN in the table.
    mean : xr.DataArray, optional
        Mean field on the horizontal dimensions: adds ``mu_anomaly``.
    errors : bool
        Add ``<name>_error``, map minus truth.
    progress : bool
        Show the progress bars of the methods.

    Returns
    -------
    Comparison
        ``maps`` contains ``<name>`` (method, ...) and ``<name>_std`` if a method has it. ``table`` contains mu, sigma,
        rmse, lambda_x, lambda_t, mu_anomaly and seconds, where available.

    Raises
    ------
    KeyError
        A variable is missing.
    ValueError
        There is no method, two have the same name, or maps and truth do not fit.

    Examples
    --------
    >>> import xdvn
    >>> ds = xdvn.osse.Twin.small().make()
    >>> result = xdvn.compare(ds, "ssh", [xdvn.baselines.LinearInTime("ssh_obs"), xdvn.OptimalInterpolation("ssh_obs")])
    >>> result.table.method.values.tolist(), bool(result.table.mu[1] > result.table.mu[0])
    (['LinearInTime', 'OptimalInterpolation'], True)
    """
    target = require_variable(ds, truth, "true") if isinstance(truth, str) else truth
    name = str(target.name or "map")
    named = _named(methods)
    is_mapped = any(isinstance(method, AbstractMapper) for method in named.values())
    observations = _without(ds, target) if is_mapped else ds
    maps: list[xr.Dataset] = []
    rows: list[xr.Dataset] = []
    for method in named.values():
        result, seconds = _reconstruct(observations, method, progress)
        field = variable_named(result, target.name)
        rows.append(_row(result, field, target, mean, seconds))
        maps.append(_on_truth(result, field, target, name, errors))
    method_axis = xr.Variable("method", list(named))
    all_maps = xr.concat(maps, method_axis, data_vars="all", combine_attrs="drop_conflicts", join="outer")
    table = xr.concat(rows, method_axis, data_vars="all", combine_attrs="override")
    cells = [row.attrs["cells"] for row in rows]
    if len(set(cells)) > 1:
        warnings.warn(
            f"the methods {list(named)} are scored on {cells} cells of the truth: expected the same cells. Pass maps "
            "of the same region and period",
            stacklevel=2,
        )
    return Comparison(all_maps, table)


_COLUMNS = {"mu": 3, "sigma": 3, "mu_anomaly": 3, "rmse": 4, "lambda_x": 2, "lambda_t": 1, "seconds": 1}
"""Columns of the table and their numbers of decimals."""


def _named(
    methods: Mapping[str, AbstractMapper | xr.Dataset] | Sequence[AbstractMapper],
) -> dict[str, AbstractMapper | xr.Dataset]:
    if not methods:
        raise ValueError(
            f"methods={methods}: expected at least one mapper. Pass e.g. {{'OI': OptimalInterpolation('ssh_obs')}}."
        )
    if isinstance(methods, Mapping):
        return dict(methods)
    names = [type(m).__name__ for m in methods]
    if len(set(names)) < len(names):
        raise ValueError(
            f"methods={names}: expected different names. Pass a mapping, such as "
            "{'short scales': ..., 'long scales': ...}."
        )
    return dict(zip(names, methods, strict=True))


def _without(ds: xr.Dataset, truth: xr.DataArray) -> xr.Dataset:
    """Return ``ds`` without the truth; a variable of the same name with other values, such as observations, remains."""
    if truth.name not in ds.data_vars or set(ds[truth.name].dims) != set(truth.dims):
        return ds
    dims = [str(d) for d in truth.dims]
    variable, target = match_grids(ds[truth.name], truth, dims, (f"ds[{truth.name!r}]", "truth"), whole=False)
    return ds.drop_vars(str(truth.name)) if variable.equals(target) else ds


def _reconstruct(ds: xr.Dataset, method: AbstractMapper | xr.Dataset, progress: bool) -> tuple[xr.Dataset, float]:
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


def _on_truth(maps: xr.Dataset, field: xr.DataArray, truth: xr.DataArray, name: str, errors: bool) -> xr.Dataset:
    """Return maps on the times and cells of the truth, with its name."""
    fields = {name: field}
    if f"{field.name}_std" in maps:
        fields[f"{name}_std"] = maps[f"{field.name}_std"]
    dims = [str(d) for d in truth.dims if d in field.dims]
    shared, target = match_grids(xr.Dataset(fields), truth, dims, whole=False, finer=False)
    if errors:
        shared[f"{name}_error"] = (shared[name] - target).assign_attrs(
            long_name="map minus truth", units=truth.attrs.get("units", "1")
        )
    return shared


def _format(value: float, digits: int) -> str:
    return "-" if value != value else f"{value:.{digits}f}"
