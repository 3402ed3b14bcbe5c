"""Methods that can take up a challenge: each makes a mapper from what the challenge gives.

Add one by subclassing ``AbstractMethod``; ``method_of`` finds one for a word or a file of the command line.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from xdvn.baselines import Dineof, OptimalInterpolation
from xdvn.benchmark.setting import Setting
from xdvn.mapper import AbstractMapper
from xdvn.model import load
from xdvn.readers import read, read_challenge_maps
from xdvn.recipe import fit_from_interpolation

__all__ = [
    "AbstractMethod",
    "EmpiricalModes",
    "Interpolation",
    "MapsOfFile",
    "Network",
    "SavedMaps",
    "SavedModel",
    "TunedInterpolation",
]


class AbstractMethod(abc.ABC):
    """A maker of mappers, with a name for the table."""

    @abc.abstractmethod
    def title(self, setting: Setting) -> str:
        """Return what the table calls it."""

    @abc.abstractmethod
    def make(self, setting: Setting) -> AbstractMapper:
        """Return a mapper, trained or tuned on the challenge's own days."""


@dataclass(frozen=True)
class Interpolation(AbstractMethod):
    """Optimal interpolation exactly as the challenges' baseline: their scales, the full height, no mean."""

    def title(self, setting: Setting) -> str:
        """Return what the table calls it."""
        return "OI, the challenge's"

    def make(self, setting: Setting) -> AbstractMapper:
        """Return it."""
        return OptimalInterpolation("ssh_obs", name="ssh")


@dataclass(frozen=True)
class TunedInterpolation(AbstractMethod):
    """Optimal interpolation of departures from the mean, tuned where there are days to learn from."""

    def title(self, setting: Setting) -> str:
        """Say whether it is tuned."""
        return "OI, mean removed" if setting.training is None else "OI, mean removed, tuned"

    def make(self, setting: Setting) -> AbstractMapper:
        """Tune it."""
        return setting.interpolation


@dataclass(frozen=True)
class EmpiricalModes(AbstractMethod):
    """DINEOF of departures from the mean; its number of modes comes from the observations themselves."""

    def title(self, setting: Setting) -> str:
        """Return what the table calls it."""
        return "DINEOF, mean removed"

    def make(self, setting: Setting) -> AbstractMapper:
        """Return it."""
        return Dineof("ssh_obs", name="ssh", mean=setting.mean)


@dataclass(frozen=True)
class Network(AbstractMethod):
    """4DVarNet that starts from an interpolation with a longer memory (``xdvn.recipe``).

    Parameters
    ----------
    epochs, seed : int
        Of the training; 7 epochs of the twin are three minutes on two free cores.
    """

    epochs: int = 7
    seed: int = 0

    def title(self, setting: Setting) -> str:
        """Return what the table calls it."""
        return f"4DVarNet (xdvn), {self.epochs} epoch{'' if self.epochs == 1 else 's'}"

    def make(self, setting: Setting) -> AbstractMapper:
        """Train it.

        Raises
        ------
        ValueError
            If the challenge has no days to learn from.
        """
        if setting.training is None:
            raise ValueError(
                "this challenge has no days to learn from; train elsewhere, model.save('name.xdvn'), and give that "
                "file as the method"
            )
        return fit_from_interpolation(
            setting.training, "ssh_obs", "ssh", setting.interpolation,
            validation=0 if setting.validation is None else setting.validation, epochs=self.epochs, seed=self.seed,
        )  # fmt: skip


@dataclass(frozen=True)
class SavedModel(AbstractMethod):
    """A model that ``Model.save`` wrote; it must read ``ssh_obs`` and map ``ssh``.

    Parameters
    ----------
    path : Path
        The file.
    """

    path: Path

    def title(self, setting: Setting) -> str:
        """Return the name of the file."""
        return self.path.name

    def make(self, setting: Setting) -> AbstractMapper:
        """Load it."""
        return load(self.path)


@dataclass(frozen=True)
class MapsOfFile(AbstractMethod):
    """Anyone's maps in a NetCDF file, scored as they are.

    Parameters
    ----------
    path : Path
        The file.
    variable : str, optional
        Which variable holds the sea surface height, where that is not plain.
    """

    path: Path
    variable: str | None = None

    def title(self, setting: Setting) -> str:
        """Return the name of the file."""
        return self.path.name

    def make(self, setting: Setting) -> AbstractMapper:
        """Return a mapper that reads the file."""
        return SavedMaps(self.path, self.variable)


@dataclass(frozen=True)
class SavedMaps(AbstractMapper):
    """A mapper that looks at no observation: it returns the maps of a file.

    Parameters
    ----------
    path : Path
        A NetCDF file of maps on (time, lat, lon).
    variable : str, optional
        As in ``MapsOfFile``.
    """

    path: Path
    variable: str | None = None

    def reconstruct(self, ds: xr.Dataset) -> xr.Dataset:
        """Return the file's maps as ``ssh``, whatever ``ds`` holds.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it holds no maps of sea surface height, or several and none is named.
        """
        named = self.variable is not None
        maps = read_challenge_maps(self.path, {str(self.variable): "ssh"}) if named else read(self.path)
        found = [name for name in ("ssh", "adt") if name in maps] or [str(n) for n in maps.data_vars if n != "sla"]
        if len(found) != 1 or "lat" not in maps.dims:
            raise ValueError(
                f"{self.path.name} holds {', '.join(map(str, maps.data_vars))} on {tuple(map(str, maps.dims))}; "
                "expected maps of one sea surface height on (time, lat, lon), not of its anomaly: name it with "
                "--variable"
            )
        return maps[found].rename({found[0]: "ssh"})
