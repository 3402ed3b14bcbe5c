"""Evaluation of maps in a challenge: against a complete truth on its grid, or against an independent track.

The scores are those of ``xdvn.metrics``; this module selects days and cells and interpolates maps to the truth's grid.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field

import xarray as xr

from xdvn.benchmark.regridding import fill_gaps, regrid
from xdvn.metrics import TrackSegments, along_track_scores, gridded_scores

__all__ = ["AbstractEvaluation", "AlongTrackEvaluation", "GriddedEvaluation"]


class AbstractEvaluation(abc.ABC):
    """Interface of the evaluation of maps."""

    @property
    @abc.abstractmethod
    def columns(self) -> dict[str, str]:
        """Scores in the table and their formats, such as ``{"lambda_x [km]": ".0f"}``."""

    @property
    @abc.abstractmethod
    def about(self) -> str:
        """Reference data, period and region of the evaluation."""

    @abc.abstractmethod
    def score(self, maps: xr.DataArray) -> xr.Dataset:
        """Score maps (time, lat, lon) [m] on any grid that covers the scored days and region."""


@dataclass(frozen=True, eq=False)
class GriddedEvaluation(AbstractEvaluation):
    """Evaluation of the data challenge 2020a: all scored days and cells, on the truth's grid.

    Parameters
    ----------
    truth : xr.DataArray
        Truth of the scored days and box, (time, lat, lon) [m].
    mean : xr.DataArray
        Mean field on the truth's grid [m], for the anomaly score.
    """

    truth: xr.DataArray
    mean: xr.DataArray

    @property
    def columns(self) -> dict[str, str]:
        """mu, sigma, lambda_x, lambda_t as in the challenge, and mu_anomaly."""
        return {"mu": ".3f", "sigma": ".3f", "lambda_x [deg]": ".2f", "lambda_t [d]": ".1f", "mu_anomaly": ".3f"}

    @property
    def about(self) -> str:
        """Days, box and grid."""
        time, lat, lon = (self.truth[d].values for d in ("time", "lat", "lon"))
        return (
            f"the truth on {time.size} days from {time[0]!s:.10} to {time[-1]!s:.10}, {lat[0]:g} to {lat[-1]:g} N, "
            f"{lon[0]:g} to {lon[-1]:g} E, on its grid of {lat.size} x {lon.size} cells (steps of "
            f"{(lat[-1] - lat[0]) / (lat.size - 1):.4g} and {(lon[-1] - lon[0]) / (lon.size - 1):.4g} degrees); "
            "maps on other grids are interpolated to it trilinearly"
        )

    def score(self, maps: xr.DataArray) -> xr.Dataset:
        """Score maps; the attribute ``filled`` is the fraction of the truth's cells without a value in the maps.

        Raises
        ------
        ValueError
            The maps do not cover the scored days, or more than a tenth of the truth's cells have no value.
        """
        regridded = regrid(maps, self.truth)
        scored = self.truth.notnull()
        share = float((regridded.isnull() & scored).sum() / scored.sum())
        if share > 0.1:
            raise ValueError(
                f"the maps have no value in {share:.0%} of the truth's cells: expected at most 10%, which are filled. "
                "Pass complete maps of the whole box."
            )
        complete = fill_gaps(regridded) if share > 0 else regridded
        scores = gridded_scores(complete.assign_attrs(maps.attrs), self.truth, mean=self.mean)
        return scores.assign_attrs(filled=share)


@dataclass(frozen=True, eq=False)
class AlongTrackEvaluation(AbstractEvaluation):
    """Evaluation of the data challenge 2021a: along the track of a withheld altimeter.

    Parameters
    ----------
    track : xr.DataArray
        Heights of the altimeter on the scored days [m], with time, lat and lon on one dimension.
    box : mapping
        Scored region.
    segments : TrackSegments
        Division of the track into segments for spectra.
    """

    track: xr.DataArray
    box: Mapping[str, slice]
    segments: TrackSegments = field(default_factory=TrackSegments)

    @property
    def columns(self) -> dict[str, str]:
        """mu, sigma and lambda_x as in the challenge."""
        return {"mu": ".3f", "sigma": ".3f", "lambda_x [km]": ".0f"}

    @property
    def about(self) -> str:
        """Altimeter, days and box."""
        time, (lat, lon) = self.track["time"].values, (self.box[d] for d in ("lat", "lon"))
        names = ", ".join(sorted(set(map(str, self.track["mission"].values)))) if "mission" in self.track.coords else ""
        return (
            f"the withheld track of {names or 'an altimeter'} from {time.min()!s:.10} to {time.max()!s:.10}, "
            f"{lat.start:g} to {lat.stop:g} N, {lon.start:g} to {lon.stop:g} E without a margin of 0.25 degrees; maps "
            "are interpolated to it trilinearly"
        )

    def score(self, maps: xr.DataArray) -> xr.Dataset:
        """Score maps; attributes of the scores contain the number of points."""
        return along_track_scores(maps, self.track, box=self.box, segments=self.segments)
