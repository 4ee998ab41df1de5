"""What people are interested in, and the persona that full-text search finds them by."""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session

from domain.batch import Batch
from domain.deleted import deletions, judge_deleted
from domain.facts import Fact, keep, load
from domain.payload import Payload
from domain.profiles.payloads import InterestsSelected, PersonaUpdated
from domain.profiles.rules import interest_names, settle_interests, settle_persona
from domain.sql import array, execute, update_rows
from domain.verdict import Verdict


def select_interests(session: Session, batch: Batch[InterestsSelected]) -> dict[int, Verdict]:
    """Replace what people are interested in by what they selected last.

    Names become interests whoever says them: the list belongs to nobody. What somebody who was
    erased selected can't be read any more, so that a name that nobody else ever said is on the
    list or not, as it was heard.
    """
    _add_unknown(session, (name for each in batch for name in each.payload.interests))
    verdicts, facts = _keep(session, batch)
    _write(session, {person: settle_interests(said) for person, said in facts.items()})
    return verdicts


def update_personas(session: Session, batch: Batch[PersonaUpdated]) -> dict[int, Verdict]:
    """Change career, interests and mood, each by its newest word."""
    verdicts, facts = _keep(session, batch)
    rows = [{"id": person, **settle_persona(said)} for person, said in sorted(facts.items())]
    update_rows(session, "users", "id", rows)
    return verdicts


def _keep(
    session: Session, batch: Batch[Payload]
) -> tuple[dict[int, Verdict], Mapping[str, Sequence[Fact]]]:
    """Keep what was said, and give the facts about those of whom it was; not of the deleted."""
    gone = deletions(session, (each.payload.subject for each in batch))
    verdicts = judge_deleted(batch, gone, person=lambda said: said.subject)
    accepted = batch.without(verdicts)
    keep(session, "user_facts", "user_id", accepted)
    people = [each.payload.subject for each in accepted]
    return verdicts, load(session, "user_facts", "user_id", people)


def _add_unknown(session: Session, names: Iterable[str]) -> None:
    """Make interests of names that are none yet.

    In the order of the names, so that of two batches with the same new ones one waits for the
    other. Known ones are left out, since each try to insert one would use up a number.
    """
    execute(
        session,
        """
        INSERT INTO interests (name)
        SELECT said.name FROM unnest(%(names)s::text[]) AS said (name)
        WHERE NOT EXISTS (SELECT FROM interests AS known WHERE known.name = said.name)
        ORDER BY said.name COLLATE "C"
        ON CONFLICT DO NOTHING
        """,
        names=interest_names(names),
    )


def _write(session: Session, wanted: Mapping[str, Sequence[str]]) -> None:
    """Make people's interests these, and no others."""
    pairs = [(person, name) for person, names in sorted(wanted.items()) for name in names]
    columns = {
        "people": array(wanted),
        "owners": array(person for person, _ in pairs),
        "names": [name for _, name in pairs],
    }
    execute(
        session,
        """
        DELETE FROM profile_interests AS kept USING interests
        WHERE kept.user_id = ANY(%(people)s::uuid[]) AND interests.id = kept.interest_id
            AND (kept.user_id, interests.name) NOT IN (
                SELECT owner, name
                FROM unnest(%(owners)s::uuid[], %(names)s::text[]) AS said (owner, name))
        """,
        **columns,
    )
    execute(
        session,
        """
        INSERT INTO profile_interests (user_id, interest_id)
        SELECT said.owner, interests.id
        FROM unnest(%(owners)s::uuid[], %(names)s::text[]) AS said (owner, name)
        JOIN interests ON interests.name = said.name
        ON CONFLICT DO NOTHING
        """,
        owners=columns["owners"],
        names=columns["names"],
    )
