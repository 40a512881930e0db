"""Codes integers with `aivc.rans`: Gaussians of given parameters, and tables of one's own.

    python entropy_coder.py --symbols 1000000
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from aivc import rans


def gaussians(count: int) -> None:
    """Latents of a codec with a mean-scale hyperprior: a mean and a scale for each."""
    rng = np.random.default_rng(1)
    # Parameters that come from a network are quantized, so that every machine has the same.
    means = np.round(rng.normal(0, 5, count) * 8) / 8
    scales = rans.scale_grid()[rng.integers(0, 40, count)]
    latents = np.round(rng.normal(means, scales)).astype(np.int32)

    begun = time.perf_counter()
    data = rans.encode_gaussian(latents, scales, means)
    encoded = time.perf_counter()
    decoded = rans.decode_gaussian(data, scales, means)
    done = time.perf_counter()
    assert np.array_equal(decoded, latents)
    print(
        f"Gaussians: {8 * len(data) / count:.3f} bits a symbol, "
        f"encoding {count / (encoded - begun) / 1e6:.0f} and "
        f"decoding {count / (done - encoded) / 1e6:.0f} million symbols/s"
    )


def tables(count: int) -> None:
    """A table a channel, from counts of what was seen, as for a factorized prior."""
    rng = np.random.default_rng(2)
    channels = 8
    spread = np.arange(1, channels + 1).reshape(-1, 1)
    symbols = np.round(rng.laplace(0, spread, (channels, count // channels))).astype(np.int32)
    low = symbols.min(axis=1)
    counts = [np.bincount(row - first) for row, first in zip(symbols, low)]
    prior = rans.Tables.from_weights(counts, low)

    indices = np.broadcast_to(np.arange(channels).reshape(-1, 1), symbols.shape)
    encoder = rans.Encoder()
    encoder.encode_bits(channels, 8)
    begun = time.perf_counter()
    encoder.encode(symbols, indices, prior)
    data = encoder.finish()
    encoded = time.perf_counter()
    decoder = rans.Decoder(data)
    assert decoder.decode_bits(8) == channels
    assert np.array_equal(decoder.decode(indices, prior), symbols)
    decoder.finish()
    done = time.perf_counter()
    print(
        f"tables: {8 * len(data) / symbols.size:.3f} bits a symbol, "
        f"{prior.cost_bits(symbols, indices) / symbols.size:.3f} ideally, "
        f"encoding {symbols.size / (encoded - begun) / 1e6:.0f} and "
        f"decoding {symbols.size / (done - encoded) / 1e6:.0f} million symbols/s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=1_000_000)
    arguments = parser.parse_args()
    gaussians(arguments.symbols)
    tables(arguments.symbols)


if __name__ == "__main__":
    main()
