"""Real files into tidy Datasets: one form for every product, whatever its names, directions, packing and masks.

``read(path)`` recognises what a file is and says so; the functions for each kind have its options. Maps come on
(time, lat, lon), tracks on ``point``, swaths on (num_lines, num_pixels), model output on (time, y, x); missing is NaN,
coordinates and variables have CF attributes. Go on with ``ds.dvn``, or with ``xdvn.osse.grid_points`` and
``grid_stream``.
"""

from xdvn.readers.along_track import read_along_track_l3, read_along_track_text, read_simulated_track
from xdvn.readers.colour import read_chlorophyll
from xdvn.readers.maps import read_challenge_maps, read_sea_level_maps
from xdvn.readers.nemo import read_nemo
from xdvn.readers.orbit import read_ephemeris, read_ground_track
from xdvn.readers.recognition import KINDS, Kind, read, recognise
from xdvn.readers.regular import read_grid, tidy_grid
from xdvn.readers.swath import as_points, read_simulated_swath, read_swot_l3
from xdvn.readers.temperature import read_sst

__all__ = [
    "KINDS",
    "Kind",
    "as_points",
    "read",
    "read_along_track_l3",
    "read_along_track_text",
    "read_challenge_maps",
    "read_chlorophyll",
    "read_ephemeris",
    "read_grid",
    "read_ground_track",
    "read_nemo",
    "read_sea_level_maps",
    "read_simulated_swath",
    "read_simulated_track",
    "read_sst",
    "read_swot_l3",
    "recognise",
    "tidy_grid",
]
