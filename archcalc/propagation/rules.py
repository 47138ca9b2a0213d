"""The rules by the names that layer kinds give (`Layer.signal`)."""

from __future__ import annotations

from collections.abc import Mapping

from archcalc.propagation.attention import Attend, AttendInWindows
from archcalc.propagation.elementwise import Apply
from archcalc.propagation.maxima import Largest
from archcalc.propagation.merging import Join, Multiplied, Product, Sum
from archcalc.propagation.normalization import OverBatch, OverChannels, OverMap, RootMeanSquare
from archcalc.propagation.pooling import Average
from archcalc.propagation.recurrent import Gru, Lstm
from archcalc.propagation.reducing import Distance, Reduced
from archcalc.propagation.rule import Damp, Drop, Repeat, Resample, Respond, Rule, Unknown
from archcalc.propagation.softmax import LogSoftmax, Softmax
from archcalc.propagation.unpooling import Evenly, Switched
from archcalc.propagation.weights import Mix, Table

RULES: Mapping[str, Rule] = {
    "": Unknown(), "copy": Rule(), "repeat": Repeat(), "resample": Resample(), "mix": Mix(), "apply": Apply(),
    "softmax": Softmax(), "log softmax": LogSoftmax(), "drop": Drop(), "damp": Damp(), "respond": Respond(),
    "table": Table(), "distance": Distance(), "largest": Largest(), "average": Average(), "reduce": Reduced(),
    "unpool by switches": Switched(), "unpool evenly": Evenly(), "sum": Sum(), "product": Product(),
    "matmul": Multiplied(), "join": Join(), "attend": Attend(), "attend in windows": AttendInWindows(),
    "lstm": Lstm(), "gru": Gru(), "over batch": OverBatch(), "over channels": OverChannels(), "over map": OverMap(),
    "root mean square": RootMeanSquare()}
