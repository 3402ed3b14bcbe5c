"""Gradient modulators Phi: maps from the gradient of J to the step of the solver, learned or the identity."""

from xdvn.core.modulators.abstract import AbstractGradientModulator as AbstractGradientModulator
from xdvn.core.modulators.abstract import IdentityModulator as IdentityModulator
from xdvn.core.modulators.attention import AttentionModulator as AttentionModulator
from xdvn.core.modulators.conv_lstm import ConvLSTMModulator as ConvLSTMModulator
from xdvn.core.modulators.mlp import MLPModulator as MLPModulator
