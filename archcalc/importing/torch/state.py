"""Final states of recurrent layers, which modules return beside the sequence of outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archcalc.importing.sketch import Draft, Refused
from archcalc.importing.views.batched import Value

if TYPE_CHECKING:
    from archcalc.importing.torch.call import Call


@dataclass(eq=False)
class Final:
    """The last hidden states, layers·directions × batch × features: known of the topmost layer."""

    sequence: Value
    shape: tuple[int, ...]
    directions: int
    draft: Draft
    found: Value | None = None

    def last(self, c: Call, index: Any) -> Value:
        """The state of one layer and direction, batch × features."""
        count = self.shape[0]
        if not isinstance(index, int) or isinstance(index, bool) or index % count < count - self.directions:
            raise Refused("reads the final state of a layer that is not the last")
        return self._of(c, index % count - (count - self.directions))

    def value(self, c: Call) -> Value:
        """All states, where the layer is one."""
        if self.shape[0] != self.directions:
            raise Refused("reads the final states of several layers")
        batch, features = self.shape[1:]
        if c.tape.fuses:
            apart = c.views.reshape(c.named("reshape"), self._both(c), (batch, self.directions, features))
            return c.views.permute(c.named("permute"), apart, (1, 0, 2))
        parts = [c.views.reshape(c.named("reshape"), self._of(c, d), (1, batch, features))
                 for d in range(self.directions)]
        return parts[0] if len(parts) == 1 else c.layer("concat", parts, self.shape, axis=0, batch=1)

    def _of(self, c: Call, direction: int) -> Value:
        """One direction's: behind the last step, or backwards behind the first."""
        batch, features = self.shape[1:]
        if c.tape.fuses:
            return c.views.part(c.named("chunk"), self._both(c), 1, [features] * self.directions, direction)
        x, axis = self.sequence, 1 - (self.sequence.batch or 0)
        step = 0 if direction else x.shape[axis] - 1
        one = c.views.slice(c.named("slice"), x, axis, step, step + 1)
        one = c.views.reshape(c.named("reshape"), one, (batch, self.directions * features))
        return c.views.part(c.named("chunk"), one, 1, [features] * self.directions, direction)

    def _both(self, c: Call) -> Value:
        """The layer with its last states in the place of the sequence."""
        sketch, tape = c.sketch, c.tape
        if self.found is None or self.found.node >= len(sketch.drafts):
            node = sketch.add(self.draft.wanted, self.draft.kind, {**self.draft.fields, "output": "last"},
                              self.draft.inputs)
            for source, (owner, name) in list(tape.owners.items()):
                if owner == self.sequence.node:
                    tape.owners[source] = node, name
            sketch.drafts[node].share = self.draft.share
            sketch.spare.add(self.draft)
            self.found = c.views.checked(node, (self.shape[1], self.directions * self.shape[2]), 0)
        return self.found
