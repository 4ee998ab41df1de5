"""Comments in a few lines without a model: the sentences that say what most guests say. Pure.

A word weighs as many comments as it is in; a sentence weighs what its words weigh on average. The
weightiest sentence is taken, its words lose most of their weight, and the next one is looked for,
so that no two say the same.

Source: SumBasic, in Nenkova and Vanderwende, "The Impact of Frequency on Summarization", Microsoft
Research, MSR-TR-2005-101.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

LINES: Final = 3
LONGEST_LINE: Final = 160
# Full-width signs too: those of Chinese and Japanese end sentences without a space after them.
SENTENCE: Final = re.compile("[^.!?\u3002\uff01\uff1f\n]+[.!?\u3002\uff01\uff1f]*")
WORD: Final = re.compile(r"[^\W_]+")
# Words that say nothing of an evening.
EMPTY: Final = frozenset(
    WORD.findall(
        "a about all an and are as at be been but by did do for from had has have he her i if in"
        " is it its just me my no not of on one or our she so that the their there they this to"
        " too us very was we were what when which who with would you your"
    )
)


class LocalSummariser:
    """Sums up comments within the process; the same comments give the same lines everywhere."""

    def summarise(self, comments: Sequence[str]) -> str:
        """Quote the sentences that say what most guests say."""
        return "Guests said: " + " ".join(f'"{line}"' for line in digest(comments))


def digest(comments: Sequence[str]) -> list[str]:
    """Choose up to three sentences; the order of the comments has no meaning."""
    weights = _weights(comments)
    left = sorted({line for comment in comments for line in _lines(comment)})
    chosen: list[str] = []
    said: set[str] = set()
    while left and len(chosen) < LINES:
        best = max(left, key=lambda line: (_weight(line, weights), -len(line)))
        chosen.append(best)
        said |= _words(best)
        left = [line for line in left if line != best and not _words(line) <= said]
        weights |= {word: weights[word] ** 2 for word in _words(best) & weights.keys()}
    return chosen


def _lines(comment: str) -> list[str]:
    """Cut a comment into sentences; one that is too long for a line is cut short."""
    found = (" ".join(sentence.split()) for sentence in SENTENCE.findall(comment))
    return [_short(line) for line in found if WORD.search(line)]


def _short(line: str) -> str:
    plain = line.replace('"', "'")
    return plain if len(plain) <= LONGEST_LINE else plain[: LONGEST_LINE - 3].rstrip() + "..."


def _words(line: str) -> set[str]:
    """Give the words of a line that say something."""
    return {word for word in WORD.findall(line.casefold()) if word not in EMPTY}


def _weights(comments: Sequence[str]) -> dict[str, float]:
    """Give for each word in what part of the comments it is."""
    counted = Counter(word for comment in comments for word in _words(comment))
    return {word: count / (len(comments) + 1) for word, count in counted.items()}


def _weight(line: str, weights: Mapping[str, float]) -> float:
    return _mean(weights.get(word, 0.0) for word in sorted(_words(line)))


def _mean(numbers: Iterable[float]) -> float:
    listed = list(numbers)
    return sum(listed) / len(listed) if listed else 0.0
