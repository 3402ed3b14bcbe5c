"""The mathematics: one normalised sample of shape "*space channel", no batch axis, no xarray.

Reading order is dependency order: ``convolution``, ``dense`` and ``resampling`` compute; ``points``,
``observations``, ``priors`` and ``cost`` state the variational problem; ``modulators``, ``solvers`` and ``adjoints``
descend it and differentiate the descent; ``fourdvarnet`` puts them together; ``losses`` and ``training`` learn its
parameters.
"""
