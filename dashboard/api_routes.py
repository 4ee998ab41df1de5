"""The routes of `/api/ops/v1`, each with the verb that it needs; see docs/ops-api.md."""

from typing import Final

from dashboard import (
    api,
    api_admin,
    api_bulk,
    api_catalogue,
    api_overview,
    api_pauses,
    api_people,
)
from dashboard.permissions import OPEN, DeclaredRoute, answer
from dashboard.problems import API
from domain.ops.permissions import Verb

API_ROUTES: Final[tuple[DeclaredRoute, ...]] = (
    answer(f"{API}/session", api.open_session, method="POST", verb=OPEN),
    answer(f"{API}/sign-out", api.close_session, method="POST", verb=Verb.SIGN_OUT),
    answer(f"{API}/deliveries", api.get_deliveries, verb=Verb.LOOK),
    answer(f"{API}/deliveries/retry", api.retry_delivery, method="POST", verb=Verb.RETRY),
    answer(f"{API}/deliveries/discard", api.discard_delivery, method="POST", verb=Verb.DISCARD),
    answer(f"{API}/deliveries/restore", api.restore_delivery, method="POST", verb=Verb.RESTORE),
    answer(f"{API}/domain-events/{{id}}", api.get_domain_event, verb=Verb.LOOK),
    answer(f"{API}/dead", api.get_dead, verb=Verb.LOOK),
    answer(f"{API}/pauses", api_pauses.get_pauses, verb=Verb.LOOK),
    answer(f"{API}/pauses", api_pauses.pause_one, method="POST", verb=Verb.PAUSE),
    answer(f"{API}/pauses/end", api_pauses.resume_one, method="POST", verb=Verb.PAUSE),
    answer(f"{API}/schedules", api_pauses.get_schedules, verb=Verb.LOOK),
    answer(f"{API}/schedules/run", api_pauses.run_schedule, method="POST", verb=Verb.RUN),
    answer(f"{API}/schedules/pause", api_pauses.pause_line, method="POST", verb=Verb.PAUSE),
    answer(f"{API}/schedules/resume", api_pauses.resume_line, method="POST", verb=Verb.PAUSE),
    answer(f"{API}/overview", api_overview.get_overview, verb=Verb.LOOK),
    answer(f"{API}/pipe", api_overview.get_pipe, verb=Verb.LOOK),
    answer(f"{API}/lanes", api_overview.get_lanes, verb=Verb.LOOK),
    answer(f"{API}/lanes/{{name}}", api_overview.get_lane, verb=Verb.LOOK),
    answer(f"{API}/workers", api_overview.get_workers, verb=Verb.LOOK),
    answer(f"{API}/outbox", api_overview.get_outbox, verb=Verb.LOOK),
    answer(f"{API}/search", api_overview.get_search, verb=Verb.LOOK),
    answer(f"{API}/bulk", api_bulk.get_operations, verb=Verb.LOOK),
    answer(f"{API}/bulk", api_bulk.start_operation, method="POST", verb=Verb.BULK),
    answer(f"{API}/bulk/preview", api_bulk.preview_operation, verb=Verb.BULK),
    answer(f"{API}/bulk/{{id}}", api_bulk.get_operation, verb=Verb.LOOK),
    answer(f"{API}/bulk/{{id}}/cancel", api_bulk.cancel_operation, method="POST", verb=Verb.BULK),
    answer(f"{API}/bulk/{{id}}/undo", api_bulk.undo_operation, method="POST", verb=Verb.BULK),
    answer(f"{API}/notifications", api_people.get_notifications, verb=Verb.LOOK),
    answer(f"{API}/notifications/{{id}}", api_people.get_notification, verb=Verb.LOOK),
    answer(f"{API}/people/find", api_people.find_by_address, method="POST", verb=Verb.REVEAL),
    answer(f"{API}/people/{{id}}", api_people.get_person, verb=Verb.LOOK),
    answer(
        f"{API}/people/{{id}}/reveal", api_people.reveal_person, method="POST", verb=Verb.REVEAL
    ),
    answer(f"{API}/people/{{id}}/hide", api_people.hide_person, method="POST", verb=Verb.REVEAL),
    answer(f"{API}/people/{{id}}/erase", api_people.erase_person, method="POST", verb=Verb.ERASE),
    answer(f"{API}/gatherings/{{id}}", api_people.get_gathering, verb=Verb.LOOK),
    answer(f"{API}/catalogue", api_catalogue.get_catalogue, verb=Verb.LOOK),
    answer(f"{API}/catalogue/{{type}}", api_catalogue.get_type, verb=Verb.LOOK),
    answer(f"{API}/keys", api_admin.get_keys, verb=Verb.MANAGE_KEYS),
    answer(f"{API}/keys", api_admin.create_key, method="POST", verb=Verb.MANAGE_KEYS),
    answer(f"{API}/keys/{{id}}/rotate", api_admin.rotate_key, method="POST", verb=Verb.MANAGE_KEYS),
    answer(f"{API}/keys/{{id}}/revoke", api_admin.revoke_key, method="POST", verb=Verb.MANAGE_KEYS),
    answer(f"{API}/accounts", api_admin.get_accounts, verb=Verb.MANAGE_ACCOUNTS),
    answer(f"{API}/accounts", api_admin.create_account, method="POST", verb=Verb.MANAGE_ACCOUNTS),
    answer(
        f"{API}/accounts/{{name}}",
        api_admin.change_account,
        method="POST",
        verb=Verb.MANAGE_ACCOUNTS,
    ),
    answer(f"{API}/audit", api.get_audit, verb=Verb.READ_AUDIT),
)
