"""Methods for a challenge: each makes a mapper from the inputs of the challenge.

Subclass ``AbstractMethod`` to add one.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from xdvn.baselines import Dineof, OptimalInterpolation
from xdvn.benchmark.inputs import ChallengeInputs
from xdvn.mapper import AbstractMapper
from xdvn.model import load
from xdvn.readers import read, read_challenge_maps
from xdvn.recipe import fit_from_oi
from xdvn.training import Training

__all__ = [
    "AbstractMethod",
    "DineofMethod",
    "Interpolation",
    "MapsFromFile",
    "Network",
    "PrecomputedMaps",
    "SavedModel",
    "TunedInterpolation",
]


class AbstractMethod(abc.ABC):
    """Interface of a method: a title for the table, and the construction of a mapper."""

    @abc.abstractmethod
    def title(self, inputs: ChallengeInputs) -> str:
        """Return the name in the table."""

    @abc.abstractmethod
    def make(self, inputs: ChallengeInputs) -> AbstractMapper:
        """Return a mapper, trained or tuned on the training days of the challenge."""


@dataclass(frozen=True)
class Interpolation(AbstractMethod):
    """Optimal interpolation as in the challenge's baseline: its scales, full height, no mean."""

    def title(self, inputs: ChallengeInputs) -> str:
        """Return the name in the table."""
        return "OI, the challenge's"

    def make(self, inputs: ChallengeInputs) -> AbstractMapper:
        """Return the interpolation."""
        return OptimalInterpolation("ssh_obs", name="ssh", mean=None)


@dataclass(frozen=True)
class TunedInterpolation(AbstractMethod):
    """Optimal interpolation of anomalies, tuned if the challenge has training days."""

    def title(self, inputs: ChallengeInputs) -> str:
        """Return the name in the table."""
        return "OI, mean removed" if inputs.training is None else "OI, mean removed, tuned"

    def make(self, inputs: ChallengeInputs) -> AbstractMapper:
        """Return the tuned interpolation."""
        return inputs.interpolation


@dataclass(frozen=True)
class DineofMethod(AbstractMethod):
    """DINEOF of anomalies, with a cross-validated number of modes."""

    def title(self, inputs: ChallengeInputs) -> str:
        """Return the name in the table."""
        return "DINEOF, mean removed"

    def make(self, inputs: ChallengeInputs) -> AbstractMapper:
        """Return DINEOF."""
        return Dineof("ssh_obs", name="ssh", mean=inputs.mean)


@dataclass(frozen=True)
class Network(AbstractMethod):
    """4DVarNet that starts from an interpolation with wide scales (``xdvn.recipe``).

    Parameters
    ----------
    epochs : int
        Training epochs; 7 epochs of the twin take three minutes on two free cores. Default: 7.
    seed : int
        Seed of the training.
    """

    epochs: int = 7
    seed: int = 0

    def title(self, inputs: ChallengeInputs) -> str:
        """Return the name in the table."""
        return f"4DVarNet (xdvn), {self.epochs} epoch{'' if self.epochs == 1 else 's'}"

    def make(self, inputs: ChallengeInputs) -> AbstractMapper:
        """Train the network.

        Raises
        ------
        ValueError
            The challenge has no training days.
        """
        if inputs.training is None:
            raise ValueError(
                "this challenge has no training days: expected a trained model. Train one on other data, save it with "
                "model.save('name.xdvn') and pass SavedModel('name.xdvn')."
            )
        settings = Training(epochs=self.epochs, seed=self.seed)
        validation = 0 if inputs.validation is None else inputs.validation
        return fit_from_oi(
            inputs.training, "ssh_obs", "ssh", inputs.interpolation, validation=validation, training=settings
        )


@dataclass(frozen=True)
class SavedModel(AbstractMethod):
    """A model from a file of ``Model.save``; it must map ``ssh`` from ``ssh_obs``.

    Parameters
    ----------
    path : Path
        Model file.
    """

    path: Path

    def title(self, inputs: ChallengeInputs) -> str:
        """Return the name of the file."""
        return self.path.name

    def make(self, inputs: ChallengeInputs) -> AbstractMapper:
        """Load the model."""
        return load(self.path)


@dataclass(frozen=True)
class MapsFromFile(AbstractMethod):
    """Maps in a NetCDF file.

    Parameters
    ----------
    path : Path
        NetCDF file.
    variable : str, optional
        Name of the sea surface height. If None, identified from names and attributes.
    """

    path: Path
    variable: str | None = None

    def title(self, inputs: ChallengeInputs) -> str:
        """Return the name of the file."""
        return self.path.name

    def make(self, inputs: ChallengeInputs) -> AbstractMapper:
        """Return a mapper that returns the maps of the file."""
        return PrecomputedMaps(self.path, self.variable)


@dataclass(frozen=True)
class PrecomputedMaps(AbstractMapper):
    """A mapper that returns the maps of a file and ignores its input.

    Parameters
    ----------
    path : Path
        NetCDF file of maps on (time, lat, lon).
    variable : str, optional
        As in ``MapsFromFile``.
    """

    path: Path
    variable: str | None = None

    def reconstruct(self, ds: xr.Dataset, *, progress: bool = True) -> xr.Dataset:
        """Return the maps of the file as ``ssh``; ``ds`` and ``progress`` have no effect.

        Raises
        ------
        FileNotFoundError
            The file does not exist.
        ValueError
            It contains no sea surface height, or several and ``variable`` is None.
        """
        named = self.variable is not None
        maps = read_challenge_maps(self.path, {str(self.variable): "ssh"}) if named else read(self.path)
        names = [name for name in ("ssh", "adt") if name in maps] or [str(n) for n in maps.data_vars if n != "sla"]
        if len(names) != 1 or "lat" not in maps.dims:
            raise ValueError(
                f"{self.path.name} contains {', '.join(map(str, maps.data_vars))} on {tuple(map(str, maps.dims))}: "
                "expected one sea surface height (not an anomaly) on (time, lat, lon). Name it with --variable."
            )
        return maps[names].rename({names[0]: "ssh"})
