"""torch's recurrent modules as operators of ONNX, which order the gates differently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archcalc.exporting.onnx.value import Value


def recurrent(op: str, order: Sequence[int], inputs: int, features: int, layers: int = 1, bias: bool = True,
              batch_first: bool = True, bidirectional: bool = False) -> Callable[..., Any]:
    """`torch.nn.LSTM` or GRU; ``order`` has torch's number of each of ONNX's gates."""
    ways = ("", "_reverse")[:1 + bidirectional]
    rows = len(order) * features

    def tensors(m: Any, word: str, layer: int, *shape: int) -> Value:
        """A tensor of all directions, its gates in ONNX's order."""
        found = []
        for way in ways:
            whole = m.tensor(f"{word}_l{layer}{way}", rows, *shape)
            parts = [whole.narrow(0, gate * features, features) for gate in order]
            found.append(parts[0].op("Concat", *parts[1:], shape=whole.shape, axis=0).unsqueeze(0))
        return _joined(found, 0)

    def run(m: Any, x: Value) -> tuple[Value, Any]:
        sequence, width, states = x.transpose(0, 1), inputs, []
        steps, batch = sequence.shape[:2]
        for layer in range(layers):
            given = [tensors(m, "weight_ih", layer, width), tensors(m, "weight_hh", layer, features)]
            given += [_joined([tensors(m, f"bias_{of}", layer) for of in ("ih", "hh")], 1)] if bias else []
            attributes = {"linear_before_reset": 1} if op == "GRU" else {}
            out, last = x.graph.emit(op, [sequence.name, *(v.name for v in given)], 2, hidden_size=features,
                                     direction="bidirectional" if bidirectional else "forward", **attributes)
            values = Value(x.graph, out, (steps, len(ways), batch, features))
            states.append(Value(x.graph, last, (len(ways), batch, features)))
            sequence, width = values.transpose(1, 2).flatten(2), len(ways) * features
        state = _joined(states, 0)
        return sequence.transpose(0, 1), (state, None) if op == "LSTM" else state

    return run


def _joined(parts: Sequence[Value], axis: int) -> Value:
    if len(parts) == 1:
        return parts[0]
    shape = list(parts[0].shape)
    shape[axis] = sum(p.shape[axis] for p in parts)  # type: ignore[misc]
    return parts[0].op("Concat", *parts[1:], shape=shape, axis=axis)
