"""What Twilio's error codes ask for, whether they come at once or with a callback.

https://www.twilio.com/docs/api/errors
"""

from typing import Final

from workers.providers.ports import About, Refused, Trouble

STOPPED: Final = 21610
# There is no such thing: of a message that is asked about, it was deleted or is another account's.
NO_SUCH: Final = "20404"
# Not a number, or one that takes no texts.
NO_ADDRESS: Final = frozenset({21211, 21614, 21635, 30006})
# It may go through a little later.
LATER: Final = frozenset({30003, 30008})
# Too much at once, or a queue that is full; waiting helps. 63038 is the cap of a day.
TOO_MUCH: Final = frozenset({20429, 21611, 30001, 63017, 63038})
# Credentials, account, sender, or what we asked: nobody's text will get through.
OUR_ACCOUNT: Final = frozenset(
    {20003, 20404, 21212, 21603, 21606, 21608, 21609, 21701, 30002, 30034}
)


def meaning_of(code: int) -> Refused | Trouble:
    """Say what a code means; all of them say that the message wasn't delivered."""
    name = str(code)
    if code == STOPPED:
        return Refused(name, About.CONSENT)
    if code in NO_ADDRESS:
        return Refused(name, About.ADDRESS)
    if code in TOO_MUCH:
        return Trouble(name)
    if code in OUR_ACCOUNT:
        return Trouble(name, needs_operator=True)
    return Refused(name, About.MESSAGE, permanent=code not in LATER)
