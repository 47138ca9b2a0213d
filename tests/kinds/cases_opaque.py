"""What an importer could not read."""

from archcalc.layers.opaque import Opaque
from archcalc.tensor import Tensor
from tests.kinds.case import Case

image = Tensor.of(6, 7, 10)

CASES = [
    Case(Opaque(shape=(8, 7, 5)), (image,), out=(8, 7, 5)),
    Case(Opaque(shape=(10,), parameters=((10, 6), (10,)), buffer_shapes=((4,),)), (image, image), out=(10,),
         params=10 * 6 + 10, buffers=4),
]
