"""Finds the polynomials of HeatMap.swift: a path through OKLCh whose lightness rises evenly, fitted per channel.

Prints the coefficients (constant first) and the largest error of the fit. Needs numpy.
"""

import numpy as np


def srgb_from_oklch(lightness, chroma, hue):
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        axis=-1,
    )
    limited = np.clip(linear, 0, None)
    encoded = np.where(limited <= 0.0031308, 12.92 * limited, 1.055 * limited ** (1 / 2.4) - 0.055)
    return encoded, linear


def largest_chroma(lightness, hue):
    """The most colourful point of the sRGB gamut at this lightness and hue."""
    low, high = 0.0, 0.4
    for _ in range(40):
        middle = (low + high) / 2
        _, linear = srgb_from_oklch(np.float64(lightness), middle, hue)
        low, high = (middle, high) if linear.min() >= 0 and linear.max() <= 1 else (low, middle)
    return low


def path(t):
    lightness = 0.20 + 0.74 * t
    # Blue-violet through red to yellow, the long way round past magenta.
    hue = np.deg2rad(np.interp(t, [0, 0.3, 0.6, 0.8, 1], [285, 335, 388, 420, 462]))
    chroma = 0.92 * np.array([largest_chroma(l, h) for l, h in zip(lightness, hue)])
    # Corners of the gamut would be corners of the curve.
    kernel = np.hanning(81)
    padded = np.pad(chroma, 40, mode="edge")
    chroma = np.minimum(np.convolve(padded, kernel / kernel.sum(), mode="valid"), chroma / 0.92)
    return srgb_from_oklch(lightness, chroma, hue)[0]


t = np.linspace(0, 1, 513)
colors = np.clip(path(t), 0, 1)
powers = np.vander(t, 7, increasing=True)
coefficients, *_ = np.linalg.lstsq(powers, colors, rcond=None)
fitted = np.clip(powers @ coefficients, 0, 1)
for name, column in zip(("red", "green", "blue"), coefficients.T):
    print(name, ", ".join(f"{value:.4f}" for value in column))
print("largest error", np.abs(fitted - colors).max())
luma = fitted ** 2.2 @ np.array([0.2126, 0.7152, 0.0722])
print("smallest step of luminance", np.diff(luma).min(), "from", luma[0], "to", luma[-1])
