"""Scores of one or several methods, however they were put together: a Dataset, a dimension ``method``, a mapping.

Called by the plots of scores.
"""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

__all__ = ["Scores", "by_method"]

Scores = xr.Dataset | Mapping[str, xr.Dataset]
"""What the metrics return; several methods by name, or along a dimension ``method``."""


def by_method(scores: Scores, name: str) -> dict[str, xr.Dataset]:
    """Return the scores of each method, which all hold the variable ``name``; a single one is called "".

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
        raise ValueError("there are no scores to draw; pass what maps.dvn.score(truth) returned, or {'OI': ..., ...}")
    for method, ds in found.items():
        if name not in ds:
            whose = f"the scores of {method!r} have" if method else "the scores have"
            raise KeyError(
                f"{whose} no {name!r}, only {', '.join(sorted(map(str, ds.data_vars))) or 'nothing'}; pass all that "
                "maps.dvn.score(truth) returned"
            )
    return found
