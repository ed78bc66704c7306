"""Connections, mailboxes, and the engine's memory: pairs, hints, runs, journal and holds."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from almanakka.accounts.models import ZONE_LENGTH, Company
from almanakka.accounts.zones import validate_zone
from almanakka.activities.models import ActivityType
from almanakka.calendars import clock
from almanakka.calendars.errands import CalendarCode as CalendarCode
from almanakka.calendars.errands import Hold as Hold
from almanakka.calendars.errands import Remains as Remains
from almanakka.calendars.errands import Undo as Undo
from almanakka.calendars.errands import UndoState
from almanakka.calendars.ics_files import CalendarFile as CalendarFile
from almanakka.calendars.images import EntryField
from almanakka.calendars.inbound import InboundFilter as InboundFilter
from almanakka.calendars.meeting_uids import Departure as Departure
from almanakka.calendars.meeting_uids import MeetingUid as MeetingUid
from almanakka.calendars.secrets import EncryptedText
from almanakka.calendars.server_fields import validate_account, validate_domain, validate_ews_url
from almanakka.sync import ports


class Kind(models.TextChoices):
    GRAPH = "graph", "Office 365"
    EXCHANGE = "exchange", "Exchange Server"


class Cloud(models.TextChoices):
    """Where a tenant lives (B15), by the names of ``remote.graph.clouds``; OTHER takes its addresses from the row."""

    GLOBAL = "global", _("worldwide")
    US_GOVERNMENT = "us-l4", _("US Government")
    US_DEFENCE = "us-dod", _("US Government DoD")
    CHINA = "china", _("China (21Vianet)")
    OTHER = "other", _("other")


class Health(models.TextChoices):
    """What people are told of a connection or a mailbox at a glance (B11)."""

    NEW = "new", _("not tried yet")
    WELL = "well", _("working")
    WAITING = "waiting", _("waiting")
    FAILING = "failing", _("failing")


class Proof(models.TextChoices):
    """How a person showed that an address is theirs (S12)."""

    MAIL = "mail", _("a link in a mail to that address")
    MICROSOFT = "microsoft", _("signing in with Microsoft")
    CODE = "code", _("a code read from that calendar")


class MeetingMail(models.TextChoices):
    """What becomes of a change here that Microsoft would tell a meeting's people of (B1)."""

    ASK = "ask", _("ask its organiser, and send only with their yes")
    NEVER = "never", _("never: meetings are changed in Outlook only")


