"""Layers of networks: convolutions, dense layers, U-Nets, resampling and initial weights.

Only ``convolution`` has several implementations, in ``_conv``, which the platform selects.
"""

from xdvn.core.layers.convolution import Convolution, Padding
from xdvn.core.layers.dense import Dense
from xdvn.core.layers.unet import UNet

__all__ = ["Convolution", "Dense", "Padding", "UNet"]
