"""Dense priors: their formulas in NumPy, and an error for another size."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.priors import DenseBilinearPrior, MLPPrior


def state():
    return np.random.default_rng(0).normal(size=(3, 2, 4)).astype(np.float32)


def affine(layer, x):
    return x @ np.asarray(layer.weight) + np.asarray(layer.bias)


def test_dense_bilinear_prior_is_a_decoded_product():
    prior = DenseBilinearPrior(24, hidden=7, key=jax.random.key(0))
    flat = state().ravel()
    product = np.maximum(affine(prior.left, flat), 0) * np.tanh(affine(prior.right, flat))
    assert np.allclose(prior(jnp.asarray(state())), affine(prior.decode, product).reshape(3, 2, 4), atol=1e-6)


def test_the_rank_of_the_mlp_prior_is_its_number_of_latent_features():
    prior = MLPPrior(24, hidden=9, latent=2, key=jax.random.key(0))
    first, second = prior.encode
    third, fourth = prior.decode
    z = affine(second, np.maximum(affine(first, state().ravel()), 0))
    expected = affine(fourth, np.maximum(affine(third, z), 0)).reshape(3, 2, 4)
    assert np.allclose(prior(jnp.asarray(state())), expected, atol=1e-6)
    jacobian = jax.jacobian(prior)(jnp.asarray(state())).reshape(24, 24)
    assert np.linalg.matrix_rank(jacobian, tol=1e-5) == z.size


@pytest.mark.parametrize("prior", [DenseBilinearPrior(24, key=jax.random.key(0)), MLPPrior(24, key=jax.random.key(0))])
def test_another_size_is_refused(prior):
    with pytest.raises(ValueError, match=r"input of 25 values: expected 24\. Build the network with size"):
        prior(jnp.ones((5, 5)))
