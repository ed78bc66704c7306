"""An Exchange Server in the simulator, and a bare connection to it that signs in by hand."""

from __future__ import annotations

import base64
import http.client
import itertools
import socket
import ssl
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

import spnego
from spnego.channel_bindings import GssChannelBindings

from exchange_simulator import Person, RunningSimulator, Tenant
from exchange_simulator.ews.servers import ExchangeServer

PASSWORD = "s3cret"
ACCOUNT = "CONTOSO\\calsync"
FOLDER = (
    "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>"
    '<m:FolderIds><t:DistinguishedFolderId Id="calendar"/></m:FolderIds></m:GetFolder>'
)
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_SERVICES = "http://schemas.microsoft.com/exchange/services/2006"
_numbers = itertools.count(1)


@dataclass
class Organisation:
    """A tenant with Anna and Ben, whose mailboxes are on a server of their own."""

    simulator: RunningSimulator
    tenant: Tenant
    server: ExchangeServer
    anna: Person
    ben: Person

    def connection(self, port: int = 0) -> http.client.HTTPSConnection:
        """A connection to the server, from a port of ours if one is named; closing it leaves the port free."""
        address = urlsplit(self.simulator.base_url)
        context = ssl.create_default_context(cafile=self.simulator.ca_file)
        connection = http.client.HTTPSConnection(
            address.hostname or "", address.port, timeout=60, context=context, source_address=("127.0.0.1", port)
        )
        connection.connect()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return connection


def found_organisation(simulator: RunningSimulator, version: str = "2019") -> Organisation:
    """A new organisation; its server takes the place of any before it."""
    world, domain = simulator.world, f"on-premises-{next(_numbers)}.test"
    tenant = world.add_tenant(domain, "Contoso")
    tenant.add_user(f"anna@{domain}", "Anna Aalto")
    tenant.add_user(f"ben@{domain}", "Ben Berg")
    server = world.add_exchange(tenant.id, "CONTOSO", version)
    simulator.control.add_account("calsync", PASSWORD)
    return Organisation(
        simulator, tenant, server, simulator.person(f"anna@{domain}"), simulator.person(f"ben@{domain}")
    )


def envelope(operation: str, address: str, version: str = "Exchange2010_SP1") -> bytes:
    """A request in the name of a person."""
    who = f"<t:ConnectingSID><t:PrimarySmtpAddress>{address}</t:PrimarySmtpAddress></t:ConnectingSID>"
    return (
        f'<s:Envelope xmlns:s="{_SOAP}" xmlns:m="{_SERVICES}/messages" xmlns:t="{_SERVICES}/types">'
        f'<s:Header><t:RequestServerVersion Version="{version}"/>'
        f"<t:ExchangeImpersonation>{who}</t:ExchangeImpersonation></s:Header>"
        f"<s:Body>{operation}</s:Body></s:Envelope>"
    ).encode()


def ask(connection: http.client.HTTPSConnection, address: str, sign_in: str = "") -> tuple[int, str, bytes]:
    """Ask for the calendar's folder; status, what the server says of signing in, and the answer."""
    headers = {"Content-Type": "text/xml; charset=utf-8"} | ({"Authorization": sign_in} if sign_in else {})
    connection.request("POST", "/EWS/Exchange.asmx", envelope(FOLDER, address), headers)
    answer = connection.getresponse()
    return answer.status, answer.headers.get("WWW-Authenticate", ""), answer.read()


def ask_signed_in(connection: http.client.HTTPSConnection, address: str, binding: bytes | None = None) -> int:
    """Ask the same, signing the connection in by NTLM first, with a channel binding or without; the last status."""
    channel = None if binding is None else GssChannelBindings(application_data=binding)
    options = spnego.NegotiateOptions.use_ntlm
    context = spnego.client(ACCOUNT, PASSWORD, protocol="ntlm", options=options, channel_bindings=channel)
    offer = ask(connection, address, _ntlm(context.step()))[1]
    challenge = base64.b64decode(offer.removeprefix("NTLM "))
    return ask(connection, address, _ntlm(context.step(challenge)))[0]


def _ntlm(token: bytes | None) -> str:
    return f"NTLM {base64.b64encode(token or b'').decode()}"
