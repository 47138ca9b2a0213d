"""Names that exported source may use."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

RESERVED = ("torch", "nn", "F", "self", *dir(builtins))
"""Names that an exported file uses or must not hide."""
MEMBERS = (
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile", "cpu",
    "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer", "get_extra_state",
    "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules", "mtia", "named_buffers",
    "named_children", "named_modules", "named_parameters", "parameters", "register_backward_hook",
    "register_buffer", "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook",
    "register_module", "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook",
    "requires_grad_", "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train",
    "training", "type", "xpu", "zero_grad",
)
"""What every `torch.nn.Module` has, so that no part of one can be called so."""


def identifier(word: str, taken: Iterable[str] = (), sign: str = "_") -> str:
    """A name of Python that looks like the word and is not taken, by a number behind the sign."""
    word = re.sub(r"\W|^(?=\d)", "_", word, flags=re.ASCII).strip("_") if not word.isidentifier() else word
    word = word if word and not word[0].isdigit() else f"block_{word}".rstrip("_")
    word = f"{word}_" if keyword.iskeyword(word) else word
    taken, free, n = set(taken), word, 1
    while free in taken:
        n += 1
        free = f"{word}{sign}{n}"
    return free
