"""Links to elsewhere, and with whom they were shared."""

from collections.abc import Collection, Mapping
from typing import Final

from sqlmodel import Session

from domain.batch import Batch
from domain.deleted import ERASED, deletions, judge_deleted
from domain.profiles.payloads import SocialLinkAdded, SocialLinkShared
from domain.profiles.rows import Kind, keep_none, keep_rows
from domain.profiles.rules import judge_pair
from domain.sql import array, execute, fetch
from domain.verdict import Deferred, Verdict

LINKS: Final = Kind("user_social_links", owner="user_id", newest_stands=True)

Share = tuple[str, str, str]


def links_of(person: str) -> str:
    """Name what a share waits for: the links of somebody, whatever the platform.

    So whoever waits is also woken by the deletion, after which none will come.
    """
    return f"social_links:{person}"


def add_links(session: Session, batch: Batch[SocialLinkAdded]) -> dict[int, Verdict]:
    """Keep links; of one link the newest word stands."""
    verdicts = keep_none(session, LINKS, batch=batch)
    accepted = batch.without(verdicts)
    rows = {each.seq: each.payload.model_dump(exclude={"link_id"}) for each in accepted}
    return verdicts | keep_rows(session, LINKS, batch=accepted, rows=rows)


def share_links(session: Session, batch: Batch[SocialLinkShared]) -> dict[int, Verdict]:
    """Keep who may see whose link, with the link as it is now; without one it waits.

    A share stands between two people who are both there. One that waits isn't woken by the
    receiver's deletion, so that is looked at last.
    """
    verdicts: dict[int, Verdict] = {}
    for shared in batch:
        refusal = judge_pair(shared.payload.sharer_id, shared.payload.receiver_id)
        if refusal is not None:
            verdicts[shared.seq] = refusal
    rest = batch.without(verdicts)
    shares = {each.seq: _share(each.payload) for each in rest}
    gone = deletions(session, (person for share in shares.values() for person in share[:2]))
    verdicts |= judge_deleted(rest, gone, person=lambda said: said.sharer_id)
    linked = _newest_links(session, shares.values())
    for seq, share in shares.items():
        if seq not in verdicts and share not in linked:
            verdicts[seq] = Deferred(links_of(share[0]))
        elif seq not in verdicts and share[1] in gone:
            verdicts[seq] = ERASED
    _insert(session, {share: linked[share] for seq, share in shares.items() if seq not in verdicts})
    return verdicts


def _share(said: SocialLinkShared) -> Share:
    return (said.sharer_id, said.receiver_id, said.platform)


def _columns(shares: Collection[Share]) -> dict[str, str]:
    """One list a column."""
    names = ("sharers", "receivers", "platforms")
    columns = zip(*shares, strict=True) if shares else ((), (), ())
    return {name: array(column) for name, column in zip(names, columns, strict=True)}


def _newest_links(session: Session, shares: Collection[Share]) -> dict[Share, str]:
    """Give the URL of the sharer's newest link on the platform, where there is one."""
    rows = fetch(
        session,
        """
        SELECT asked.sharer_id, asked.receiver_id, asked.platform, newest.url
        FROM unnest(%(sharers)s::uuid[], %(receivers)s::uuid[], %(platforms)s::text[])
            AS asked (sharer_id, receiver_id, platform)
        CROSS JOIN LATERAL (
            SELECT url FROM user_social_links AS link
            WHERE link.user_id = asked.sharer_id AND link.platform = asked.platform
            ORDER BY stamp_time DESC NULLS LAST, stamp_id COLLATE "C" DESC,
                stamp_source COLLATE "C" DESC LIMIT 1
        ) AS newest
        """,
        **_columns(shares),
    )
    return {(sharer, receiver, platform): url for sharer, receiver, platform, url in rows}


def _insert(session: Session, shared: Mapping[Share, str]) -> None:
    """Make rows that aren't there yet; a snapshot once taken stays."""
    # In key order, so that of two batches with the same shares one waits for the other.
    listed = sorted(shared)
    execute(
        session,
        "INSERT INTO social_connections (sharer_id, receiver_id, platform, shared_url)"
        " SELECT * FROM unnest(%(sharers)s::uuid[], %(receivers)s::uuid[], %(platforms)s::text[],"
        " %(urls)s::text[]) ON CONFLICT DO NOTHING",
        **_columns(listed),
        urls=[shared[share] for share in listed],
    )
