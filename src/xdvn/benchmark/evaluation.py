"""How a challenge judges maps: against a complete truth on its grid, or against a track that no method has seen.

The scores are those of ``xdvn.metrics``, whose definitions are the challenges'; here is what comes before them:
which days and cells, and maps on another grid brought to the truth's.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field

import xarray as xr

from xdvn.benchmark.regridding import onto_grid
from xdvn.grid.filling import fill_gaps
from xdvn.metrics import TrackSegments, along_track_scores, gridded_scores

__all__ = ["AbstractEvaluation", "AgainstTrack", "AgainstTruth"]


class AbstractEvaluation(abc.ABC):
    """A referee: maps in, scores out."""

    @property
    @abc.abstractmethod
    def columns(self) -> dict[str, str]:
        """The scores in the challenge's table: how each is written, such as ``{"lambda_x [km]": ".0f"}``."""

    @property
    @abc.abstractmethod
    def about(self) -> str:
        """Against what, when and where is scored, in a sentence."""

    @abc.abstractmethod
    def score(self, maps: xr.DataArray) -> xr.Dataset:
        """Score maps on (time, lat, lon) [m], on any grid that covers what is scored."""


@dataclass(frozen=True, eq=False)
class AgainstTruth(AbstractEvaluation):
    """The data challenge 2020a: all scored days and cells, on the truth's own grid.

    Parameters
    ----------
    truth : xr.DataArray
        The scored days and box, (time, lat, lon) [m].
    mean : xr.DataArray
        Mean field on the truth's grid [m], for the anomaly score.
    """

    truth: xr.DataArray
    mean: xr.DataArray

    @property
    def columns(self) -> dict[str, str]:
        """mu, sigma, lambda_x, lambda_t as in the challenge, and anomaly."""
        return {"mu": ".3f", "sigma": ".3f", "lambda_x [deg]": ".2f", "lambda_t [d]": ".1f", "anomaly": ".3f"}

    @property
    def about(self) -> str:
        """Days, box and grid."""
        time, lat, lon = (self.truth[d].values for d in ("time", "lat", "lon"))
        return (
            f"the truth on {time.size} days from {time[0]!s:.10} to {time[-1]!s:.10}, {lat[0]:g} to {lat[-1]:g} N, "
            f"{lon[0]:g} to {lon[-1]:g} E, on its grid of {lat.size} x {lon.size} cells (steps of "
            f"{(lat[-1] - lat[0]) / (lat.size - 1):.4g} and {(lon[-1] - lon[0]) / (lon.size - 1):.4g} degrees); "
            "maps on other grids are brought to it trilinearly"
        )

    def score(self, maps: xr.DataArray) -> xr.Dataset:
        """Score maps; the attribute ``filled`` is the share of cells that the maps left open.

        Raises
        ------
        ValueError
            If the maps do not cover the scored days, or leave more than a tenth of the truth's cells open.
        """
        placed = onto_grid(maps, self.truth)
        known = self.truth.notnull()
        share = float((placed.isnull() & known).sum() / known.sum())
        if share > 0.1:
            raise ValueError(
                f"the maps leave {share:.0%} of the truth's cells open; the challenge fills a margin, up to a tenth is "
                "filled here: give complete maps of the whole box"
            )
        whole = fill_gaps(placed) if share > 0 else placed
        scores = gridded_scores(whole.assign_attrs(maps.attrs), self.truth, mean=self.mean)
        return scores.assign_attrs(filled=share)


@dataclass(frozen=True, eq=False)
class AgainstTrack(AbstractEvaluation):
    """The data challenge 2021a: an altimeter that was held out, point by point.

    Parameters
    ----------
    track : xr.DataArray
        Its heights on the scored days [m], with time, lat and lon on one dimension.
    box : mapping
        Where to score.
    segments : TrackSegments
        How spectra are taken.
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
            f"the track of {names or 'an altimeter'}, held out, from {time.min()!s:.10} to {time.max()!s:.10}, "
            f"{lat.start:g} to {lat.stop:g} N, {lon.start:g} to {lon.stop:g} E without a rim of 0.25 degrees, maps "
            "read trilinearly"
        )

    def score(self, maps: xr.DataArray) -> xr.Dataset:
        """Score maps; attributes count the points."""
        return along_track_scores(maps, self.track, box=self.box, segments=self.segments)
