"""Along-track measurements on a grid: means in cells with mean positions, without duplicates.

``bin_points`` bins measurements in memory, ``bin_files`` those of files larger than memory.
"""

from xdvn.tracks.binning import bin_files, bin_points

__all__ = ["bin_files", "bin_points"]
