"""Ensembles: the spread of maps from perturbed observations and several networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from tqdm.auto import tqdm

from xdvn.grid.ancillary import add_samples, add_std
from xdvn.grid.axes import require_variable
from xdvn.mapper import AbstractMapper, AbstractPosterior
from xdvn.model import Model

__all__ = ["Ensemble"]


@dataclass(frozen=True)
class Ensemble(AbstractPosterior):
    """Mean and spread of maps of perturbed observations by one or several models.

        std^2 = sum_m (x_m - mean)^2 / (M - 1),   x_m = map_m(y + sigma e_m),   e_m white

    Every member is a map of the whole Dataset, including the first guess, and has no seams. The spread represents
    errors of observations and of training, but not errors common to all networks. It is too small and needs
    calibration.

    Parameters
    ----------
    members : int
        Number of members M, at least 2. Default: 10.
    obs_error : float or tuple of float, optional
        Standard deviation sigma of the perturbations in the variables' units, one for all or one for each. If None, the
        observation errors of the model's training, if any.
    models : tuple of AbstractMapper
        Further models of the same variables; members alternate between them.
    seed : int
        Seed of the perturbations.

    Raises
    ------
    ValueError
        If there are fewer than two members, an error is negative, or all members would be equal.

    References
    ----------
    Networks: Lakshminarayanan et al. 2017, arXiv:1612.01474; observations: Houtekamer & Mitchell 1998,
    doi:10.1175/1520-0493(1998)126<0796:DAUAEK>2.0.CO;2.

    Examples
    --------
    An ensemble of optimal interpolations:

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
                "more. Pass e.g. members=10, obs_error=0.02."
            )

    def reconstruct(
        self, ds: xr.Dataset, mapper: AbstractMapper, *, samples: bool = False, **options: Any
    ) -> xr.Dataset:
        """Map ``ds`` with every member; see ``AbstractPosterior.reconstruct``."""
        mappers = (mapper, *self.models)
        tracks = options.pop("tracks", None)
        names = _observed_names(mapper)
        errors = self._errors(mapper, names)
        if len(mappers) == 1 and not any(errors.values()):
            raise ValueError(
                "all members would be equal: expected obs_error= or models=. Pass obs_error= in the unit of the "
                "observations, or further models with models=."
            )
        show = options.get("progress", False)
        members: list[xr.Dataset] = []
        for m in tqdm(range(self.members), desc="ensemble", unit="map", disable=not show, leave=False):
            rng = np.random.default_rng([self.seed, m])
            member_options = dict(options) if tracks is None else {**options, "tracks": _perturbed(tracks, errors, rng)}
            if "progress" in member_options:
                member_options["progress"] = False
            members.append(mappers[m % len(mappers)].reconstruct(_perturbed(ds, errors, rng), **member_options))
        maps = members[0]
        ancillary = {a for v in maps.data_vars.values() for a in str(v.attrs.get("ancillary_variables", "")).split()}
        for name in [str(n) for n in maps.data_vars if n not in ancillary]:
            stack = xr.concat([member[name] for member in members], "sample", coords="minimal", compat="override")
            mean = stack.mean("sample").astype(maps[name].dtype).transpose(*maps[name].dims)
            maps = maps.assign({name: mean.assign_attrs(maps[name].attrs)})
            std = stack.std("sample", ddof=1).astype(maps[name].dtype).transpose(*maps[name].dims)
            maps = add_std(maps, name, std, comment=f"spread of an ensemble of {self.members} maps, not calibrated")
            if samples:
                maps = add_samples(maps, name, stack)
        return maps

    def _errors(self, mapper: AbstractMapper, names: Sequence[str]) -> dict[str, float | str]:
        if self.obs_error is not None:
            errors = [self.obs_error] * len(names) if isinstance(self.obs_error, int | float) else list(self.obs_error)
            if len(errors) != len(names):
                raise ValueError(
                    f"obs_error={self.obs_error}: expected one number for all, or one for each of {names}. Pass one "
                    "number."
                )
            return dict(zip(names, errors, strict=True))
        if isinstance(mapper, Model):
            return {v.obs: v.obs_error or 0.0 for v in mapper.spec.variables}
        return dict.fromkeys(names, 0.0)


def _observed_names(mapper: AbstractMapper) -> list[str]:
    if isinstance(mapper, Model):
        return [v.obs for v in mapper.spec.variables]
    name = getattr(mapper, "obs", None)
    if not isinstance(name, str):
        raise ValueError(
            f"{type(mapper).__name__} has no field obs: expected the name of its observed variable. Add a field obs."
        )
    return [name]


def _perturbed(ds: xr.Dataset, errors: dict[str, float | str], rng: np.random.Generator) -> xr.Dataset:
    """Return the observations plus white noise; a standard deviation may be the name of a variable."""
    noisy = {}
    for name, error in errors.items():
        # Drawn even for an error of 0, so that members of different variables differ by the seed alone.
        white = rng.standard_normal(ds[name].shape) if name in ds.variables else None
        if white is not None and error:
            std = require_variable(ds, error, "observation-error") if isinstance(error, str) else error
            added = xr.DataArray(white, dims=ds[name].dims) * std
            noisy[name] = (
                (ds[name] + added.transpose(*ds[name].dims)).astype(ds[name].dtype).assign_attrs(ds[name].attrs)
            )
    return ds.assign(noisy)
