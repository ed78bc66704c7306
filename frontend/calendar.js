// The calendar grid, where there is room for one. Without it the page shows the same week as a list.
import { Calendar } from "fullcalendar";
import dayGrid from "fullcalendar/daygrid";
import interaction from "fullcalendar/interaction";
import list from "fullcalendar/list";
import timeGrid from "fullcalendar/timegrid";
import theme from "fullcalendar/themes/classic";
import en from "fullcalendar/locales/en-gb";
import fi from "fullcalendar/locales/fi";
import sv from "fullcalendar/locales/sv";

import * as beside from "./beside.js";
import { mover } from "./moving.js";
import "./calendar.css";

const settings = JSON.parse(document.getElementById("grid-settings").textContent);
const grid = document.getElementById("grid");
const told = document.getElementById("grid-told");
const token = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"];
const VIEWS = ["dayGridMonth", "timeGridWeek", "timeGridDay", "listWeek"];
const REMEMBERED = "calendar-view";
const wide = !window.matchMedia("(max-width: 52rem)").matches;

let focused = ""; // the entry that has the focus, or should have it once it is drawn anew

function tell(text) {
  told.textContent = text;
}

function focus(key) {
  focused = key;
  document.querySelector(`#grid [data-key="${key}"]`)?.focus({ preventScroll: false });
}

async function save(event, revert) {
  const { activity, day, version } = event.extendedProps;
  const end = event.end ?? event.start;
  const answer = await fetch(`/calendar/${activity}/move`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({
      day,
      version,
      allDay: event.allDay,
      start: event.startStr,
      end: event.endStr || end.toISOString(),
    }),
  }).catch(() => null);
  if (!answer || !answer.ok) {
    revert();
    const why = await answer?.json().catch(() => null);
    tell([why?.told, settings.failed].filter(Boolean).join(" "));
  }
  calendar.refetchEvents();
}

function moved(info) {
  tell("");
  save(info.event, info.revert);
}

function title({ title, extendedProps: { whose, elsewhere } = {} }) {
  const named = [title || settings.noName, elsewhere?.mark].filter(Boolean).join("\u00a0"); // no mark alone on a line
  return [whose && `${whose} ·`, named].filter(Boolean).join(" ");
}

const calendar = new Calendar(grid, {
  plugins: [dayGrid, timeGrid, list, interaction, theme],
  locales: [en, fi, sv],
  locale: settings.locale === "en" ? "en-gb" : settings.locale,
  timeZone: settings.timeZone,
  initialDate: settings.first,
  initialView: VIEWS.find((view) => view === window.sessionStorage.getItem(REMEMBERED)) ?? "timeGridWeek",
  headerToolbar: { start: "prev,today,next", center: "title", end: VIEWS.join(",") },
  firstDay: 1,
  nowIndicator: true,
  weekNumbers: true,
  weekNumberCalculation: "ISO",
  navLinks: true,
  dayMaxEvents: true,
  scrollTime: "07:00:00",
  height: Math.max(480, window.innerHeight - 250),
  selectable: true,
  editable: true,
  moreLinkClass: "more",
  listItemEventTitleClass: "short",
  rowEventTitleClass: "short",
  columnEventTitleClass: ({ isShort }) => (isShort ? "" : "title"),
  eventDragStart: beside.pull,
  eventDragStop: beside.letGo,
  eventResizeStart: beside.pull,
  eventResizeStop: beside.letGo,
  eventDrop: moved,
  eventResize: moved,
  eventDidMount: ({ el, event, timeText }) => {
    if (!event.id) return;
    el.dataset.key = event.id;
    const { kind, place, elsewhere } = event.extendedProps;
    el.setAttribute("aria-label", [timeText, event.title, kind, place, elsewhere?.told].filter(Boolean).join(", "));
    if (event.id === focused) window.requestAnimationFrame(() => el.focus({ preventScroll: true }));
  },
  eventClick: (info) => {
    info.jsEvent.preventDefault();
    beside.showCard(info.event, info.el, true);
  },
  eventMouseEnter: (info) => beside.hover(info.event, info.el),
  eventMouseLeave: beside.leave,
  datesSet: (info) => {
    beside.hideCard();
    window.sessionStorage.setItem(REMEMBERED, info.view.type);
    const day = info.startStr.slice(0, 10);
    document.querySelectorAll("input[name=week]").forEach((input) => (input.value = day));
  },
  select: (info) => {
    const query = new URLSearchParams({ start: info.startStr, end: info.endStr, all_day: info.allDay ? "1" : "" });
    beside.openPanel(`${settings.make}?${query}`);
  },
  events: (info, success, failure) => {
    const query = new URLSearchParams({ start: info.startStr, end: info.endStr });
    settings.people.forEach((person) => query.append("people", person));
    fetch(`${settings.items}?${query}`, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
      .then((found) => success(found.map((each) => ({ ...each, title: title(each) }))))
      .catch((error) => {
        tell(settings.unread);
        failure(error);
      });
  },
});

const moving = mover({ calendar, tell, focus, save, words: settings });

function entry(target) {
  const key = target.closest?.("#grid [data-key]")?.dataset.key;
  return key ? calendar.getEventById(key) : null;
}

function close() {
  const from = beside.close();
  if (from === null) return false;
  if (from) focus(from);
  return true;
}

const KEYS = {
  t: () => calendar.today(),
  ArrowLeft: () => calendar.prev(),
  ArrowRight: () => calendar.next(),
  n: () => beside.openPanel(settings.make),
};

function pressed(press) {
  if (moving.keydown(press)) return;
  if (press.key === "Escape" && close()) return;
  if (press.ctrlKey || press.metaKey || press.altKey || press.shiftKey) return;
  if (press.target.closest("input, select, textarea, summary, #panel, [contenteditable]")) return;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  if (key === "m") {
    const card = document.getElementById("card");
    const event = entry(press.target) ?? (card.hidden ? null : calendar.getEventById(card.dataset.key));
    beside.hideCard();
    moving.start(event);
  } else if (KEYS[key] && !beside.isOpen()) {
    press.preventDefault();
    KEYS[key]();
  }
}

if (wide) {
  grid.hidden = false;
  document.getElementById("grid-keys").hidden = false;
  document.getElementById("week").hidden = true;
  calendar.render();
  document.addEventListener("keydown", pressed, true);
  document.addEventListener("click", (click) => {
    if (click.target.closest("[data-close]")) close();
    const move = click.target.closest("#card [data-move]");
    if (move) {
      const event = calendar.getEventById(document.getElementById("card").dataset.key);
      beside.hideCard();
      moving.start(event);
    } else if (!click.target.closest("#card, #grid a, #panel")) {
      beside.hideCard();
    }
  });
  document.querySelectorAll("[data-make]").forEach((link) =>
    link.addEventListener("click", (click) => {
      click.preventDefault();
      beside.openPanel(settings.make);
    }),
  );
  grid.addEventListener("focusin", (event) => {
    focused = event.target.closest("[data-key]")?.dataset.key ?? focused;
  });
  document.body.addEventListener("activity-done", (done) => {
    close();
    tell(done.detail.told);
    calendar.refetchEvents();
  });
}
