"""From a Dataset to maps: check, encode, cut into windows, solve, merge, decode, label.

A field in memory is a field of one block; a dask-backed field is many. Both take the same path.
"""
