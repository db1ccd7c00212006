"""What a compiled pipeline is called with: layouts, types, and guards around what is written."""

import numpy as np
import pytest

from perfpred.halide.measure.checking.operands import Area, Operands

DENSE = [[0, 4, 1], [0, 3, 4]]


@pytest.mark.parametrize(
    "dims",
    [DENSE, [[-1, 4, 3], [5, 3, 12], [0, 3, 1]], [[0, 4, 1], [0, 3, 9]], [], [[0, 4, -1], [0, 3, 4]]],
    ids=["dense", "interleaved", "padded rows", "no dimension", "backwards"],
)
@pytest.mark.parametrize("kind", ["bool", "uint8", "float16", "int32", "float64"])
def test_a_write_outside_an_output_is_found(dims, kind):
    area = Area(kind, dims)
    assert area.array.shape == tuple(extent for _, extent, _ in dims)[::-1]
    assert area.array.dtype == kind
    assert area.buffer.type_bits == (1 if kind == "bool" else area.array.itemsize * 8)
    area.array[...] = 1
    assert (area.array == 1).all() and not area.is_overrun()
    for byte in (-4096, -1, area._bytes.size - 8192):
        area.poison()
        area._bytes[4096 + byte] = 1
        assert area.is_overrun(), byte
    area.poison()
    assert not area.is_overrun()


def test_rows_with_room_between_them_are_guarded_there():
    area = Area("uint8", [[0, 4, 1], [0, 3, 9]])
    area._bytes[4096 + 4] = 0
    assert area.is_overrun()


def test_operands_of_a_pipeline(tmp_path):
    np.save(tmp_path / "input0.npy", np.arange(12, dtype=np.uint8).reshape(3, 4))
    image = {"kind": "image", "file": "input0.npy", "type": "uint8", "dims": [[-1, 4, 2], [7, 3, 8]]}
    scalar = {"kind": "scalar", "type": "float16", "value": 0.5}
    outputs = [{"type": "int32", "dims": []}, {"type": "bool", "dims": DENSE}]
    made = Operands({"folder": str(tmp_path), "arguments": [image, scalar], "outputs": outputs})
    assert len(made.pointers) == 4 and made.inputs[0][2, 3] == 11 and made.inputs[0].strides == (8, 2)
    made.poison()
    made.outputs[0][...] = 3
    made.outputs[1][...] = True
    assert made.outputs[0].shape == () and made.overrun() is None
    made._areas[1]._bytes[0] = 0
    assert made.overrun() == "writes outside the bounds of output 1"
