"""Labels: everything that knows about names, units, coordinates and windows, and nothing that computes gradients.

The border between a user's ``xarray.Dataset`` and the arrays of ``xdvn.core``: which dimension is which
(``axes``), how numbers become comparable (``mean``, ``land``, ``normalise``), what is known besides (``points`` along
tracks, ``covariates``), how a field is cut into windows and put together again (``patches``) and what a trained model
expects of a Dataset (``spec``).
"""
