"""Time twenty keyword and pattern functions: declared, row by row, in pandas, and in Snorkel.

``python -m benchmarks.speed.apply [--rows N ...] [--cases C ...] [--snorkel-python P] [--out CSV]``

All systems see the same short texts and must cast the same votes. Row functions have the bodies
that people write: ``lower()``, ``in``, and ``search`` of a compiled pattern; pandas takes the same
patterns by ``str.contains``, and lowers the column once. Votes are not taken from the cache.
Seconds are the median of up to five runs, each from functions and frame to votes.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import _results
from benchmarks.speed._processes import has_module, repeated, run_alone

WORDS = {  # whole words
    "asks_to_subscribe": ["subscribe", "subscribers"],
    "checks_out": ["check out", "check this"],
    "praises": ["love", "great", "amazing", "beautiful"],
    "sells": ["buy", "cheap", "discount"],
    "begs": ["please", "help"],
    "mentions_music": ["song", "music", "singer", "lyrics"],
    "greets": ["hello", "café"],
}
PARTS = {  # also within words
    "part_subscri": ["subscri"],
    "part_channel": ["channel", "playlist"],
    "part_http": ["http", "www."],
    "part_money": ["$", "€"],
    "part_free": ["free"],
    "part_cover": ["my cover", "my version"],
}
PATTERNS = {
    "link": r"https?://\S+|www\.\S+",
    "price": r"\$\s?\d+",
    "check_out": r"check\s+(?:it|me|this)?\s*out",
    "years": r"\b(?:19|20)\d\d\b",
    "shouts": r"\b[A-Z]{4,}\b",
    "repeats": r"!{2,}|\?{2,}",
    "not_good": r"\bnot\s+(?:very\s+)?good\b",
}
CASES = {
    "words": list(WORDS),
    "parts": list(PARTS),
    "patterns": list(PATTERNS),
    "all": [*WORDS, *PARTS, *PATTERNS],
}
SYSTEMS = {
    "weaklabel declared": "declared",
    "weaklabel rows": "rows",
    "pandas vectorized": "vectorized",
    "snorkel rows": "snorkel",
}
COLUMNS = ["case", "system", "rows", "seconds", "ratio_to_ours", "peak_mb", "agrees"]


def texts(n_rows: int, seed: int = 0) -> pd.DataFrame:
    """Make short texts: Zipf words, the words looked for, and now and then a link or a number."""
    rng = np.random.default_rng(seed)
    syllables = [a + b for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "u", "an", "er")]
    common = ["".join(rng.choice(syllables, rng.integers(1, 4))) for _ in range(5000)]
    common[50::70] = [word.replace("e", "é") + "ñ" for word in common[50::70]]
    sought = sorted({word for group in [*WORDS.values(), *PARTS.values()] for word in group})
    common[100:5000:50] = (sought * 98)[:98]  # from frequent to rare
    rank = np.arange(1, len(common) + 1)
    chance = (1 / (rank + 5)) / (1 / (rank + 5)).sum()
    lengths = rng.integers(3, 22, n_rows)
    words = iter(np.array(common)[rng.choice(len(common), lengths.sum(), p=chance)].tolist())
    odd = rng.random((n_rows, 5))
    return pd.DataFrame({"text": [_text(words, *pair) for pair in zip(lengths, odd, strict=True)]})


def _text(words: Any, length: int, odd: np.ndarray) -> str:
    """Join words to a text, with what makes texts odd."""
    text = " ".join(next(words) for _ in range(length)).capitalize()
    extras = [
        f" http://{odd[0] * 1e9:.0f}.com/x",
        f" ${odd[1] * 1e4:.0f}",
        f" since {1990 + int(odd[2] * 1000)}",
        "!!! 😀",
        " NOT not  good CHECK  OUT",
    ]
    return text + "".join(extra for extra, chance in zip(extras, odd, strict=True) if chance < 0.04)


def _whole(words: list[str]) -> str:
    """Write whole words as a pattern."""
    return rf"\b(?:{'|'.join(map(re.escape, words))})\b"


def _bodies() -> dict[str, Callable[[Any], bool]]:
    """Write each function as a Python body over one row."""
    bodies: dict[str, Callable[[Any], bool]] = {}
    for name, words in WORDS.items():
        found = re.compile(_whole(words)).search
        bodies[name] = lambda row, found=found: found(row.text.lower()) is not None
    for name, parts in PARTS.items():
        bodies[name] = lambda row, parts=parts: any(part in row.text.lower() for part in parts)
    for name, pattern in PATTERNS.items():
        search = re.compile(pattern).search
        bodies[name] = lambda row, search=search: search(row.text) is not None
    return bodies


def declared(case: str, n_rows: int) -> dict[str, Any]:
    """Declare the functions."""
    from weaklabel.functions import Keywords, Regex

    functions = {
        **{name: Keywords(words, vote=1, name=name) for name, words in WORDS.items()},
        **{
            name: Keywords(parts, vote=1, name=name, whole_words=False)
            for name, parts in PARTS.items()
        },
        **{name: Regex(pattern, vote=1, name=name) for name, pattern in PATTERNS.items()},
    }
    return _apply_ours([f for name, f in functions.items() if name in CASES[case]], n_rows)


def rows(case: str, n_rows: int) -> dict[str, Any]:
    """Apply the Python bodies with our decorator."""
    from weaklabel.functions import labeling_function

    functions = [
        labeling_function(name=name)(lambda row, holds=holds: 1 if holds(row) else None)
        for name, holds in _bodies().items()
        if name in CASES[case]
    ]
    return _apply_ours(functions, n_rows)


def _apply_ours(functions: list[Any], n_rows: int) -> dict[str, Any]:
    """Time our `apply`."""
    from weaklabel.functions import apply

    frame = texts(n_rows)
    votes, seconds = repeated(lambda: apply(functions, frame, cache=False), 5)
    return {"seconds": seconds, "votes": _digests(votes.notna().to_numpy())}


def vectorized(case: str, n_rows: int) -> dict[str, Any]:
    """Search whole columns with pandas."""
    patterns = {
        **{name: _whole(words) for name, words in WORDS.items()},
        **{name: "|".join(map(re.escape, parts)) for name, parts in PARTS.items()},
        **PATTERNS,
    }
    patterns = {name: pattern for name, pattern in patterns.items() if name in CASES[case]}
    frame = texts(n_rows)

    def votes() -> pd.DataFrame:
        lower = frame["text"].str.lower() if set(patterns) - set(PATTERNS) else None
        return pd.DataFrame(
            {
                name: (frame["text"] if name in PATTERNS else lower).str.contains(pattern)
                for name, pattern in patterns.items()
            }
        )

    found, seconds = repeated(votes, 5)
    return {"seconds": seconds, "votes": _digests(found.to_numpy(bool))}


def snorkel(case: str, n_rows: int) -> dict[str, Any]:
    """Apply the Python bodies with Snorkel."""
    from snorkel.labeling import LabelingFunction, PandasLFApplier

    functions = [
        LabelingFunction(name, lambda row, holds=holds: 1 if holds(row) else -1)
        for name, holds in _bodies().items()
        if name in CASES[case]
    ]
    frame = texts(n_rows)
    applier = PandasLFApplier(functions)
    votes, seconds = repeated(lambda: applier.apply(frame, progress_bar=False), 5)
    return {"seconds": seconds, "votes": _digests(votes == 1)}


def _digests(hits: np.ndarray) -> list[str]:
    """Digest the votes of each function, to compare them between processes."""
    return [
        f"{column.sum()} {hashlib.sha256(np.packbits(column).tobytes()).hexdigest()}"
        for column in hits.T
    ]


def table(
    n_rows: int, snorkel_python: str | None, cases: Iterable[str] = tuple(CASES)
) -> Iterator[dict[str, Any]]:
    """Measure every system on every case, each in its own process."""
    for case in cases:
        ours: dict[str, Any] = {}
        for system, function in SYSTEMS.items():
            python = snorkel_python if function == "snorkel" else sys.executable
            if python is None:
                continue
            target = f"benchmarks.speed.apply:{function}"
            found = run_alone(target, python=python, case=case, n_rows=n_rows)
            ours = ours or found
            yield {
                "case": f"{case} ({len(CASES[case])} functions)",
                "system": system,
                "rows": n_rows,
                "seconds": found["seconds"],
                "ratio_to_ours": found["seconds"] / ours["seconds"],
                "peak_mb": found["peak_mb"],
                "agrees": found["votes"] == ours["votes"],
            }


def main(arguments: list[str] | None = None) -> int:
    """Print and write the table; 1 if systems disagree on a vote."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000], help="numbers of texts")
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--out", type=Path, help="CSV file to write")
    parser.add_argument("--snorkel-python", default=sys.executable, help="interpreter with snorkel")
    parser.add_argument("--note", default="", help="what else to say of the run in the file")
    options = parser.parse_args(arguments)
    python = options.snorkel_python if has_module(options.snorkel_python, "snorkel") else None
    if python is None:
        print(f"snorkel left out: {options.snorkel_python} has none; install weaklabel[bench]")
    lines: list[dict[str, Any]] = []
    for n_rows in options.rows:
        for line in table(n_rows, python, options.cases):
            lines.append(line)
            print("  ".join(map(str, line.values())), flush=True)
    if options.out:
        how = _results.made() + (f"; {options.note}" if options.note else "")
        _results.write(options.out, lines, COLUMNS, how)
    return 0 if all(line["agrees"] for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
