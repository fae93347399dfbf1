"""Reasoning that a model leaves in its text: ``<think>Passage 1 says…</think>Paris [1].`` becomes ``Paris [1].``

Many servers send it apart, where nobody takes it for the answer; others pass on what the model wrote, with the tags of
its family. Also finds a model that has begun to repeat itself.
"""

from __future__ import annotations

import re

_NAMES = r"(?:seed:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|scratchpad)"
_TAG = re.compile(
    rf"""
    (?P<opens> <{_NAMES}> | \[THINK\] | ◁think▷ | <\|START_THINKING\|> | <\|channel\|>(?!final).*?<\|message\|> )
    | (?P<closes> </{_NAMES}> | \[/THINK\] | ◁/think▷ | <\|END_THINKING\|> | <\|channel\|>final.*?<\|message\|>
      | (?<=\S)assistantfinal(?=\S) )  # what is left of gpt-oss's tags where a server drops the tokens
    | <\|(?:start|end|return|START_RESPONSE|END_RESPONSE)\|>(?:assistant)?""",
    re.IGNORECASE | re.VERBOSE,
)
_CHANNEL, _MESSAGE = "<|channel|>", "<|message|>"

BEGIN_INSIDE: set[str] = set()
"""Models whose text begins inside their reasoning, as was seen of them in this process."""

_TIMES = 4
_REPEATED = 160
"""Letters that a repetition fills at least: a ruler of dashes and a list of "not reported" stay."""
_TAIL = 40
"""Letters at the end by which the last round is found; in honest text they stand once."""


class WithoutReasoning:
    """Takes the reasoning out of a stream, and gives the same text however it was cut.

    Some templates open the reasoning themselves, so that the stream begins inside it and has a closing tag alone
    (DeepSeek R1, QwQ). ``begins_inside`` says that this is known of the model: then nothing passes until that tag.
    """

    def __init__(self, *, begins_inside: bool = False) -> None:
        self.inside = begins_inside
        self.was_inside = False
        """Whether a closing tag came that nothing had opened, behind text that had been given out as the answer."""
        self._untold = "" if begins_inside else None  # what was kept back on suspicion alone
        self._held = ""
        self._given = False

    def feed(self, piece: str) -> str:
        """What is certain with this piece: whole words, since no tag has a space inside but Harmony's channels."""
        self._held += piece
        end = max(self._held.rfind(" "), self._held.rfind("\n")) + 1
        channel = self._held.rfind(_CHANNEL, 0, end)
        if channel >= 0 and _MESSAGE not in self._held[channel:end]:
            end = channel
        certain, self._held = self._held[:end], self._held[end:]
        return self._read(certain)

    def finish(self) -> str:
        """The rest; all of it, if the tag for which it was kept back never came."""
        rest, self._held = self._read(self._held), ""
        return self._untold or rest

    def _read(self, text: str) -> str:
        out, at = "", 0
        for tag in _TAG.finditer(text):
            out += "" if self.inside else text[at : tag.start()]
            at = tag.end()
            if tag["closes"] and not self.inside and (self._given or out.strip()):
                self.was_inside, self._given, out = True, False, ""
            if tag["opens"] or tag["closes"]:
                self.inside, self._untold = bool(tag["opens"]), None
        if self._untold is not None:
            self._untold += text
        out += "" if self.inside else text[at:]
        self._given = self._given or bool(out.strip())
        return out


def repeats_itself(text: str) -> bool:
    """Whether ``text`` ends with the same words over and over, as of a model that finds no end."""
    before = text.rfind(text[-_TAIL:], 0, -1)
    if before < 0 or len(text) < _REPEATED:
        return False
    period = len(text) - _TAIL - before
    return text.endswith(text[-period:] * max(_TIMES, _REPEATED // period))
