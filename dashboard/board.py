"""`/`: how everything stands, as a page and as the fragment with which the page renews itself."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.context import context_of
from dashboard.guard import signed_in
from dashboard.pages.board import board_page, board_parts
from dashboard.verdict import judge_standing


async def show_board(request: Request) -> Response:
    """The page; with `?fragment` only what changes on it."""
    standing = await context_of(request).standings.latest()
    verdict = judge_standing(standing)
    if "fragment" in request.query_params:
        return HTMLResponse(board_parts(standing, verdict))
    return board_page(standing, verdict, viewer=signed_in(request))
