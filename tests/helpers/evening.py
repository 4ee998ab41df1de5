"""A small evening in a few domain events: enough that every derived figure says something."""

from domain.envelope import Envelope
from domain.payments.payloads import PaymentRefunded
from domain.profiles.payloads import (
    HostPhotoAdded,
    InterestsSelected,
    PersonaUpdated,
    ProfileLiked,
    ProfilePhotoAdded,
    SocialLinkAdded,
    SocialLinkShared,
)
from domain.tables.kudos import Kudo
from domain.tables.profiles import HostPhotoType
from domain.tables.users import SubscriptionStatus
from domain.users.payloads import PresenceChanged, SubscriptionChanged, UserDeleted
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, END, HOUR, NOW, START, an_id


def show_themselves(diary: Diary) -> None:
    """Have Ada say who she is, Bo take over her phone, and Gus come, do likewise and leave."""
    diary.people("Gus")
    at, later = START - 50 * DAY, START - 49 * DAY
    for name in ("Ada", "Gus"):
        person = {"user_id": an_id(name)}
        url = f"https://pictures.example/{name}"
        photo, logo = an_id(f"photo {name}"), an_id(f"logo {name}")
        diary.note(ProfilePhotoAdded(photo_id=photo, **person, url=url, is_authentic=True), at)
        diary.note(
            HostPhotoAdded(
                photo_id=logo, host_id=an_id(name), url=url, photo_type=HostPhotoType.LOGO
            ),
            at,
        )
        diary.note(InterestsSelected(**person, interests=["Hiking ", "Soup"]), at)
        diary.note(PersonaUpdated(**person, career="Baker", interests=["Jazz"], mood="calm"), at)
        diary.note(
            SubscriptionChanged(**person, subscription_status=SubscriptionStatus.PREMIUM), at
        )
        diary.note(PresenceChanged(**person, is_online=True), at)
        diary.note(ProfileLiked(liker_id=an_id(name), liked_id=an_id("Dan")), at)
        link = {"platform": "instagram", "url": url}
        diary.note(SocialLinkAdded(link_id=an_id(f"link {name}"), **person, **link), at)
        share = {"sharer_id": an_id(name), "receiver_id": an_id("Dan")}
        diary.note(SocialLinkShared(**share, platform="instagram"), later)
        diary.phone(name, of=name, at=at)
    diary.phone("Ada", of="Bo", at=later)
    diary.note(UserDeleted(user_id=an_id("Gus")), later)


def an_evening() -> list[Envelope]:
    """Three events of Hanna's: one long ago, one that is told in full, one still to come.

    At the second, Ada checks in, Bo cancels late, Dan is voted present, Eve doesn't show up, Flo
    finds it full and gets her money back. Ada and Dan came as a duo, and Bo has declined Flo's.
    """
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan", "Eve", "Flo")
    show_themselves(diary)
    earlier, later = START - 10 * DAY, NOW + 30 * DAY
    diary.event("brunch", host="Hanna", seats=8, starts_at=earlier)
    for person in ("Ada", "Dan", "Eve"):
        diary.invited("brunch", person, at=earlier - 4 * DAY)
        diary.paid("brunch", person, at=earlier - 3 * DAY)
        diary.reported("brunch", person, by="Hanna", status="late", at=earlier + HOUR)
    diary.ended("brunch", ends_at=earlier + 3 * HOUR)
    diary.event("drinks", host="Hanna", seats=4)
    diary.paired("ada and dan", "Ada", "Dan")
    diary.agreed("ada and dan")
    diary.paired("flo and bo", "Flo", "Bo")
    diary.parted("flo and bo", at=START - 5 * DAY)
    for person in ("Ada", "Bo", "Dan", "Eve", "Flo"):
        duo = "ada and dan" if person in {"Ada", "Dan"} else None
        diary.invited("drinks", person, duo=duo)
        diary.paid("drinks", person, at=START - (1 if person == "Flo" else 3) * DAY)
    diary.note(
        PaymentRefunded(
            payment_id=an_id("payment drinks Bo"), stripe_refund_id="re_1", amount_in_cents=100
        ),
        START - HOUR,
    )
    diary.cancelled("drinks", "Bo", at=START - 5 * HOUR)
    diary.checked_in("drinks", "Ada", at=START + HOUR)
    diary.reported("drinks", "Dan", by="Ada", status="attended")
    diary.reported("drinks", "Dan", by="Eve", status="late", at=END - HOUR)
    diary.ended("drinks")
    for kudo in (Kudo.INSPIRING, Kudo.HELPFUL, Kudo.THOUGHTFUL):
        diary.thanked("drinks", "Dan", "Ada", kudo)
    diary.thanked("drinks", "Hanna", "Ada", Kudo.HELPFUL)
    diary.thanked("drinks", "Eve", "Ada", Kudo.HELPFUL)
    diary.rated("drinks", "Ada", 5, 4)
    diary.rated("drinks", "Dan", 4, 4)
    diary.rated("drinks", "Eve", 1, 1)
    _afterwards(diary)
    diary.event("picnic", host="Hanna", seats=2, starts_at=later)
    diary.people("Gus")
    diary.note(UserDeleted(user_id=an_id("Gus")), END + 3 * DAY)
    return diary.pages


def _afterwards(diary: Diary) -> None:
    """Ada and Dan talk and show photos; Ada writes about Dan, and about Bo, who didn't come."""
    diary.talked("Ada", "Dan")
    diary.talked("Dan", "Hanna")
    diary.said("talk Ada Dan", "Ada", "Hello")
    diary.said("talk Ada Dan", "Dan", "Hello yourself", at=END + 3 * DAY)
    diary.posted("drinks", "Ada")
    for person in ("Ada", "Dan"):
        diary.photographed("drinks", person)
    diary.moderated("drinks", "Ada", "pending_review", by="Hanna")
    diary.moderated("drinks", "Ada", "hidden_by_host", by="Hanna", at=END + 2 * DAY)
    diary.remembered("drinks", "Ada", "Dan", is_favorite=True, private_notes="Knows soup")
    diary.remembered("drinks", "Ada", "Dan", at=END + 2 * DAY, private_notes="Knows jazz")
    diary.remembered("drinks", "Ada", "Bo", wants_to_connect_again=True)
