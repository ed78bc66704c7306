"""A company that moves from its own Exchange Server to Microsoft 365, person by person."""

from __future__ import annotations

from typing import Any

from almanakka.calendars import clock, switching
from almanakka.calendars.models import Cloud, Connection
from exchange_simulator import RunningSimulator
from exchange_simulator.item import Item

from .office import SECRET, Somebody
from .server_office import ServerOffice


class MovingOffice(ServerOffice):
    """``connection`` is the server; ``cloud`` the tenant, in whose name the same mailboxes answer by other ids.

    What a mailbox holds survives the move: properties, uids, change keys of the simulator's own.
    """

    def __init__(self, simulator: RunningSimulator, version: str = "2019") -> None:
        super().__init__(simulator, version)
        self.cloud = Connection.objects.create(
            company=self.company,
            cloud=Cloud.OTHER,
            authority_url=simulator.base_url,
            graph_url=simulator.base_url,
            ca_bundle=simulator.ca_file or "",
            tenant_id=self.tenant.id,
            client_id=self.app.client_id,
            client_secret=SECRET,
            enabled=True,
            enabled_at=self.now,
            personal_type=self.personal,
        )
        self._on_server = {"anna@contoso.test", "ben@contoso.test", "cecilia@contoso.test"}
        self.faults_end()

    def migrate(self, somebody: Somebody, connection: Connection | None = None) -> None:
        """What the company's Exchange administrators do: from now on the mailbox is elsewhere, and only there."""
        address = {somebody.user.email}
        self._on_server = self._on_server | address if connection == self.connection else self._on_server - address
        self.faults_end()

    def move(self, somebody: Somebody, connection: Connection | None = None, **options: Any) -> None:
        """The same, and have us go on there."""
        self.migrate(somebody, connection)
        with clock.stopped_at(self.now):
            switching.move(somebody.user, connection or self.cloud, acting=None, **options)

    def faults_end(self) -> None:
        """Where the mailboxes are stays as it is."""
        super().faults_end()
        for address in sorted(self.tenant_addresses()):
            path = "^(?!.*asmx)" if address in self._on_server else "asmx"
            self.fault("mailbox_not_enabled", path=path, mailbox=address, count=None)

    def tenant_addresses(self) -> set[str]:
        return {user.upn for user in self.tenant.users.values()}

    # -- a mailbox that is moved badly

    def take_out(self, somebody: Somebody, *titles: str) -> dict[int, Item]:
        """Entries that have not been moved yet, so that they are nowhere to be seen; no titles: all of them."""
        mailbox = self.simulator.world.mailbox(somebody.user.email)
        gone = {n: item for n, item in mailbox.items.items() if not titles or item.fields["subject"] in titles}
        for number in gone:
            del mailbox.items[number]
        mailbox.change += 1  # pages of a list are remembered until then
        return gone

    def put_in(self, somebody: Somebody, items: dict[int, Item]) -> None:
        mailbox = self.simulator.world.mailbox(somebody.user.email)
        mailbox.items.update(items)
        mailbox.change += 1
