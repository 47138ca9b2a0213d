"""Whole decoders as Hugging Face writes them out, small: Llama's manner and GPT-2's."""

from __future__ import annotations

import math
from typing import Any

import pytest

from archcalc import report
from tests.importing.test_fused_views import words

pytestmark = pytest.mark.torch

VOCABULARY, WIDTH, LAYERS, HEADS, SHARED, TOKENS = 50, 32, 3, 4, 2, 16
HEAD = WIDTH // HEADS


def llama(hidden: int) -> Any:
    """RMSNorm, rotary positions with buffers, keys and values repeated for the heads that share them, SwiGLU."""
    import torch
    from torch import nn

    class RMSNorm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(WIDTH))
            self.variance_epsilon = 1e-5

        def forward(self, hidden_states: Any) -> Any:
            input_dtype = hidden_states.dtype
            hidden_states = hidden_states.to(torch.float32)
            variance = hidden_states.pow(2).mean(-1, keepdim=True)
            hidden_states = hidden_states * torch.rsqrt(variance + self.variance_epsilon)
            return self.weight * hidden_states.to(input_dtype)

    class RotaryEmbedding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            inv_freq = 1.0 / (10000.0 ** (torch.arange(0, HEAD, 2).float() / HEAD))
            angles = torch.outer(torch.arange(TOKENS).float(), inv_freq)
            both = torch.cat((angles, angles), dim=-1)
            self.register_buffer("cos_cached", both.cos(), persistent=False)
            self.register_buffer("sin_cached", both.sin(), persistent=False)

        def forward(self, length: int) -> Any:
            return self.cos_cached[:length], self.sin_cached[:length]

    def rotate_half(x: Any) -> Any:
        x1, x2 = x[..., :x.shape[-1] // 2], x[..., x.shape[-1] // 2:]
        return torch.cat((-x2, x1), dim=-1)

    def repeat_kv(x: Any, times: int) -> Any:
        batch, heads, length, size = x.shape
        x = x[:, :, None, :, :].expand(batch, heads, times, length, size)
        return x.reshape(batch, heads * times, length, size)

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q_proj = nn.Linear(WIDTH, HEADS * HEAD, bias=False)
            self.k_proj = nn.Linear(WIDTH, SHARED * HEAD, bias=False)
            self.v_proj = nn.Linear(WIDTH, SHARED * HEAD, bias=False)
            self.o_proj = nn.Linear(HEADS * HEAD, WIDTH, bias=False)

        def forward(self, x: Any, cos: Any, sin: Any) -> Any:
            b, n, _ = x.shape
            q, k, v = (p(x).view(b, n, -1, HEAD).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
            q, k = (t * cos + rotate_half(t) * sin for t in (q, k))
            k, v = repeat_kv(k, HEADS // SHARED), repeat_kv(v, HEADS // SHARED)
            scores = torch.matmul(q, k.transpose(2, 3)) / math.sqrt(HEAD)
            scores = scores + torch.full((n, n), float("-inf")).triu(1)
            weights = nn.functional.softmax(scores, dim=-1, dtype=torch.float32).to(q.dtype)
            return self.o_proj(torch.matmul(weights, v).transpose(1, 2).contiguous().reshape(b, n, -1))

    class MLP(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate_proj = nn.Linear(WIDTH, hidden, bias=False)
            self.up_proj = nn.Linear(WIDTH, hidden, bias=False)
            self.down_proj = nn.Linear(hidden, WIDTH, bias=False)

        def forward(self, x: Any) -> Any:
            gate = self.gate_proj(x)
            return self.down_proj(gate * torch.sigmoid(gate) * self.up_proj(x))

    class DecoderLayer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.self_attn, self.mlp = Attention(), MLP()
            self.input_layernorm, self.post_attention_layernorm = RMSNorm(), RMSNorm()

        def forward(self, x: Any, cos: Any, sin: Any) -> Any:
            x = x + self.self_attn(self.input_layernorm(x), cos, sin)
            return x + self.mlp(self.post_attention_layernorm(x))

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed_tokens = nn.Embedding(VOCABULARY, WIDTH)
            self.layers = nn.ModuleList(DecoderLayer() for _ in range(LAYERS))
            self.norm, self.rotary_emb = RMSNorm(), RotaryEmbedding()
            self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)

        def forward(self, input_ids: Any) -> Any:
            x = self.embed_tokens(input_ids)
            cos, sin = self.rotary_emb(x.shape[1])
            for layer in self.layers:
                x = layer(x, cos, sin)
            return self.lm_head(self.norm(x))

    return Model()


def gpt2() -> Any:
    """Dense layers whose weights are inputs×outputs, queries, keys and values in one, NewGELU, a tied head."""
    import torch
    from torch import nn

    class Conv1D(nn.Module):
        def __init__(self, nf: int, nx: int) -> None:
            super().__init__()
            self.nf = nf
            self.weight, self.bias = nn.Parameter(torch.randn(nx, nf) * 0.02), nn.Parameter(torch.zeros(nf))

        def forward(self, x: Any) -> Any:
            return torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight).view(*x.size()[:-1], self.nf)

    class NewGELUActivation(nn.Module):
        def forward(self, input: Any) -> Any:
            return 0.5 * input * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (
                input + 0.044715 * torch.pow(input, 3.0))))

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("bias", torch.tril(torch.ones(TOKENS, TOKENS, dtype=torch.bool)).view(
                1, 1, TOKENS, TOKENS), persistent=False)
            self.c_attn, self.c_proj = Conv1D(3 * WIDTH, WIDTH), Conv1D(WIDTH, WIDTH)

        def forward(self, x: Any) -> Any:
            b, n, _ = x.shape
            q, k, v = (t.view(b, n, HEADS, HEAD).transpose(1, 2) for t in self.c_attn(x).split(WIDTH, dim=2))
            scores = torch.matmul(q, k.transpose(-1, -2)) / HEAD ** 0.5
            scores = torch.where(self.bias[:, :, :n, :n], scores, torch.finfo(scores.dtype).min)
            out = torch.matmul(nn.functional.softmax(scores, dim=-1), v)
            return self.c_proj(out.transpose(1, 2).contiguous().view(b, n, WIDTH))

    class MLP(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.c_fc, self.c_proj, self.act = Conv1D(4 * WIDTH, WIDTH), Conv1D(WIDTH, 4 * WIDTH), NewGELUActivation()

        def forward(self, x: Any) -> Any:
            return self.c_proj(self.act(self.c_fc(x)))

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.ln_1, self.attn, self.ln_2, self.mlp = nn.LayerNorm(WIDTH), Attention(), nn.LayerNorm(WIDTH), MLP()

        def forward(self, x: Any) -> Any:
            x = x + self.attn(self.ln_1(x))
            return x + self.mlp(self.ln_2(x))

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wte, self.wpe = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(TOKENS, WIDTH)
            self.h = nn.ModuleList(Block() for _ in range(LAYERS))
            self.ln_f, self.lm_head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY, bias=False)
            self.lm_head.weight = self.wte.weight

        def forward(self, input_ids: Any) -> Any:
            x = self.wte(input_ids) + self.wpe(torch.arange(input_ids.shape[1])[None])
            for block in self.h:
                x = block(x)
            return self.lm_head(self.ln_f(x))

    return Model()


