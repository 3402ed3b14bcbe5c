"""Mathematics in JAX of one normalised sample "*space channel", without a batch axis, names or xarray.

``observations``, ``priors`` and ``cost`` define the variational problem; ``modulators``, ``solvers`` and ``adjoints``
solve it and differentiate the solution; ``networks`` combine them; ``losses`` and ``training`` train the parameters;
``layers`` holds the building blocks.
"""
