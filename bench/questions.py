"""What is asked of the data, timed: each question about whoever makes it hardest.

Runs in the product's environment on an empty migrated database; `figures.py` starts it. Writes
the crowd of the tests (`tests/factories/crowd.py`) and asks their questions, whose cost in pages
the tests hold down. Prints {question: milliseconds of each call} as JSON.
"""

import json
import os
import sys
import time

from sqlmodel import Session

from tests.factories import crowd
from tests.factories.questions import QUESTIONS, Question
from workers.database import make_engine

# Connections and plans are warm after these; so is the cache, as for whoever asks often.
WARM_UPS = 10


def times(session: Session, question: Question, samples: int) -> list[float]:
    """Milliseconds from the call to the answer, rows made into objects included."""
    taken = []
    for _ in range(WARM_UPS + samples):
        asked = time.perf_counter()
        question.ask(session)
        taken.append((time.perf_counter() - asked) * 1_000)
    return taken[WARM_UPS:]


def main() -> None:
    """The first argument says how often each is asked."""
    samples = int(sys.argv[1])
    crowd.load(os.environ["DATABASE_URL"])
    engine = make_engine(os.environ["DATABASE_URL"], process="bench", pool_size=1)
    with Session(engine) as session:
        taken = {name: times(session, each, samples) for name, each in QUESTIONS.items()}
    json.dump(taken, sys.stdout)


if __name__ == "__main__":
    main()