class Connection(models.Model):
    """A company's set-up with Microsoft (S6, S8, S11).

    Of an Office 365 connection: ``client_id``, ``client_secret`` and ``certificate`` (PEM: private key and
    certificate) are the company's own app registration; left empty, the installation's is meant. ``consent_nonce``
    is good once, until ``consent_expires_at``.

    Of an Exchange Server connection: ``ews_url`` ends in ``/EWS/Exchange.asmx``, ``domain`` is the NetBIOS name that
    goes before ``delegate_name``, ``server_version`` is what the server said of itself.

    Of both: ``ca_bundle`` is PEM text, or the path of such a file, of authorities to trust instead of the usual ones.
    ``personal_type`` is what private entries become; None = an ordinary entry (S10). ``enabled_at`` is when it was
    first switched on. Nothing runs before ``not_before``, and nothing at all once the server has refused the password
    (``refused_at``); ``troubled_at`` is when an error was noted last that every mailbox would have met, the
    ``failures``-th in a row. ``continuous``: calendars are looked at while nobody is signed in too (B7). Since
    ``leaving_at`` what we created is removed from every calendar, and then it is switched off.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="connections")
    kind = models.CharField(_("Exchange version"), max_length=16, choices=Kind.choices, default=Kind.GRAPH)
    cloud = models.CharField(_("cloud"), max_length=16, choices=Cloud.choices, default=Cloud.GLOBAL)
    authority_url = models.URLField(_("sign-in address"), max_length=500, blank=True, default="")
    graph_url = models.URLField(_("Graph address"), max_length=500, blank=True, default="")
    tenant_id = models.CharField(_("tenant"), max_length=100, blank=True, default="")
    client_id = models.CharField(_("client id"), max_length=100, blank=True, default="")
    client_secret = EncryptedText(_("client secret"), blank=True, default="")
    certificate = EncryptedText(_("certificate and key"), blank=True, default="")
    ews_url = models.CharField(_("Exchange URL"), max_length=500, blank=True, default="", validators=[validate_ews_url])
    domain = models.CharField(_("Domain"), max_length=255, blank=True, default="", validators=[validate_domain])
    delegate_name = models.CharField(
        _("delegate user name"), max_length=256, blank=True, default="", validators=[validate_account]
    )
    delegate_password = EncryptedText(_("delegate password"), blank=True, default="")
    server_version = models.CharField(max_length=32, blank=True, default="")
    ca_bundle = models.TextField(_("certificate authorities"), blank=True, default="")
    personal_type = models.ForeignKey(
        ActivityType,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"category": ports.Category.PERSONAL.value},
        verbose_name=_("Personal activity type"),
    )
    meeting_mail = models.CharField(
        _("Mail to a meeting's people"), max_length=8, choices=MeetingMail.choices, default=MeetingMail.ASK
    )
    enabled = models.BooleanField(_("Enable Microsoft Exchange"), default=False)
    enabled_at = models.DateTimeField(null=True, blank=True)
    granted_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    consent_nonce = models.CharField(max_length=100, blank=True, default="")
    consent_expires_at = models.DateTimeField(null=True, blank=True)
    health = models.CharField(max_length=16, choices=Health.choices, default=Health.NEW)
    error_code = models.CharField(max_length=64, blank=True, default="")
    error_detail = models.TextField(blank=True, default="")
    refused_at = models.DateTimeField(null=True, blank=True)
    continuous = models.BooleanField(default=False)
    leaving_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    troubled_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [
            models.UniqueConstraint(fields=["company", "kind"], name="connection_one_of_a_kind"),
            models.CheckConstraint(
                condition=~Q(cloud=Cloud.OTHER) | (~Q(authority_url="") & ~Q(graph_url="")),
                name="connection_other_cloud_has_addresses",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.ews_url if self.kind == Kind.EXCHANGE else self.tenant_id}"


class Mailbox(models.Model):
    """One user's remote calendar, and the truth about when it is synchronised (DESIGN §5).

    ``cutoff``: what ended before it stays out (S15). ``proven_at`` is None while its address is not proven
    (S12). ``listed_at`` is when a run last read everything, ``first_done_at`` when the first synchronisation had
    gone through (S16). A run holds the lease while ``leased_until`` lies ahead; its number is ``run_no``; it
    began at ``ran_at``, in the job ``leased_by`` if in any. Nothing runs before ``not_before``: the server, or
    our own patience, asked for a pause. ``server_version`` and ``dialect`` are of the Exchange Server that holds it.
    ``moved_at`` is set from a move to another connection until its pairs have been found again there;
    ``gaps_allowed`` says that much may be missing. Since ``clearing_at``, runs only remove what we created there, and
    switch it off in the end; since ``paused_at`` it is off by its user's pause.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mailbox")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="mailboxes")
    remote_id = models.TextField()
    address = models.EmailField(_("e-mail address"), max_length=254)
    time_zone = models.CharField(max_length=ZONE_LENGTH, default="UTC", validators=[validate_zone])
    enabled = models.BooleanField(_("calendar sync"), default=False)
    enabled_at = models.DateTimeField(null=True, blank=True)
    cutoff = models.DateTimeField(null=True, blank=True)
    proven_at = models.DateTimeField(null=True, blank=True)
    proof = models.CharField(max_length=16, choices=Proof.choices, blank=True, default="")
    watermark = models.TextField(null=True, blank=True)
    listed_at = models.DateTimeField(null=True, blank=True)
    first_done_at = models.DateTimeField(null=True, blank=True)
    full_wanted = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    ran_at = models.DateTimeField(null=True, blank=True)
    wanted_again = models.BooleanField(default=False)
    leased_until = models.DateTimeField(null=True, blank=True)
    leased_by = models.BigIntegerField(null=True, blank=True)
    run_no = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    health = models.CharField(max_length=16, choices=Health.choices, default=Health.NEW)
    error_code = models.CharField(max_length=64, blank=True, default="")
    error_detail = models.TextField(blank=True, default="")
    requests = models.BigIntegerField(default=0)
    server_version = models.CharField(max_length=32, blank=True, default="")
    dialect = models.CharField(max_length=32, blank=True, default="")
    moved_at = models.DateTimeField(null=True, blank=True)
    gaps_allowed = models.BooleanField(default=False)
    undo_wanted = models.BooleanField(default=False)
    paused_at = models.DateTimeField(null=True, blank=True)
    clearing_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        indexes = [
            models.Index(fields=["due_at"], name="mailbox_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["leased_until"], name="mailbox_leased", condition=Q(leased_until__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "remote_id"],
                name="mailbox_one_user",
                violation_error_message=_("This mailbox belongs to another user already."),
            ),
            models.CheckConstraint(
                condition=Q(enabled=False) | Q(enabled_at__isnull=False, cutoff__isnull=False, proven_at__isnull=False),
                name="mailbox_enabled_is_proven",
            ),
        ]

    def __str__(self) -> str:
        return self.address


