"""The same company with its calendars on an Exchange Server of its own."""

from __future__ import annotations

from almanakka.calendars.models import Connection, Kind
from almanakka.remote import sessions
from exchange_simulator import RunningSimulator
from exchange_simulator import User as Holder

from .office import Office

PASSWORD = "s3cret-of-calsync"


class ServerOffice(Office):
    """``version`` is one of those that the simulator can be."""

    def __init__(self, simulator: RunningSimulator, version: str = "2019") -> None:
        self.version = version
        super().__init__(simulator)

    def _connection(self) -> Connection:
        self.simulator.world.add_exchange(self.tenant.id, "CONTOSO", self.version)
        self.simulator.control.add_account("calsync", PASSWORD)
        return Connection.objects.create(
            company=self.company,
            kind=Kind.EXCHANGE,
            ews_url=self.simulator.exchange_url,
            domain="CONTOSO",
            delegate_name="calsync",
            delegate_password=PASSWORD,
            ca_bundle=self.simulator.ca_file or "",
            enabled=True,
            enabled_at=self.now,
            personal_type=self.personal,
        )

    def _remote_id(self, there: Holder) -> str:
        return there.mail or there.upn

    def sign_ins_are_forgotten(self) -> None:
        """Every connection is closed, so that the next request signs in again."""
        sessions.close()
