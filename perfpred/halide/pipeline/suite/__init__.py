"""The suite: pipelines that are worth scheduling well. One file each, and one record here.

A pipeline's file holds ``NAME(width, height)``, which builds it afresh and returns
``(output, inputs, output_extents)``, and ``reference(*examples)``, the same in NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

from perfpred.registry import Registry


@dataclass(frozen=True)
class Record:
    """A pipeline of the suite.

    Parameters
    ----------
    name : str
        Also the name of its file and of its function.
    what : str
        One line.
    default_size : (int, int)
        Width and height.
    sizes : tuple of (int, int)
        Sizes worth measuring, the default among them.
    """

    name: str
    what: str
    default_size: tuple[int, int]
    sizes: tuple[tuple[int, int], ...]


IMAGES = ((1536, 1024), (640, 480), (1024, 1024), (1920, 1080), (2560, 1600), (4096, 4096))
SQUARES = ((768, 768), (256, 256), (384, 640), (512, 512), (1024, 1024), (1280, 960))
LAYERS = ((96, 96), (32, 32), (56, 56), (64, 48), (112, 112), (128, 160))

PIPELINES: Registry[Record] = Registry(
    "pipeline",
    (
        Record("blur", "3x3 box blur in two passes, float32", IMAGES[0], IMAGES),
        Record("unsharp", "sharpening by an unsharp mask, RGB float32", IMAGES[0], IMAGES),
        Record("harris", "Harris corner response of an RGB image, float32", IMAGES[0], IMAGES),
        Record(
            "bilateral_grid", "edge-preserving blur through a grid of histograms, float32", IMAGES[0], IMAGES
        ),
        Record(
            "matmul", "product of a (height, width) matrix and a square one, float32", SQUARES[0], SQUARES
        ),
        Record(
            "conv_layer",
            "3x3 convolution of 32 into 32 channels, bias and ReLU, NCHW float32",
            LAYERS[0],
            LAYERS,
        ),
        Record(
            "depthwise",
            "depthwise separable convolution of 32 into 32 channels, NCHW float32",
            LAYERS[0],
            LAYERS,
        ),
        Record("stencil_chain", "eight 5x5 integer stencils in a row, uint16", IMAGES[0], IMAGES),
        Record(
            "max_filter",
            "largest value within 13x13, in two passes of doubling windows, float32",
            IMAGES[0],
            IMAGES,
        ),
        Record("interpolate", "multi-scale interpolation of RGBA by alpha, float32", IMAGES[0], IMAGES),
        Record("local_laplacian", "local Laplacian tone mapping, 4 levels, RGB uint16", IMAGES[0], IMAGES),
        Record("iir_blur", "recursive blur along both axes, float32", IMAGES[0], IMAGES),
    ),
)


def pipeline(name: str) -> Record:
    """Return the record of a pipeline; raises `UnknownNameError` with the nearest name."""
    return PIPELINES.named(name)
