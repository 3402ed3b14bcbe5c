"""Readers of data products: every file becomes a Dataset with CF names and units, and ascending axes.

``read(path)`` identifies the format of a file; the reader of each format has further options. Maps are on
(time, lat, lon), tracks on ``point``, swaths on (num_lines, num_pixels), model output on (time, y, x); missing values
are NaN. To grid points, use ``xdvn.tracks.bin_points`` or ``bin_files``.
"""

from xdvn.readers.along_track import read_along_track_l3, read_along_track_text, read_simulated_track
from xdvn.readers.colour import read_chlorophyll
from xdvn.readers.maps import read_challenge_maps, read_sea_level_maps
from xdvn.readers.nemo import read_nemo
from xdvn.readers.orbit import read_ephemeris, read_ground_track
from xdvn.readers.positions import read_curvilinear, read_track
from xdvn.readers.recognition import FORMATS, FileFormat, identify_format, read
from xdvn.readers.regular import read_grid, standardise_grid
from xdvn.readers.swath import read_simulated_swath, read_swot_l3, to_points
from xdvn.readers.temperature import read_sst

__all__ = [
    "FORMATS",
    "FileFormat",
    "identify_format",
    "read",
    "read_along_track_l3",
    "read_along_track_text",
    "read_challenge_maps",
    "read_chlorophyll",
    "read_curvilinear",
    "read_ephemeris",
    "read_grid",
    "read_ground_track",
    "read_nemo",
    "read_sea_level_maps",
    "read_simulated_swath",
    "read_simulated_track",
    "read_sst",
    "read_swot_l3",
    "read_track",
    "standardise_grid",
    "to_points",
]
