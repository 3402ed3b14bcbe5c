"""Trained models: a network, what it expects of a Dataset, and how it was trained; saved as data, not code."""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import numpy as np
import xarray as xr

from xdvn._version import __version__
from xdvn.core.compilation import computation, to_single
from xdvn.core.networks.fourdvarnet import AbstractNetwork
from xdvn.core.parameters import trainable_mask
from xdvn.grid.ancillary import add_observed_flag, add_std
from xdvn.grid.blocks import block_sizes
from xdvn.grid.describe import Summary
from xdvn.grid.domain_check import TrainingDomain
from xdvn.grid.patches import by_dimension
from xdvn.grid.spec import GridSpec
from xdvn.grid.time_chunks import with_one_chunking
from xdvn.inference.blocks import reconstruct_blocks
from xdvn.inference.prepare import PreparedField
from xdvn.io import model_file
from xdvn.mapper import AbstractMapper

__all__ = ["History", "Model", "load"]


@dataclass(frozen=True)
class History:
    """Training history by epoch.

    Parameters
    ----------
    loss, validation_loss : tuple of float
        Mean of each epoch in squared normalised units; NaN without validation.
    best_epoch : int
        Epoch (from 1) of the returned network.
    seconds : float
        Wall time of the training, compilation included.
    """

    loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    best_epoch: int
    seconds: float

    def to_dataset(self) -> xr.Dataset:
        """Return the curves as a Dataset over ``epoch``, ready to plot."""
        epochs = np.arange(1, len(self.loss) + 1)
        curves = {"loss": self.loss, "validation_loss": self.validation_loss}
        data = {name: ("epoch", np.asarray(values), {"units": "1"}) for name, values in curves.items()}
        return xr.Dataset(data, {"epoch": epochs}, {"best_epoch": self.best_epoch, "seconds": self.seconds})


