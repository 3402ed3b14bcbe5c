"""``ds.dvn``: the verbs where a notebook user looks for them. Every method only forwards.

It keeps no state and computes nothing when it is made; jax, cartopy and the rest load when a method is called.
The typed functions behind it are ``xdvn.fit``, ``xdvn.reconstruct``, ``xdvn.score``,
``xdvn.compare`` and ``xdvn.plot``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import xarray as xr

if TYPE_CHECKING:
    from xdvn.comparison import Comparison
    from xdvn.grid.axes import Axes
    from xdvn.mapper import AbstractMapper
    from xdvn.model import Model

__all__ = ["DvnAccessor"]


@xr.register_dataset_accessor("dvn")
class DvnAccessor:
    """Gap filling on a Dataset.

    Examples
    --------
    >>> import xarray as xr, xdvn
    >>> ds = xdvn.osse.Twin.small().make()
    >>> ds.dvn.axes.describe()
    'T=time, Y=lat, X=lon'
    """

    def __init__(self, ds: xr.Dataset) -> None:
        self._ds = ds

    @property
    def axes(self) -> Axes:
        """Names of the time, Y and X dimensions."""
        from xdvn.grid.axes import find_axes

        return find_axes(self._ds)

    def fit(self, obs: str | Sequence[str], *, truth: str | Sequence[str] | None = None, **options: Any) -> Model:
        """Train a model on this Dataset; see ``xdvn.fit`` for every option."""
        from xdvn.pipeline import fit

        return fit(self._ds, obs, truth=truth, **options)

    def reconstruct(self, mapper: AbstractMapper, **options: Any) -> xr.Dataset:
        """Map this Dataset whole with a model or a baseline; see ``xdvn.reconstruct``."""
        from xdvn.pipeline import reconstruct

        return reconstruct(self._ds, mapper, **options)

    def score(self, truth: xr.DataArray, **options: Any) -> xr.Dataset:
        """Score this reconstruction against the truth; see ``xdvn.score``."""
        from xdvn.scoring import score

        return score(self._ds, truth, **options)

    def currents(self, name: str | None = None, mdt: xr.DataArray | None = None) -> xr.Dataset:
        """Geostrophic currents of the sea surface height in this Dataset; see ``xdvn.topography.surface_currents``."""
        from xdvn.topography import surface_currents

        return surface_currents(self._ds, name, mdt)

    def compare(
        self,
        truth: str | xr.DataArray,
        methods: Mapping[str, AbstractMapper | xr.Dataset] | Sequence[AbstractMapper],
        **options: Any,
    ) -> Comparison:
        """Map this Dataset by several methods and score them; see ``xdvn.compare``."""
        from xdvn.comparison import compare

        return compare(self._ds, truth, methods, **options)

    def plot(self, *names: str, **options: Any) -> Any:
        """Draw one day of the named variables (default: all that vary in time) as maps; see ``xdvn.plot.fields``."""
        from xdvn.plot import fields

        return fields(self._ds, *names, **options)

    def __repr__(self) -> str:
        """Tell what was found and what to do next."""
        from xdvn.grid.describe import describe

        return describe(self._ds)
