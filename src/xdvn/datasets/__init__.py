"""Data by name: simulated twin experiments, and real files downloaded once and checked.

``eddies()`` needs no network. ``fetch()`` returns the path of a registered file, which ``xdvn.readers`` opens;
``list_files()`` lists name, size, licence and description.
"""

from xdvn.datasets.catalogue import Catalogue, list_files
from xdvn.datasets.fetching import fetch
from xdvn.datasets.registry import Entry
from xdvn.datasets.twins import eddies, eddies_tracks

__all__ = ["Catalogue", "Entry", "eddies", "eddies_tracks", "fetch", "list_files"]
