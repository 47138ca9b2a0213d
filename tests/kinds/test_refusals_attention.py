"""What attention refuses."""

from archcalc.layers.attention import Attention
from archcalc.layers.dot_product import ScaledDotProduct
from archcalc.layers.window import WindowAttention
from tests.kinds.cases_attention import scores
from tests.kinds.cases_attention import tokens as of
from tests.kinds.refusal import image, last, messages, tokens

test_message = messages([
    (Attention(heads=2), (image,), None, "works on sequence×channel, behind window axes if any, but 6×8×8 has "
     "channel×space×space: flatten the spatial axes and permute the channels to the end"),
    (Attention(heads=4), (tokens,), "heads", "4 heads do not divide 6 channels"),
    (Attention(heads=6, kv_heads=4), (tokens,), "kv_heads", "4 kv_heads do not divide 6 heads"),
    (Attention(heads=2, rotary=True), (tokens,), "rotary", "rotary turns pairs, but a head has 3 features"),
    (Attention(heads=2), (tokens, of(4, 8)), "packed",
     "one tensor projects queries 4×6 and keys 4×8, which differ in channels: set `packed: false`"),
    (Attention(heads=2), (tokens, of(2, 4, 6)), None, "queries 4×6 and keys 2×4×6 differ in their windows"),
    (Attention(heads=2), (of(3, 4, 6), of(2, 4, 6)), None, "queries 3×4×6 and keys 2×4×6 differ in their windows"),
    (Attention(heads=2), (tokens, tokens, scores(2, 4, 4)), None,
     "takes queries, and keys and values if they differ; give a score bias as `position`, found 3 inputs"),
    (Attention(heads=2, position=True), (tokens,), None,
     "takes queries, and keys and values if they differ and a `position`, found 1 inputs"),
    (Attention(heads=2, position=True), (tokens, tokens), "position", "position is 4×6, not heads×queries×keys"),
    (Attention(heads=2, position=True), (tokens, scores(2, 4, 5)), "position",
     "position is 2×4×5, not 2 heads × 4 queries × 4 keys"),
    (ScaledDotProduct(heads=2), (tokens, tokens), None,
     "takes queries, keys and values; give a score bias as `position`, found 2 inputs"),
    (ScaledDotProduct(heads=2), (tokens, tokens, of(5, 6)), None, "keys 4×6 and values 5×6 differ in number"),
    (ScaledDotProduct(heads=4), (tokens, tokens, tokens), "heads", "4 heads do not divide 6 query channels"),
    (ScaledDotProduct(heads=2), (tokens, tokens, of(4, 5)), "kv_heads", "2 kv_heads do not divide 5 value channels"),
    (ScaledDotProduct(heads=2), (tokens, of(4, 8), tokens), "heads",
     "2 heads of queries 4×6 and 2 of keys 4×8 differ in size"),
    (WindowAttention(window=7, heads=2), (image,), None, "works on H×W×C, but 6×8×8 has channel×space×space"),
    (WindowAttention(window=7, heads=4), (last,), "heads", "4 heads do not divide 6 channels"),
    (WindowAttention(window=4, heads=2, shift=4), (last,), "shift",
     "a shift of 4 must be smaller than the window of 4"),
    (WindowAttention(window=4, heads=2, shift=(1, 2, 3)), (last,), "shift",
     "shift takes one number or 2, found 3"),
])