#: What :meth:`almanakka.sync.ports.Ledger.unfinished` asks for; the partial index serves exactly this.
UNFINISHED = (
    Q(state__in=[ports.State.CREATING.value, ports.State.DELETING.value, ports.State.RETURNING.value])
    | Q(intended__isnull=False)
    | Q(approved=True)
    | Q(told=False)
)


class Pair(models.Model):
    """One activity and one event in one mailbox; :class:`almanakka.sync.ports.Pair` says what the fields mean.

    ``activity`` is no foreign key: a pair outlives its activity until the event is dealt with. ``since`` is when
    the two came together, for people.
    """

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="pairs")
    origin = models.TextField()
    activity = models.UUIDField(null=True)
    event = models.TextField(null=True)
    born = models.CharField(max_length=8)
    state = models.CharField(max_length=10)
    change_key = models.TextField(default="")
    uid = models.TextField(default="")
    base = EntryField(null=True)
    seen = EntryField(null=True)
    intended = EntryField(null=True)
    real = models.BooleanField(default=False)
    master = models.BooleanField(default=False)
    organises = models.BooleanField(default=False)
    outward = models.BooleanField(default=True)
    footer = models.TextField(default="")
    footer_of = models.TextField(default="")
    writes = models.JSONField(default=list)
    approved = models.BooleanField(default=False)
    told = models.BooleanField(default=True)
    since = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["mailbox"], name="pair_unfinished", condition=UNFINISHED),
            models.Index(fields=["activity"], name="pair_activity"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "event"], name="pair_event_once", condition=Q(event__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["mailbox", "activity"], name="pair_activity_once", condition=Q(activity__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity} = {self.event}"


class ActivityHint(models.Model):
    """A note that an activity has changed since this mailbox last looked at it (DESIGN §4.8)."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="hints")
    activity = models.UUIDField()
    version = models.BigIntegerField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "activity"], name="hint_once")]

    def __str__(self) -> str:
        return f"{self.activity} at {self.version}"


class MeetingApproval(models.Model):
    """An organiser's yes to one change of a meeting, until it is spent (:mod:`almanakka.sync.approval`; B1).

    It is good for ``groups``, and for the occurrences of ``days``, while they are as in ``entry``; without one, the
    meeting is to be cancelled. ``activity`` is no foreign key: that yes outlives its activity.
    """

    activity = models.UUIDField(unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=clock.now)
    groups = models.JSONField(default=list)
    days = models.JSONField(default=list)
    entry = EntryField(null=True)

    def __str__(self) -> str:
        return f"{self.activity} by {self.by_id}"


class RunKind(models.TextChoices):
    FIRST = "first", _("first synchronisation")
    FULL = "full", _("reading everything")
    QUICK = "quick", _("changes only")


class Run(models.Model):
    """One reconciliation of one mailbox; ``counts`` says what was done, ``skipped`` what was not, by reason."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="runs")
    number = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=RunKind.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    finished = models.BooleanField(default=False)
    done = models.PositiveIntegerField(default=0, db_default=0)
    total = models.PositiveIntegerField(default=0, db_default=0)
    counts = models.JSONField(default=dict)
    skipped = models.JSONField(default=dict)
    requests = models.PositiveIntegerField(default=0)
    statements = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=64, blank=True, default="")
    error_detail = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["mailbox", "-started_at"], name="run_latest")]
        constraints = [models.UniqueConstraint(fields=["mailbox", "number"], name="run_number_once")]

    def __str__(self) -> str:
        return f"{self.mailbox_id}/{self.number}"

    @property
    def written(self) -> int:
        """How many writes it made, on both sides together."""
        return int(self.counts.get("written", 0))


class JournalEntry(models.Model):
    """One thing that was done, where and why, for people (B4); never read by the engine."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="journal", null=True)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="journal")
    at = models.DateTimeField(default=clock.now)
    side = models.CharField(max_length=8)
    action = models.CharField(max_length=64)
    reason = models.TextField(blank=True, default="")
    activity = models.UUIDField(null=True)
    event = models.TextField(null=True)
    groups = models.JSONField(default=list)
    before = EntryField(null=True)
    after = EntryField(null=True)
    undo = models.ForeignKey(Undo, on_delete=models.SET_NULL, null=True, related_name="lines")
    undo_state = models.CharField(max_length=8, choices=UndoState.choices, blank=True, default="", db_default="")
    undo_reason = models.CharField(max_length=32, blank=True, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["mailbox", "-at"], name="journal_latest"),
            models.Index(fields=["undo"], name="journal_undoing", condition=Q(undo_state=UndoState.WAITING)),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.side}"
