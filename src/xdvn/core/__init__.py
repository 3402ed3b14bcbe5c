"""The mathematics in JAX, on one normalised sample of shape "*space channel": no batch axis, no names, no xarray.

``observations``, ``priors`` and ``cost`` define the variational problem; ``modulators``, ``solvers`` and ``adjoints``
solve it and differentiate the solution; ``networks`` combine them; ``losses`` and ``training`` learn the parameters;
``layers`` holds the building blocks.
"""
