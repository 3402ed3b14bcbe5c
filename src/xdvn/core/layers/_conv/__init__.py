"""Implementations of a convolution: matrix products and Winograd tiles for CPUs, and the convolution of XLA."""