def compared(module: Any) -> Any:
    """The network of a module, which gives the same for random tokens with the module's tensors, in float32 at places.

    Weights of inputs×outputs are transposed.
    """
    import torch

    from archcalc import from_torch
    from archcalc.crosscheck import build
    from archcalc.crosscheck.reference import execution, tensors

    module, ids = module.double().eval(), torch.randint(VOCABULARY, (2, TOKENS))
    net = from_torch(module, ids)
    built = build(net, dtype=torch.float64).eval()
    with torch.no_grad():
        theirs = []
        for name, p in tensors(module, execution(module, ids)):
            if isinstance(p, torch.nn.Parameter):
                p.copy_(torch.randn_like(p) / 4)
                turned = type(module.get_submodule(name.rpartition(".")[0])).__name__ == "Conv1D" and p.ndim == 2
                theirs.append(p.T if turned else p)
        for a, b in zip(built.parameters(), theirs, strict=True):
            a.copy_(b)      # refuses another shape
        torch.testing.assert_close(built(ids), module(ids), rtol=1e-5, atol=1e-5)
    return net


def text(net: Any) -> list[str]:
    return list(net.document.root.source.lines)


@pytest.mark.parametrize("hidden", [88, 96])
def test_llama(hidden: int) -> None:
    """No layer is opaque, layers are a block, and parameters and MACs are those of arithmetic."""
    net, keys = compared(llama(hidden)), SHARED * HEAD
    layer = ["rmsnorm", "attention", "add", "rmsnorm", "linear", "silu", "linear", "multiply", "linear", "add"]
    assert words(net) == ["embedding", *layer * LAYERS, "rmsnorm", "linear"]
    assert "  - layers: {decoder_layer: , repeat: 3}" in text(net)
    attention = net["layers.1.self_attn"].layer
    assert (attention.heads, attention.kv_heads, attention.theta) == (HEADS, SHARED, 10000.0)
    assert (attention.causal, attention.rotary, attention.bias) == (True, True, False)
    assert {node.layer.eps for node in net.layers if node.layer.kind == "rmsnorm"} == {1e-5}
    dense = 2 * WIDTH * WIDTH + 2 * WIDTH * keys + 3 * WIDTH * hidden      # q, o; k, v; gate, up, down
    totals = report(net).totals
    assert totals.params == VOCABULARY * WIDTH + LAYERS * (dense + 2 * WIDTH) + WIDTH + WIDTH * VOCABULARY
    assert totals.macs == TOKENS * (LAYERS * (dense + 2 * TOKENS * WIDTH) + WIDTH * VOCABULARY)


def test_gpt2() -> None:
    net = compared(gpt2())
    layer = ["layernorm", "attention", "add", "layernorm", "linear", "gelu", "linear", "add"]
    assert words(net) == ["embedding", "parameter", "add", *layer * LAYERS, "layernorm", "linear"]
    assert "  - h: {block: , repeat: 3}" in text(net)
    assert {node.layer.approximate for node in net.layers if node.layer.kind == "gelu"} == {"tanh"}
    dense = WIDTH * 3 * WIDTH + WIDTH * WIDTH + 2 * 4 * WIDTH * WIDTH
    biases = 3 * WIDTH + WIDTH + 4 * WIDTH + WIDTH
    totals = report(net).totals
    assert totals.params == (VOCABULARY + TOKENS) * WIDTH + LAYERS * (dense + biases + 4 * WIDTH) + 2 * WIDTH
    assert totals.macs == TOKENS * (LAYERS * (dense + 2 * TOKENS * WIDTH) + WIDTH * VOCABULARY)
