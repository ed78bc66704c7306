"""Looking people up in the organisation's directory."""

from __future__ import annotations

from collections.abc import Collection

from exchange_simulator.world import User

from .soap import Element, Failure, element, failure, m, success, warning

_NAME = "ResolveNames"
_SEVERAL = Failure("ErrorNameResolutionMultipleResults", "Multiple results were found.")


def resolved(people: Collection[User], operation: Element) -> str:
    """The message about the name asked for: who it may be."""
    wanted = (operation.findtext(m("UnresolvedEntry")) or "").lower().removeprefix("smtp:")
    found = [each for each in people if wanted in each.addresses or wanted in each.name.lower()]
    if not found:
        return failure(_NAME, Failure("ErrorNameResolutionNoResults", "No results were found."))
    full = operation.get("ReturnFullContactData") in ("true", "1")
    rows = "".join(f"<t:Resolution>{_mailbox(each)}{_contact(each) if full else ''}</t:Resolution>" for each in found)
    paging = f'TotalItemsInView="{len(found)}" IncludesLastItemInRange="true"'
    inside = f"<m:ResolutionSet {paging}>{rows}</m:ResolutionSet>"
    return success(_NAME, inside) if len(found) == 1 else warning(_NAME, _SEVERAL, inside)


def _mailbox(person: User) -> str:
    kind = "Mailbox" if person.mailbox is not None else "Contact"
    return (
        f"<t:Mailbox>{element('Name', person.name)}{element('EmailAddress', person.mail or person.upn)}"
        f"<t:RoutingType>SMTP</t:RoutingType><t:MailboxType>{kind}</t:MailboxType></t:Mailbox>"
    )


def _contact(person: User) -> str:
    given, _, surname = person.name.partition(" ")
    return (
        f"<t:Contact>{element('DisplayName', person.name)}{element('GivenName', given)}"
        f"<t:ContactSource>ActiveDirectory</t:ContactSource>{element('Surname', surname)}</t:Contact>"
    )
