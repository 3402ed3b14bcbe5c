"""An ensemble of maps: the spread of what several networks make of observations with different errors.

    std^2 = sum_m (x_m - mean)^2 / (M - 1),   x_m = map_m(y + sigma e_m),   e_m white

Every member is a map of the whole record, first guess included, from observations that were perturbed before they were
cut into windows: it has no seams. The spread knows of errors of observation and of training, not of what no observation
constrains and all networks agree on; it is too small by nature and to be recalibrated.
Networks: Lakshminarayanan et al. 2017, arXiv:1612.01474; observations: Houtekamer & Mitchell 1998,
doi:10.1175/1520-0493(1998)126<0796:DAUAEK>2.0.CO;2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from xdvn.grid.ancillary import with_samples, with_std
from xdvn.grid.axes import require_variable
from xdvn.mapper import AbstractMapper, AbstractPosterior
from xdvn.model import Model

__all__ = ["Ensemble"]


@dataclass(frozen=True)
class Ensemble(AbstractPosterior):
    """Maps of perturbed observations by one or several models; the result is their mean and spread.

    Parameters
    ----------
    members : int
        M, at least 2.
    obs_error : float or tuple of float, optional
        sigma: standard deviation of the perturbations in the variables' units, one for all or for each. Default: the
        errors that the model was trained with, or none when there are further models.
    models : tuple of AbstractMapper
        Further models, of the same variables; members take turns.
    seed : int
        Of the perturbations.

    Raises
    ------
    ValueError
        Fewer than two members, an error is negative; or all members would be alike.

    Examples
    --------
    Of any mapper: optimal interpolation is uncertain where observations are far apart from each other.

    >>> import xdvn
    >>> ds = xdvn.osse.Twin.small().make()
    >>> oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh")
    >>> maps = ds.dvn.reconstruct(oi, posterior=Ensemble(members=4, obs_error=0.05))
    >>> bool((maps.ssh_std > 0).all()), maps.ssh_std.attrs["units"]
    (True, 'm')
    """

    members: int = 10
    obs_error: float | tuple[float, ...] | None = None
    models: tuple[AbstractMapper, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        errors = np.atleast_1d(0.0 if self.obs_error is None else self.obs_error)
        if self.members < 2 or not (errors >= 0).all():
            raise ValueError(
                f"members={self.members}, obs_error={self.obs_error}: expected 2 members or more and errors of 0 or "
                "more in the unit of the observations"
            )

    def reconstruct(
        self, ds: xr.Dataset, mapper: AbstractMapper, *, samples: bool = False, **options: Any
    ) -> xr.Dataset:
        """Map ``ds`` by every member; see ``AbstractPosterior.reconstruct``."""
        mappers = (mapper, *self.models)
        tracks = options.pop("tracks", None)
        names = _observed_by(mapper)
        errors = self._errors(mapper, names)
        if len(mappers) == 1 and not any(errors.values()):
            raise ValueError(
                "every member would be the same map: give obs_error=, in the unit of the observations, or more trained "
                "networks with models="
            )
        show = options.get("progress", False)
        made: list[xr.Dataset] = []
        for m in tqdm(range(self.members), desc="ensemble", unit="map", disable=not show, leave=False):
            rng = np.random.default_rng([self.seed, m])
            more = dict(options) if tracks is None else {**options, "tracks": _perturbed(tracks, errors, rng)}
            if "progress" in more:
                more["progress"] = False
            made.append(mappers[m % len(mappers)].reconstruct(_perturbed(ds, errors, rng), **more))
        maps = made[0]
        ancillary = {a for v in maps.data_vars.values() for a in str(v.attrs.get("ancillary_variables", "")).split()}
        for name in [str(n) for n in maps.data_vars if n not in ancillary]:
            every = xr.concat([each[name] for each in made], "sample", coords="minimal", compat="override")
            mean = every.mean("sample").astype(maps[name].dtype).transpose(*maps[name].dims)
            maps = maps.assign({name: mean.assign_attrs(maps[name].attrs)})
            std = every.std("sample", ddof=1).astype(maps[name].dtype).transpose(*maps[name].dims)
            maps = with_std(maps, name, std, comment=f"spread of an ensemble of {self.members} maps, not calibrated")
            if samples:
                maps = with_samples(maps, name, every)
        return maps

    def _errors(self, mapper: AbstractMapper, names: Sequence[str]) -> dict[str, float | str]:
        if self.obs_error is not None:
            given = [self.obs_error] * len(names) if isinstance(self.obs_error, int | float) else list(self.obs_error)
            if len(given) != len(names):
                raise ValueError(f"obs_error={self.obs_error}: expected one number for all, or one for each of {names}")
            return dict(zip(names, given, strict=True))
        if isinstance(mapper, Model):
            return {v.obs: v.obs_error or 0.0 for v in mapper.spec.variables}
        return dict.fromkeys(names, 0.0)


def _observed_by(mapper: AbstractMapper) -> list[str]:
    if isinstance(mapper, Model):
        return [v.obs for v in mapper.spec.variables]
    name = getattr(mapper, "obs", None)
    if not isinstance(name, str):
        raise ValueError(f"which variable does this {type(mapper).__name__} observe? Give it a field obs: its name")
    return [name]


def _perturbed(ds: xr.Dataset, errors: dict[str, float | str], rng: np.random.Generator) -> xr.Dataset:
    """Return the observations with errors added; a standard deviation may be a variable's name."""
    noisy = {}
    for name, error in errors.items():
        # Drawn for every variable whether there or not: members differ by their seed alone.
        white = rng.standard_normal(ds[name].shape) if name in ds.variables else None
        if white is not None and error:
            std = require_variable(ds, error, "observation-error") if isinstance(error, str) else error
            added = xr.DataArray(white, dims=ds[name].dims) * std
            noisy[name] = (
                (ds[name] + added.transpose(*ds[name].dims)).astype(ds[name].dtype).assign_attrs(ds[name].attrs)
            )
    return ds.assign(noisy)
