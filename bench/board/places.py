"""The dashboard's pages, each as it is asked for where it is hardest."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bench.board.rows import BULK, GATHERING, PERSON


def places(count: int) -> dict[str, str]:
    """Give them by name; `count` is how many deliveries there are."""
    middle = count // 2
    told = UUID(hashlib.md5(f"told{middle // 10 * 10}".encode(), usedforsecurity=False).hexdigest())
    died_last = f"kudos.apply_{count % 20}"
    then = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    kind = "handler=kudos.apply_7&error=KeyError+%7C+kudos%2Frules.py+in+judge_7"
    return {
        "overview": "/",
        "overview, two days ago": f"/?at={then}",
        "lanes": "/lanes",
        "lanes, two days ago": f"/lanes?at={then}",
        "lane, an hour": "/lanes/afterwards",
        "lane, a day": "/lanes/afterwards?period=24h",
        "lane, a week": "/lanes/afterwards?period=7d",
        "schedules": "/schedules",
        "workers": "/workers",
        "outbox": "/outbox",
        "deliveries": "/deliveries",
        "deliveries, deep": f"/deliveries?after={middle}~x~",
        "deliveries, rejected": "/deliveries?state=rejected",
        "deliveries, pending": "/deliveries?state=pending",
        "deliveries, due now": "/deliveries?due=now",
        "deliveries, due of a lane": "/deliveries?lane=afterwards&due=now",
        "deliveries, failed": "/deliveries?state=failed",
        "deliveries, failed of a lane": "/deliveries?state=failed&lane=plans",
        "deliveries, rare handler": "/deliveries?handler=safety.apply_report_filed",
        "deliveries, type and time": "/deliveries?type=message.sent&since=12d&until=11d",
        "deliveries, subject": f"/deliveries?subject={PERSON}",
        "deliveries, person": f"/deliveries?user={PERSON}",
        "domain event": f"/domain-events/{middle}",
        "domain event, dead": f"/domain-events/{count}",
        "domain event, many deliveries": f"/domain-events/{count + 200}",
        "domain event, dead, as a test": f"/domain-events/{count}/copy?handler={died_last}",
        "dead": "/dead",
        "dead, a rare kind": "/dead/list?handler=a.rare_one&error=Rare",
        "dead, by error alone": "/dead/list?error=Rare",
        "dead, by time alone": "/dead/list?died=24h",
        "dead, a kind": f"/dead/list?{kind}",
        "dead, a kind, 24h": f"/dead/list?{kind}&died=24h",
        "dead, preview of a kind": f"/dead/preview?{kind}",
        "dead, preview of all": "/dead/preview?kind=discard",
        "bulk operations": "/bulk",
        "bulk operation": f"/bulk/{BULK}",
        "audit log": "/audit",
        "keys": "/keys",
        "accounts": "/accounts",
        "people": "/people",
        "person": f"/people/{PERSON}",
        "person, what erasing means": f"/people/{PERSON}/erase",
        "gathering": f"/gatherings/{GATHERING}",
        "catalogue": "/catalogue",
        "catalogue, a type": "/catalogue/kudos.given",
        "notifications": "/notifications",
        "notifications, suppressed": "/notifications?state=suppressed",
        "notifications, by SMS (none)": "/notifications?channel=sms",
        "notifications, person": f"/notifications?user={PERSON}",
        "notification": f"/notifications/{told}",
        "promises": "/promises",
        "runbook": "/runbook",
        "search": f"/search?q=bench-{middle}",
        "search, nothing": "/search?q=nothing",
    }
