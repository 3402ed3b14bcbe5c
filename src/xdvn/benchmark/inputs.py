"""Inputs of a method in a challenge: observations, training days and mean field.

Methods receive neither the truth of the scored days nor the withheld track.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import xarray as xr

from xdvn.baselines import OptimalInterpolation
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.osse import Split

__all__ = ["ChallengeInputs"]


@dataclass(frozen=True, eq=False)
class ChallengeInputs:
    """Inputs of every method: the observed variable is ``ssh_obs``, the complete one ``ssh``.

    Parameters
    ----------
    observed : xr.Dataset
        All observations for the mapping of the scored days: ``ssh_obs`` [m] on (time, lat, lon), with its offsets if
        available.
    mean : MeanField
        Mean field of all methods [m].
    training : xr.Dataset, optional
        Training and validation days, ``ssh_obs`` and ``ssh``. None if the challenge has none.
    validation : slice, optional
        Labels of the validation days, the last days of ``training``.
    """

    observed: xr.Dataset
    mean: MeanField
    training: xr.Dataset | None = None
    validation: slice | None = None

    @classmethod
    def of_split(cls, ds: xr.Dataset, split: Split) -> ChallengeInputs:
        """Split a Dataset of ``ssh_obs`` and ``ssh`` by days; the mean is that of the training days.

        Raises
        ------
        ValueError
            The Dataset has fewer days than the split.
        """
        if ds.sizes["time"] < split.days:
            raise ValueError(f"the data have {ds.sizes['time']} days: expected {split.days}. Pass the complete data.")
        training = ds.isel(time=slice(split.train.start, split.validation.stop))
        validation = slice(*(ds["time"].values[i] for i in (split.validation.start, split.validation.stop - 1)))
        mean = MeanField.from_data(ds["ssh"].isel(time=split.train), find_axes(ds["ssh"]))
        return cls(ds.isel(time=split.observations).drop_vars("ssh"), mean, training, validation)

    @property
    def learning(self) -> xr.Dataset | None:
        """Training days without validation days."""
        if self.training is None or self.validation is None:
            return self.training
        return self.training.sel(time=self.training["time"] < self.validation.start)

    @cached_property
    def interpolation(self) -> OptimalInterpolation:
        """Optimal interpolation, tuned on the training days; without any, with the scales of the challenge."""
        if self.learning is None:
            return OptimalInterpolation("ssh_obs", name="ssh", mean=self.mean)
        return OptimalInterpolation.tune(self.learning, "ssh_obs", "ssh", mean=self.mean)
