"""What merging layers refuse, and the repair that they propose."""

import pytest

from archcalc.errors import RuleError
from archcalc.layers.merge import Add, Concat, Matmul, Multiply
from archcalc.tensor import Tensor
from tests.kinds.refusal import image, last, messages, no_channel, tokens, vector

test_message = messages([
    (Add(), (image, vector), None, "cannot add 6×8×8 and 6: different numbers of axes"),
    (Add(), (image, last), None,
     "cannot add 6×8×8 and 8×8×6, which are channel×space×space and space×space×channel: permute one"),
    (Add(), (Tensor.of(64, 56, 56), Tensor.of(256, 56, 56)), None, "cannot add 64×56×56 and 256×56×56: "
     "a 1×1 convolution with 256 filters on the 64×56×56 would fit"),
    (Add(), (Tensor.of(256, 28, 28), Tensor.of(64, 28, 28)), None,
     "a 1×1 convolution with 256 filters on the 64×28×28 would fit"),
    (Add(), (Tensor.of(64, 56, 56), Tensor.of(128, 28, 28)), None,
     "a 1×1 convolution with 128 filters and a stride of 2 on the 64×56×56 would fit"),
    (Add(), (Tensor.of(64, 28, 28), Tensor.of(128, 55, 55)), None,
     "a 1×1 convolution with 64 filters and a stride of 2 on the 128×55×55 would fit"),
    (Add(), (Tensor.of(6, 55, 55), Tensor.of(6, 27, 27)), None,
     "cannot add 6×55×55 and 6×27×27: a crop of 55 to 27 on the 6×55×55 would fit, or upsampling"),
    (Add(), (Tensor.of(6, 14, 14), Tensor.of(6, 7, 7)), None, "a stride of 2 on the 6×14×14 would fit, or upsampling"),
    (Add(), (Tensor.of(1, 14, 14), Tensor.of(6, 7, 7)), None, "a stride of 2 on the 1×14×14 would fit, or upsampling"),
    (Add(), (tokens, Tensor.of(4, 9, axes=tokens.axes)), None, "a linear layer with 9 features on the 4×6 would fit"),
    (Add(), (tokens, Tensor.of(5, 6, axes=tokens.axes)), None, "cannot add 4×6 and 5×6: reshape one of them"),
    (Add(), (image, image, Tensor.of(6, 4, 8)), None, "cannot add 6×8×8 and 6×4×8: a stride of 2 on the 6×8×8"),
    (Multiply(), (image, Tensor.of(3, 1, 1)), None,
     "cannot multiply 6×8×8 and 3×1×1: a 1×1 convolution with 6 filters on the 3×1×1 would fit"),
    (Matmul(), (tokens, vector), None, "cannot multiply 4×6 by 6: needs equal numbers of axes, at least 2"),
    (Matmul(), (vector, vector), None, "needs equal numbers of axes, at least 2"),
    (Matmul(), (tokens, tokens), None,
     "cannot multiply 4×6 by 4×6: 6 columns, but 4 rows; `transpose: true` takes the second as …×n×k"),
    (Matmul(transpose=True), (tokens, no_channel), None, "cannot multiply 4×6 by 4×5: 6 columns, but 5 rows"),
    (Matmul(), (Tensor.of(2, 3, 4), Tensor.of(3, 4, 5)), None,
     "cannot multiply 2×3×4 by 3×4×5: leading axes of 2 and 3"),
    (Concat(), (image, vector), None, "cannot concatenate 6×8×8 and 6: different numbers of axes"),
    (Concat(), (image, last), None,
     "cannot concatenate 6×8×8 and 8×8×6, which are channel×space×space and space×space×channel: permute one"),
    (Concat(), (image, Tensor.of(3, 8, 7)), None,
     "cannot concatenate 6×8×8 and 3×8×7 along axis 0: axis 2 (space) differs, 8 and 7"),
    (Concat(axis=3), (image, image), "axis", "axis 3 does not exist in 6×8×8"),
])


def test_message_without_numbers() -> None:
    import sympy

    n = sympy.Symbol("n", integer=True, positive=True)
    with pytest.raises(RuleError, match="cannot add 6×n×n and 5×n×n: make them equal"):
        Add().out(Tensor.of(6, n, n), Tensor.of(5, n, n))
