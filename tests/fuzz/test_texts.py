"""Whatever a text says, the answer is a network or an error with a message: never a traceback, never a hang."""

import random
import re
from datetime import timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from archcalc import zoo
from archcalc.api import loads
from archcalc.errors import ArchcalcError
from archcalc.net import Net
from archcalc.spec import expand
from archcalc.spec.reader import parse
from archcalc.spec.source import SpecError

SPECS = [path.read_text("utf-8") for path in sorted(zoo.root().glob("*.yaml"))]
WORDS = sorted({word for text in SPECS for word in re.findall(r"[\w.*\"']+", text)})
TOKENS = st.sampled_from([*WORDS, "- ", ": ", ", ", "{", "}", "[", "]", "\n", "  ", "#", "&a ", "*a", "null", "-1", "0",
                          "1e9", "2.5", "'", '"', "|", ">", "!t ", "? ", "<<", "---\n", "@1", "%", "\t", "é", "\x00",
                          "999999999999999999", "from", "repeat", "first", "if", "only", "share", "like", "index"])


def answered(text: str) -> None:
    """Checks that a text is answered as it should be."""
    try:
        answer: Net | ArchcalcError = loads(text)
    except ArchcalcError as error:
        answer = error
    if isinstance(answer, Net):
        assert len(answer) > 0
        return
    message = str(answer)
    assert 0 < len(message.strip()) < 3000
    assert all(line.isprintable() for line in message.split("\n"))
    if isinstance(answer, SpecError):
        assert re.match(r"[^\n]*:\d+:\d+: .", message)


@given(st.one_of(st.text(max_size=200), st.lists(TOKENS, max_size=60).map("".join)))
@example("a: &a [*a]").via("an alias of itself")
@example("? [a]\n: b").via("a key that is a list")
@example("\ud7fc: 1").via("a character that no printer knows")
@example("layers: [\x85]").via("a line break of YAML 1.1")
@example("input: [1]\nlayers: [{a: {conv: 1e-999}}]").via("an exponent")
@settings(max_examples=300, deadline=timedelta(seconds=2), suppress_health_check=[HealthCheck.too_slow])
def test_any_text(text: str) -> None:
    answered(text)


@given(st.binary(max_size=100))
@settings(max_examples=100, deadline=timedelta(seconds=2))
def test_any_bytes(data: bytes) -> None:
    try:
        parse(data, "spec")
        message = ""
    except ArchcalcError as error:
        message = str(error)
    assert not message or message.startswith("spec:")


def _mutated(text: str, seed: int, token: str) -> str:
    """One to three lines or tokens deleted, doubled, swapped or replaced."""
    choice = random.Random(seed)
    for _ in range(choice.randint(1, 3)):
        parts = text.splitlines(True) if choice.random() < 0.3 else re.split(r"(\W)", text)
        i, j = choice.randrange(len(parts)), choice.randrange(len(parts))
        change = choice.choice(["delete", "double", "swap", "replace", "copy"])
        if change == "delete":
            del parts[i]
        elif change == "double":
            parts.insert(i, parts[i])
        elif change == "swap":
            parts[i], parts[j] = parts[j], parts[i]
        else:
            parts[i] = token if change == "replace" else parts[j]
        text = "".join(parts) or "\n"
    return text


@given(st.sampled_from(SPECS), st.integers(0, 2**32), TOKENS)
@settings(max_examples=400, deadline=timedelta(seconds=4), suppress_health_check=[HealthCheck.too_slow])
def test_changed_specs_of_the_zoo(text: str, seed: int, token: str) -> None:
    answered(_mutated(text, seed, token))


@given(st.sampled_from(SPECS))
@settings(max_examples=20, deadline=None)
def test_unchanged_specs_are_answered_with_a_network(text: str) -> None:
    assert isinstance(loads(text), Net)


def test_the_check_can_fail() -> None:
    """A reader that breaks is noticed."""
    whole = expand.Bound.count

    def broken(*_: object) -> int:
        raise KeyError("index")

    expand.Bound.count = broken  # type: ignore[method-assign, assignment]
    try:
        answered(SPECS[0])
    except KeyError:
        pass
    else:
        raise AssertionError("a broken expansion went unnoticed")
    finally:
        expand.Bound.count = whole  # type: ignore[method-assign]
