"""For each rule, layers with the finding's message, and layers without one; the arithmetic stands beside them."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """A rule, the layers of a spec (or a whole one), and the message of the first finding, None for none."""

    code: str
    layers: str
    message: str | None = None
    layer: str = ""


def _map(*dims: int) -> str:
    return f"input: [{', '.join(map(str, dims))}]\nlayers:\n"


CASES = (
    # 55 − 3 = 52 = 26·2; 54 − 3 = 51 = 25·2 + 1
    Case("AC101", _map(8, 55, 55) + "- a: {maxpool: 3, stride: 2}"),
    Case("AC101", _map(8, 54, 54) + "- a: {maxpool: 3, stride: 2}",
         "1 position of 54 along height and width is in no window: 54 + 0 − 3 leaves 1 when divided by the stride "
         "of 2"),
    # 224 + 6 − 7 = 223 = 111·2 + 1, but what is left over is padding
    Case("AC101", _map(3, 224, 224) + "- a: {conv: 8, kernel: 7, stride: 2, padding: 3}"),
    # 11 − 4 = 7 = 2·3 + 1 in height; 12 − 4 = 8 = 2·3 + 2 in width
    Case("AC101", _map(8, 11, 12) + "- a: {conv: 8, kernel: 4, stride: 3}",
         "1 position of 11 along height and 2 positions of 12 along width are in no window: 11 + 0 − 4 leaves 1 when "
         "divided by the stride of 3"),
    # what one branch leaves out, the other reads: its window of 4 holds the last position
    Case("AC101", _map(8, 6, 6) + "- a: {maxpool: 3, stride: 2}\n- b: {maxpool: 4, stride: 2, from: input}"),
    # 7 − 4 leaves nothing when divided by 3; a transposed convolution has no such windows
    Case("AC101", _map(8, 7, 7) + "- a: {conv: 8, kernel: 4, stride: 3}\n"
         "- b: {conv_transpose: 8, kernel: 3, stride: 2}"),

    # of 8 rows and 8 columns, 4 each are read: 16 of 64
    Case("AC102", _map(8, 8, 8) + "- a: {conv: 8, stride: 2}",
         "75% of 'input' is not read by the 1×1 windows with stride 2"),
    # 3 windows of 2 with stride 3 read 6 of 8 along each axis: 1 − 36/64 = 44 %
    Case("AC102", _map(8, 8, 8) + "- a: {conv: 8, kernel: 2, stride: 3}",
         "44% of 'input' is not read by the 2×2 windows with stride 3"),
    Case("AC102", _map(8, 8, 8) + "- a: {conv: 8, kernel: 2, stride: 2}"),
    # ResNet-34's shortcut skips, but its branch reads everything; ResNet-50's branch skips too
    Case("AC102", _map(8, 8, 8) + "- a: {conv: 8, stride: 2}\n"
         "- b: {conv: 8, kernel: 3, stride: 2, padding: 1, from: input}"),
    Case("AC102", _map(8, 8, 8) + "- a: {conv: 8, stride: 2}\n- b: {conv: 8, stride: 2, from: input}",
         "75% of 'input' is not read by the 1×1 windows with stride 2, nor by 'b'"),
    Case("AC102", _map(8, 8, 8) + "- a: {conv: 8, stride: 2}\n- b: {global_avgpool: , from: input}"),

    Case("AC103", _map(8, 1, 1) + "- a: {conv: 8, kernel: 3, padding: 1}",
         "8 of the 9 positions of a 3×3 kernel only ever meet padding on a map of 1×1"),
    # on 2 rows all three rows of the kernel are used, at one place or the other
    Case("AC103", _map(8, 2, 2) + "- a: {conv: 8, kernel: 3, padding: 1}"),
    # of a kernel of 5 on 2 positions with padding 2, window 0 uses places 2 and 3, window 1 places 1 and 2: 3 of 5
    Case("AC103", _map(8, 2, 2) + "- a: {conv: 8, kernel: 5, padding: 2}",
         "16 of the 25 positions of a 5×5 kernel only ever meet padding on a map of 2×2"),
    # dilated by 4, the outer rows lie 4 away, beyond a map of 4 (places −4 … −1 and 4 … 7)
    Case("AC103", _map(8, 4, 4) + "- a: {conv: 8, kernel: 3, padding: 4, dilation: 4}",
         "8 of the 9 positions of a 3×3 kernel only ever meet padding on a map of 4×4"),
    Case("AC103", _map(8, 5, 5) + "- a: {conv: 8, kernel: 3, padding: 4, dilation: 4}"),

    # 8 + 2·1 windows of 1, the first and the last of them outside
    Case("AC104", _map(8, 8, 8) + "- a: {conv: 8, padding: 1}",
         "2 outputs of 10 along height and width are outside of the input: nothing but padding is seen there"),
    Case("AC104", _map(8, 8, 8) + "- a: {conv: 8, kernel: 2, padding: 1}"),
    # windows of 2 begin at −3, −2, −1 …: the first two hold none of 0 … 7
    Case("AC104", _map(8, 8, 8) + "- a: {conv: 8, kernel: 2, padding: [[3, 0], 0]}",
         "2 outputs of 10 along height are outside of the input: nothing but padding is seen there"),

    Case("AC105", _map(8, 8, 8) + "- a: {conv: 8, kernel: 2, padding: same}",
         "a window of 2 with padding 0 before and 1 after shifts the map by half a position along height and width"),
    Case("AC105", _map(8, 8, 8) + "- a: {conv: 8, kernel: 3, padding: same}"),
    Case("AC105", _map(8, 8, 8) + "- a: {conv: 8, kernel: 4, stride: 2, padding: 1}"),
    # 2·(2 − 1) + 1 = 3 is odd
    Case("AC105", _map(8, 8, 8) + "- a: {conv: 8, kernel: 2, padding: same, dilation: 2}"),
    # causal: padding before only
    Case("AC105", "input: {shape: [8, 16]}\nlayers:\n- a: {conv1d: 8, kernel: 2, padding: [[1, 0]]}"),

    Case("AC106", _map(8, 8, 8) + "- a: {avgpool: 3, padding: 1}",
         "the first average is of 4 values, but divided by 9"),
    Case("AC106", _map(8, 8, 8) + "- a: {avgpool: [1, 3], padding: [0, 1]}",
         "the first average is of 2 values, but divided by 3"),
    Case("AC106", _map(8, 8, 8) + "- a: {avgpool: 3, padding: 1, count_include_pad: false}"),
    Case("AC106", _map(8, 8, 8) + "- a: {avgpool: 2, stride: 2}"),
    Case("AC106", _map(8, 8, 8) + "- a: {maxpool: 3, padding: 1}"),

    Case("AC107", _map(8, 9, 9) + "- a: {conv: 8, kernel: 3, dilation: 2}",
         "a unit sees stretches of 1 pixel along height, 2 apart"),
    # behind 3×3 a unit sees 3 pixels: enough for a dilation of 3, not of 4
    Case("AC107", _map(8, 19, 19) + "- a: {conv: 8, kernel: 3}\n- b: {conv: 8, kernel: 3, dilation: 3}"),
    Case("AC107", _map(8, 19, 19) + "- a: {conv: 8, kernel: 3}\n- b: {conv: 8, kernel: 3, dilation: 4}",
         "a unit sees stretches of 3 pixels along height, 4 apart"),
    # a stride of 2 doubles the steps: 2·2 = 4 pixels apart, of which 3 are seen
    Case("AC107", _map(8, 19, 19) + "- a: {conv: 8, kernel: 3, stride: 2}\n- b: {conv: 8, kernel: 3, dilation: 2}",
         "a unit sees stretches of 3 pixels along height, 4 apart"),

    Case("AC108", _map(8, 4, 4) + "- a: {adaptive_avgpool: 7}", "a map of 4×4 is pooled to 7×7: values are repeated"),
    Case("AC108", _map(8, 7, 7) + "- a: {adaptive_avgpool: 7}"),
    Case("AC108", _map(8, 4, 4) + "- a: {upsample: 2}"),

    Case("AC201", _map(8, 8, 8) + "- a: {conv: 16}\n- batchnorm", "its 16 biases are cancelled by 'batchnorm'"),
    Case("AC201", _map(8, 8, 8) + "- a: {conv: 16}\n- instancenorm", "its 16 biases are cancelled by 'instancenorm'"),
    Case("AC201", "input: [8]\nlayers:\n- a: {linear: 16}\n- batchnorm", "its 16 biases are cancelled by 'batchnorm'"),
    # a group of 2 channels has one mean: the difference of their biases stays
    Case("AC201", _map(8, 8, 8) + "- a: {conv: 16}\n- {groupnorm: 8}"),
    Case("AC201", _map(8, 8, 8) + "- a: {conv: 16}\n- {groupnorm: 16}", "its 16 biases are cancelled by 'groupnorm'"),
    Case("AC201", _map(8, 8, 8) + "- a: {conv: 16}\n- layernorm"),
    Case("AC201", _map(8, 8, 8) + "- a: {conv: 16, bias: false}\n- batchnorm"),
    Case("AC201", _map(8, 8, 8) + "- a: {conv: 16}\n- relu\n- batchnorm"),
    Case("AC201", _map(8, 8, 8) + "- a: {conv: 16}\n- batchnorm\n- b: {relu: , from: a}"),
    Case("AC201", _map(8, 8, 8) + "- a: {conv: 16}\n- batchnorm\noutputs: [a, batchnorm]"),

    Case("AC202", _map(8, 8, 8) + "- relu\n- relu", "'relu' before it is a relu too"),
    Case("AC202", _map(8, 8, 8) + "- relu\n- tanh"),
    Case("AC202", _map(8, 8, 8) + "- a: {leaky_relu: 0.1}\n- b: {leaky_relu: 0.2}"),
    Case("AC202", _map(8, 8, 8) + "- relu\n- a: {conv: 8}\n- relu"),

    # 8·16·9 + 16·32 = 1,664 weights; one layer needs 8·32·9 = 2,304, and the pair is a factorization
    Case("AC203", _map(8, 8, 8) + "- a: {conv: 16, kernel: 3}\n- b: {conv: 32}"),
    # 16·8·9 + 8·8 = 1,216 weights; one layer needs 16·8·9 = 1,152
    Case("AC203", _map(16, 8, 8) + "- a: {conv: 8, kernel: 3}\n- b: {conv: 8}",
         "nothing between 'a' and it is nonlinear: together they are one linear map from 16 to 8 channels of 1,152 "
         "weights",
         "b"),
    Case("AC203", _map(16, 8, 8) + "- a: {conv: 8, kernel: 3, then: relu}\n- b: {conv: 8}"),
    # batch normalization scales and shifts: still linear
    Case("AC203", _map(16, 8, 8) + "- a: {conv: 8, kernel: 3}\n- batchnorm\n- b: {conv: 8}",
         "nothing between 'a' and it is nonlinear: together they are one linear map from 16 to 8 channels of 1,152 "
         "weights"),
    Case("AC203", _map(16, 8, 8) + "- a: {conv: 8, kernel: 3}\n- layernorm\n- b: {conv: 8}"),
    # depthwise separable
    Case("AC203", _map(16, 8, 8) + "- a: {conv: 16, kernel: 3, groups: 16}\n- b: {conv: 8}"),
    # 64·8 + 8·64 = 1,024 weights through a narrow middle; one layer needs 4,096
    Case("AC203", "input: [64]\nlayers:\n- a: {linear: 8}\n- b: {linear: 64}"),
    Case("AC203", "input: [64]\nlayers:\n- a: {linear: 64}\n- b: {linear: 8}",
         "nothing between 'a' and it is nonlinear: together they are one linear map from 64 to 8 channels of 512 "
         "weights"),
    # two 3×3 see 5×5 with 18 weights instead of 25
    Case("AC203", _map(16, 8, 8) + "- a: {conv: 16, kernel: 3}\n- b: {conv: 16, kernel: 3}"),
    # FCN's scores and the upsampling behind them: one transposed convolution would need 512·21·16 weights
    Case("AC203", _map(512, 8, 8) + "- a: {conv: 21}\n- b: {conv_transpose: 21, kernel: 4, stride: 2}"),
    Case("AC203", _map(16, 8, 8) + "- a: {conv: 8, kernel: 3}\n- b: {conv: 8}\n- c: {relu: , from: a}"),

    Case("AC204", "input: [8]\nlayers:\n- a: {linear: 8, then: relu}\n- b: {linear: 8, then: relu}",
         "it makes the network's output, which passes the same relu as 1 hidden layer", "b"),
    Case("AC204", "input: [8]\nlayers:\n- a: {linear: 8, then: relu}\n- b: {linear: 8}"),
    Case("AC204", "input: [8]\nlayers:\n- a: {linear: 8, then: relu}\n- b: {linear: 8, then: sigmoid}"),
    # a map of features is no score
    Case("AC204", _map(8, 8, 8) + "- a: {conv: 8, then: relu}\n- b: {conv: 8, then: relu}"),

    Case("AC205", _map(8, 8, 8) + "- a: {dropout: 0.3}\n- batchnorm",
         "its statistics are learnt behind 'a', which drops 0.3 of the values in training only", "batchnorm"),
    Case("AC205", _map(8, 8, 8) + "- a: {dropout: 0.3}\n- b: {conv: 8, bias: false}\n- relu\n- batchnorm",
         "its statistics are learnt behind 'a', which drops 0.3 of the values in training only"),
    Case("AC205", _map(8, 8, 8) + "- a: {dropout: 0}\n- batchnorm"),
    Case("AC205", _map(8, 8, 8) + "- batchnorm\n- a: {dropout: 0.3}\n- b: {conv: 8}"),
    Case("AC205", _map(8, 8, 8) + "- a: {dropout: 0.3}\n- layernorm"),
    # two layers of weights away
    Case("AC205", _map(8, 8, 8) + "- a: {dropout: 0.3}\n- b: {conv: 8}\n- c: {conv: 8, bias: false}\n- batchnorm"),

    Case("AC206", _map(8, 8, 8) + "- batchnorm\n- b: {layernorm: }",
         "it undoes the scale and shift of 'batchnorm', a batchnorm"),
    Case("AC206", _map(8, 8, 8) + "- a: scale\n- batchnorm", "it undoes the scale and shift of 'a', a scale"),
    Case("AC206", _map(8, 8, 8) + "- batchnorm\n- a: scale"),
    Case("AC206", _map(8, 8, 8) + "- batchnorm\n- relu\n- b: {batchnorm: }"),

    Case("AC207", _map(8, 1, 1) + "- {groupnorm: 8}", "each of its 8 groups is one value of 8×1×1, which becomes 0"),
    Case("AC207", _map(8, 1, 1) + "- {groupnorm: 4}"),
    Case("AC207", _map(8, 1, 1) + "- batchnorm"),
    Case("AC207", "input: {shape: [5, 1], axes: [sequence, channel]}\nlayers:\n- layernorm",
         "each of its 5 groups is one value of 5×1, which becomes 0"),

    # 8·16 + 16 and 16·4 + 4 parameters; 64 places of 128 and of 64 products
    Case("AC301", _map(8, 8, 8) + "- a: {conv: 16}\n- b: {conv: 4, from: a}\n- c: {relu: , from: input}",
         "no output of the network depends on it and 1 layer for it alone: 212 parameters and 12,288 MACs for "
         "nothing", "b"),
    Case("AC301", _map(8, 8, 8) + "- a: {conv: 16}\n- b: {conv: 4, from: a}\n- c: {relu: , from: a}\noutputs: [b, c]"),
    # auxiliary heads are not there in evaluation
    Case("AC301", _map(8, 8, 8) + "- a: relu\n- b: {conv: 4, only: train}\n- c: {tanh: , from: a}\noutputs: [c, b]"),

    Case("AC302", "inputs: {x: [8], y: [8]}\nlayers:\n- a: {relu: , from: x}",
         "no output of the network depends on this input", "y"),
    Case("AC302", "inputs: {x: [8], y: [8]}\nlayers:\n- a: {add: [x, y]}"),

    Case("AC303", _map(8, 8, 8) + "- a: global_avgpool\n- b: {add: [input, a]}",
         "'a' is 8×1×1 and is repeated to fit 8×8×8", "b"),
    Case("AC303", _map(8, 8, 8) + "- a: global_avgpool\n- b: {multiply: [input, a]}"),
    Case("AC303", _map(8, 8, 8) + "- a: relu\n- b: {add: [input, a]}"),
    # a learned tensor, such as a position embedding, is meant for all places
    Case("AC303", _map(8, 8, 8) + "- a: {parameter: [8, 1, 1], axes: [channel, space, space]}\n- b: {add: [input, a]}"),

    Case("AC303", _map(8, 8, 8) + "- a: {parameter: [8, 2, 1], axes: [channel, space, space]}\n- {crop: [1, 1]}\n"
         "- b: {add: [input, crop]}"),

    # 3×3 with padding 1 begins at −1 and is centred at 0, 2×2 at ½
    Case("AC304", _map(8, 8, 8) + "- a: {maxpool: 3, stride: 2, padding: 1}\n"
         "- b: {maxpool: 2, stride: 2, from: input}\n"
         "- c: {add: [a, b]}", "the windows that meet have centres 1/2 px apart", "c"),
    Case("AC304", _map(8, 8, 8) + "- a: {maxpool: 3, stride: 2, padding: 1}\n"
         "- b: {maxpool: 1, stride: 2, from: input}\n"
         "- c: {add: [a, b]}"),
    # 5×5 without padding is centred at 2 and 1×1 cropped from 1 on at 1; 10 − 4 = 6 = 7 − 1
    Case("AC304", _map(8, 10, 10) + "- a: {maxpool: 5}\n- b: {crop: 6, offset: 1, from: input}\n- c: {add: [a, b]}",
         "the windows that meet have centres 1 px apart"),
    Case("AC304", _map(8, 10, 10) + "- a: {maxpool: 5}\n- b: {crop: 6, offset: 2, from: input}\n- c: {add: [a, b]}"),
    # causal convolutions of different lengths end at the same place
    Case("AC304", "input: {shape: [8, 16]}\nlayers:\n- a: {conv1d: 8, kernel: 3, padding: [[2, 0]]}\n"
         "- b: {add: [a, input]}"),

    Case("AC305", _map(8, 8, 8) + "- a: relu\n- b: {add: [a, a]}", "it reads 'a' 2 times", "b"),
    Case("AC305", _map(8, 8, 8) + "- a: relu\n- b: {concat: [input, a]}"),

    Case("AC306", _map(8, 8, 8) + "- b: {add: {branch: [{conv: 8, then: relu}], shortcut: []}}",
         "its branch ends in 'b.branch.conv.relu', a relu", "b"),
    Case("AC306", _map(8, 8, 8) + "- b: {add: {branch: [{conv: 8}], shortcut: []}, then: relu}"),
    # both paths are rectified and neither is a shortcut
    Case("AC306", _map(8, 8, 8) + "- b: {add: {one: [{conv: 8, then: relu}], other: [{conv: 8, then: relu}]}}"),

    Case("AC307", _map(8, 8, 8) + "- a: {maxpool: 1}", "its output is its input, 8×8×8"),
    Case("AC307", _map(8, 8, 8) + "- a: {concat: [input]}", "its output is its input, 8×8×8"),
    Case("AC307", _map(8, 7, 7) + "- a: {adaptive_avgpool: 7}", "its output is its input, 8×7×7"),
    Case("AC307", _map(8, 1, 1) + "- a: global_avgpool", "its output is its input, 8×1×1"),
    Case("AC307", _map(8, 8, 8) + "- a: {maxpool: 1, stride: 2}"),
    Case("AC307", _map(8, 8, 8) + "- a: {channel_shuffle: 2}"),
    Case("AC307", _map(8, 8, 8) + "- a: {permute: [0, 2, 1]}"),
    Case("AC307", _map(8, 8, 8) + "- a: {roll: 2, axes: 1}"),
    Case("AC307", _map(8, 8, 8) + "- a: identity"),
    Case("AC307", _map(8, 8, 8) + "- a: relu"),

    Case("AC308", _map(8, 8, 8) + "- a: {conv: 8, kernel: 2, stride: 2}\n- b: {maxpool: 2, stride: 2}",
         "its stride of 2 follows on the stride of 2 of 'a'", "b"),
    Case("AC308", _map(8, 8, 8) + "- a: {conv: 8, kernel: 2, stride: 2}\n- relu\n- b: {maxpool: 2, stride: 2}"),
    Case("AC308", _map(8, 8, 8) + "- a: {conv: 8, kernel: 3}\n- b: {maxpool: 2, stride: 2}"),

    Case("AC309", _map(8, 8, 8) + "- a: {conv: 8, groups: 4}\n- relu\n- b: {conv: 8, groups: 2}",
         "it keeps the 2 groups of channels apart that 'a' does", "b"),
    Case("AC309", _map(8, 8, 8) + "- a: {conv: 8, groups: 4}\n- relu\n- b: {conv: 8}\n- relu\n"
         "- c: {conv: 8, groups: 4}"),
    Case("AC309", _map(12, 8, 8) + "- a: {conv: 12, groups: 3}\n- relu\n- b: {conv: 12, groups: 4}"),
    Case("AC309", _map(8, 8, 8) + "- a: {conv: 8, groups: 4}\n- {channel_shuffle: 4}\n- b: {conv: 8, groups: 4}"),
    Case("AC309", _map(8, 8, 8) + "- a: {conv: 8, groups: 4}\n- layernorm\n- b: {conv: 8, groups: 4}"),

    # fields of 5, 9 and 13 pixels on 9: the third layer is the first to read what covers the image
    Case("AC310", _map(8, 9, 9) + "- a: {conv: 8, kernel: 5, padding: 2, repeat: 3}",
         "the field of its input covers the image; its weights hold 33% of the parameters and 33% of the MACs", "a.3"),
    Case("AC310", _map(8, 10, 10) + "- a: {conv: 8, kernel: 5, padding: 2, repeat: 3}"),
    # 1×1 convolutions do not widen a field
    Case("AC310", _map(8, 9, 9) + "- a: {conv: 8, kernel: 9, padding: 4}\n- b: {conv: 8}"),
    # what squeeze and excitation sees of the image does not count
    Case("AC310", _map(8, 9, 9) + "- a: {multiply: {x: [], gate: [global_avgpool, {conv: 8}, sigmoid]}}\n"
         "- b: {conv: 8, kernel: 3}"),

    # 12 channels fill 16: 144 of 256 products
    Case("AC401", _map(3, 8, 8) + "- a: {conv: 12}\n- b: {conv: 12}\n- c: {conv: 8}",
         "its 12 input and 12 output channels fill 56% of multiples of 8; padding adds 7,168 products", "b"),
    Case("AC401", _map(3, 8, 8) + "- a: {conv: 16}\n- b: {conv: 16}\n- c: {conv: 8}"),
    # a first and a last layer may have any
    Case("AC401", _map(3, 8, 8) + "- a: {conv: 16}\n- b: {conv: 10, then: relu}"),
    # a squeeze to 4 channels pads 64·4 to 64·8 products, twice: 512 of 64·64·64
    Case("AC401", _map(3, 8, 8) + "- a: {conv: 64}\n"
         "- b: {multiply: {x: [], gate: [global_avgpool, {conv: 4}, {conv: 64}]}}\n"
         "- c: {conv: 64, kernel: 3}"),
    # depthwise
    Case("AC401", _map(3, 8, 8) + "- a: {conv: 12, then: relu}\n- b: {conv: 12, kernel: 3, groups: 12}\n"
         "- c: {conv: 8, kernel: 5}"),

    # 8·16·10 of 8·16·10 + 10 parameters
    Case("AC402", _map(8, 4, 4) + "- flatten\n- a: {linear: 10}",
         "its 1,280 weights are 99% of the network's parameters, a set for each of 4×4 places", "a"),
    Case("AC402", _map(8, 4, 4) + "- flatten\n- a: {linear: 10}\n- b: {linear: 1000}"),
    Case("AC402", _map(8, 4, 4) + "- {global_avgpool: , keep: false}\n- a: {linear: 10}"),
    Case("AC402", "input: [8]\nlayers:\n- a: {linear: 10}"),
    Case("AC402", _map(8, 4, 4) + "- a: {conv: 10, kernel: 4}",
         "its 1,280 weights are 99% of the network's parameters, a set for each of 4×4 places"),
    Case("AC402", _map(8, 4, 4) + "- a: {conv: 10, kernel: 3}"),

    # Yang et al. 2019: behind batch normalization and ReLU a layer multiplies the gradient's square by π/(π − 1), as
    # 2·½ / (2·½·(1 − 1/π)); 60 of them by 10^9.98, and the first, of raw inputs, by 1/2 in place of 1/0.68: 10^9.51
    Case("AC501", "input: [64]\nthen: {linear: [batchnorm, relu]}\nlayers:\n- fc: {linear: 64, repeat: 60}\n"
         "- out: {linear: 64, then: []}",
         "gradient grows by 10⁵ over 61 layers, even with 'he', the best of he, xavier, lecun (an estimate at "
         "initialisation)", "fc.1"),
    # ReLU halves what He's gain doubles
    Case("AC501", "input: [64]\nthen: {linear: relu}\nlayers:\n- fc: {linear: 64, repeat: 30}"),
    # too short to look at
    Case("AC501", "input: [64]\nthen: {linear: sigmoid}\nlayers:\n- fc: {linear: 64, repeat: 7}"),

    # a branch of gain 1 doubles the variance in each block: 2³⁰ ≈ 10⁹, 3·10⁴ in standard deviations
    Case("AC502", "input: [64]\nblocks:\n  block():\n  - sum: {add: {branch: [{linear: 64}], shortcut: []}}\nlayers:\n"
         "- b: {block: [], repeat: 31}\n- out: {linear: 64}",
         "signal grows by 10⁵ over 32 layers, even with 'xavier', the best of he, xavier, lecun (an estimate at "
         "initialisation)", "out"),
    # √(½) of the branch only: 1.5³⁰ ≈ 2·10⁵, 440 in standard deviations
    Case("AC502", "input: [64]\nblocks:\n  block():\n  - sum: {add: {branch: [{linear: 64}, {rescale: 0.7071}], "
         "shortcut: []}}\nlayers:\n- b: {block: [], repeat: 30}\n- out: {linear: 64}"),
)
