"""A calendar that apps may only read; its holder may do everything."""

from __future__ import annotations

from simulated_company import Company, event

LUNCH = event("Lunch", "2026-10-05T12:00:00", "2026-10-05T13:00:00")


def test_an_app_may_only_read_what_is_read_only(company: Company) -> None:
    made = company.create(LUNCH)
    assert company.get("calendar")["canEdit"] is True
    company.simulator.control.set_user(company.anna.address, read_only=True)
    assert company.get("calendar")["canEdit"] is False
    assert company.get(f"events/{made['id']}")["subject"] == "Lunch"
    company.create(LUNCH, status=403)
    company.change(made["id"], {"subject": "Dinner"}, status=403)
    company.delete(made["id"], status=403)
    assert company.get(f"events/{made['id']}")["changeKey"] == made["changeKey"]


def test_its_holder_may_do_everything(company: Company) -> None:
    company.simulator.control.set_user(company.anna.address, read_only=True)
    made = company.anna.create_event(LUNCH)
    company.anna.edit_event(made, {"subject": "Dinner"})
    company.anna.delete_event(made)
    company.simulator.control.set_user(company.anna.address, read_only=False)
    company.create(LUNCH)