@dataclass(frozen=True)
class Model(AbstractMapper):
    """A trained mapper: ``fit`` returns it, ``reconstruct`` uses it.

    Parameters
    ----------
    network : AbstractNetwork
        The trained network.
    spec : GridSpec
        Variables, axes, normalisation, windows, land.
    history : History
        Training history.
    first_guess : AbstractMapper, optional
        Mapper whose map every solve starts from.
    training_domain : TrainingDomain, optional
        Statistics of the training data. Input outside them raises a warning.
    """

    network: AbstractNetwork
    spec: GridSpec
    history: History
    first_guess: AbstractMapper | None = None
    training_domain: TrainingDomain | None = None

    def __eq__(self, other: object) -> bool:
        """Return whether all arrays, settings and the history of two models are equal, bit for bit."""
        return isinstance(other, Model) and _equal(vars(self), vars(other))

    def __hash__(self) -> int:
        """Return a number that is the same for equal models."""
        history = self.history
        return hash((type(self.network), len(history.loss), history.best_epoch, history.seconds))

    def __repr__(self) -> str:
        """Return a summary: variables, network, windows, first guess, training, next step."""
        return self._summary().text()

    def _repr_html_(self) -> str:
        """Return the same as an HTML table for notebooks."""
        return self._summary().html()

    def _summary(self) -> Summary:
        names = ", ".join(f"{v.obs} -> {v.name} [{v.units or 'no units'}]" for v in self.spec.variables)
        size = sum(np.size(leaf) for leaf in jax.tree.leaves(eqx.filter(self.network, trainable_mask(self.network))))
        windows = " x ".join(f"{n} {d}" for n, d in zip(self.spec.patch, self.spec.axes.dims, strict=True))
        start = type(self.first_guess).__name__ if self.first_guess is not None else "training mean"
        epochs, minutes = len(self.history.loss), self.history.seconds / 60
        rows = (
            ("network", f"{type(self.network).__name__}, {size:,} parameters"),
            ("windows", windows),
            ("first guess", start),
            ("trained", f"{epochs} epochs, best {self.history.best_epoch}, {minutes:.1f} min"),
        )
        note = "next: ds.dvn.reconstruct(model), model.save('name.xdvn')"
        return Summary(f"<xdvn.Model {names}>", ("", ""), rows, note)

    @computation()
    def reconstruct(
        self,
        ds: xr.Dataset,
        *,
        tracks: xr.Dataset | None = None,
        obs_error: float | str | Sequence[float | str] | None = None,
        first_guess: xr.Dataset | None = None,
        ocean_mask: xr.DataArray | None = None,
        batch_size: int = 4,
        block: Mapping[str, int] | None = None,
        progress: bool = True,
    ) -> xr.Dataset:
        """Map ``ds``, in memory or lazily.

        If the observations are dask arrays, so are the maps: they are solved block by block when they are computed or
        written, in memory bounded by a block. Lazy maps equal those of the same data in memory.

        Parameters
        ----------
        ds : xr.Dataset
            Observations and covariates, on the training grid or on another domain with the same grid spacing.
            Longitudes may run from 0 to 360 or from -180 to 180 degrees; a global grid is periodic.
        tracks : xr.Dataset, optional
            Along-track observations, as in ``fit``.
        obs_error : float, str or sequence, optional
            Standard deviations of the observation errors. If None, those given to ``fit``.
        first_guess : xr.Dataset, optional
            Complete maps named as the model's maps. If None, the model's own first guess.
        ocean_mask : xr.DataArray, optional
            Booleans, True at sea. If None, the training ocean mask where it is known.
        batch_size : int
            Windows solved at once. It sets memory and speed, not the result. Default: 4.
        block : mapping, optional
            Steps of each dimension that a block of a lazy reconstruction maps. It sets memory and speed, not the
            result. If None, blocks that read at most 8 million cells.
        progress : bool
            Show a bar. For a lazy reconstruction use ``dask.diagnostics.ProgressBar``.

        Returns
        -------
        xr.Dataset
            Complete maps, and for each a flag variable ``<name>_observed``.

        Raises
        ------
        KeyError
            An observed variable is missing.
        ValueError
            ``ds`` does not fit the model: axes, units, time step or sizes.
        """
        field = self.prepare(
            ds,
            tracks=tracks,
            obs_error=obs_error,
            first_guess=first_guess,
            ocean_mask=ocean_mask,
            batch_size=batch_size,
        )
        return self.reconstruct_prepared(field, block=block, progress=progress)

    def prepare(
        self,
        ds: xr.Dataset,
        *,
        tracks: xr.Dataset | None = None,
        obs_error: float | str | Sequence[float | str] | None = None,
        first_guess: xr.Dataset | None = None,
        ocean_mask: xr.DataArray | None = None,
        batch_size: int = 4,
    ) -> PreparedField:
        """Check ``ds`` and bring it to the model's units and longitudes; arguments as for ``reconstruct``."""
        return PreparedField.of(
            to_single(self.network),
            self._spec(tracks, obs_error),
            ds,
            tracks=tracks,
            first_guess=self.first_guess if first_guess is None else first_guess,
            ocean_mask=ocean_mask,
            batch_size=batch_size,
            training_domain=self.training_domain,
        )

    def reconstruct_prepared(
        self, field: PreparedField, *, block: Mapping[str, int] | None = None, progress: bool = True
    ) -> xr.Dataset:
        """Map what ``prepare`` returned; a network that predicts a variance adds ``<name>_std``."""
        axes, n = self.spec.axes, len(self.spec.variables)
        for message in () if self.training_domain is None else self.training_domain.place_messages(field.ds, axes):
            warnings.warn(message, stacklevel=4)
        sizes = by_dimension(block, axes.dims, block_sizes(field.patcher), "block")
        fields = reconstruct_blocks(field, sizes, progress)
        maps = self.spec.to_dataset(fields[:n], field.ds)
        for variable in self.spec.variables:
            maps = add_observed_flag(maps, variable.name, field.ds[variable.obs])
        if len(fields) > n:
            stds = self.spec.to_dataset(fields[n:], field.ds)
            for variable in self.spec.variables:
                maps = add_std(maps, variable.name, stds[variable.name])
        return with_one_chunking(field.restore_longitudes(maps))

    def _spec(self, tracks: xr.Dataset | None, obs_error: float | str | Sequence[float | str] | None) -> GridSpec:
        """Return the spec with the errors of these observations."""
        for variable in self.spec.variables:
            if variable.along_track and (tracks is None or variable.obs not in tracks.variables):
                warnings.warn(
                    f"the model was trained on along-track {variable.obs!r} and now reads it from grid cells. Pass the "
                    "measurements with tracks=",
                    stacklevel=3,
                )
        if obs_error is not None and any(v.obs_error is None for v in self.spec.variables):
            raise ValueError(
                f"obs_error={obs_error!r}: the model was trained without observation errors. Train it with "
                "fit(..., obs_error=...)"
            )
        return self.spec.with_obs_error(obs_error)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file: a JSON header, then arrays; no code.

        Raises
        ------
        TypeError
            The network contains something that is not data, such as a lambda.
        """
        about = {"xdvn_version": __version__, "network": type(self.network).__name__}
        model_file.write(path, self, about)


def _equal(a: Any, b: Any) -> bool:
    """Return whether two objects are equal, with the arrays and the NaN inside of them."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | jax.Array):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if jax.dtypes.issubdtype(a.dtype, jax.dtypes.prng_key):
            a, b = jax.random.key_data(a), jax.random.key_data(b)
        return np.array_equal(a, b, equal_nan=np.dtype(a.dtype).kind in "fc")
    if dataclasses.is_dataclass(a) and not isinstance(a, type):
        return all(_equal(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(_equal, a, b))
    name = getattr(a, "__qualname__", "<")
    if callable(a) and "<" not in name:  # a copy of a function of JAX is another object
        return (a.__module__, name) == (b.__module__, b.__qualname__)
    return bool(a == b) or (isinstance(a, float) and a != a and b != b)


def load(path: str | os.PathLike[str], classes: Sequence[type] = ()) -> Model:
    """Load a model that ``Model.save`` wrote.

    Parameters
    ----------
    path : path-like
        The file.
    classes : sequence of type
        Your own equinox classes that the model contains.

    Raises
    ------
    ValueError
        The file is not an xdvn model, is damaged, or contains an unknown class.
    """
    model = model_file.read(path, classes)
    if not isinstance(model, Model):
        raise ValueError(
            f"{os.fspath(path)!r}: expected a Model, got a {type(model).__name__}. Give the path of a saved model"
        )
    parts = {"network": AbstractNetwork, "spec": GridSpec, "history": History, "first_guess": AbstractMapper | None}
    for name, kind in {**parts, "training_domain": TrainingDomain | None}.items():
        if not isinstance(getattr(model, name), kind):
            found = type(getattr(model, name)).__name__
            raise ValueError(f"{os.fspath(path)!r} is damaged: its {name} is a {found}. Copy or save it again")
    return model
