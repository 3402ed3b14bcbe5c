"""Data to start with: a twin experiment made on the spot, and real files fetched by name, checked and kept.

``eddies()`` needs no network. ``fetch()`` downloads a file of ``data_registry.txt`` once, checks its hash and returns
its path; ``available()`` prints what there is: size, licence, what it is for, whether it is already here. Open what was
fetched with ``xdvn.readers``. Pooch: doi:10.21105/joss.01943.
"""

from xdvn.datasets.catalogue import Catalogue, available
from xdvn.datasets.fetching import fetch
from xdvn.datasets.registry import Entry
from xdvn.datasets.twins import eddies, eddies_tracks

__all__ = ["Catalogue", "Entry", "available", "eddies", "eddies_tracks", "fetch"]
