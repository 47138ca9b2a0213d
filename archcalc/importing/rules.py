"""Tables of rules by name, which the modules that hold them fill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rule = Callable[..., Any]


class Rules(dict[str, Rule]):
    """Rules by name."""

    def of(self, *names: str) -> Callable[[Rule], Rule]:
        """Note a rule under names."""
        def note(rule: Rule) -> Rule:
            self.update(dict.fromkeys(names, rule))
            return rule
        return note
