// The calendar grid, where there is room for one. Without it the page shows the same week as a list.
import { Calendar } from "fullcalendar";
import dayGrid from "fullcalendar/daygrid";
import interaction from "fullcalendar/interaction";
import list from "fullcalendar/list";
import timeGrid from "fullcalendar/timegrid";
import theme from "fullcalendar/themes/classic";
import fi from "fullcalendar/locales/fi";
import sv from "fullcalendar/locales/sv";

import "./calendar.css";

const settings = JSON.parse(document.getElementById("grid-settings").textContent);
const grid = document.getElementById("grid");
const told = document.getElementById("grid-told");
const token = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"];

async function moved(info) {
  const { activity, day, version } = info.event.extendedProps;
  const end = info.event.end ?? info.event.start;
  const answer = await fetch(`/calendar/${activity}/move`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({
      day,
      version,
      allDay: info.event.allDay,
      start: info.event.startStr,
      end: info.event.endStr || end.toISOString(),
    }),
  }).catch(() => null);
  told.textContent = "";
  if (!answer || !answer.ok) {
    info.revert();
    told.textContent = settings.stale;
  }
  calendar.refetchEvents();
}

const calendar = new Calendar(grid, {
  plugins: [dayGrid, timeGrid, list, interaction, theme],
  locales: [fi, sv],
  locale: settings.locale,
  timeZone: settings.timeZone,
  initialDate: settings.first,
  initialView: "timeGridWeek",
  headerToolbar: { start: "prev,today,next", center: "title", end: "dayGridMonth,timeGridWeek,timeGridDay,listWeek" },
  firstDay: 1,
  nowIndicator: true,
  scrollTime: "07:00:00",
  height: "auto",
  selectable: true,
  editable: true,
  eventDrop: moved,
  eventResize: moved,
  select: (info) => {
    const query = new URLSearchParams({ start: info.startStr, end: info.endStr, all_day: info.allDay ? "1" : "" });
    window.location.href = `/activities/new?${query}`;
  },
  events: (info, success, failure) => {
    const query = new URLSearchParams({ start: info.startStr, end: info.endStr });
    settings.people.forEach((person) => query.append("people", person));
    fetch(`${settings.items}?${query}`, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
      .then((found) => success(found.map((each) => ({ ...each, title: each.title || settings.noName }))))
      .catch(failure);
  },
});

if (!window.matchMedia("(max-width: 52rem)").matches) {
  grid.hidden = false;
  document.getElementById("week").hidden = true;
  calendar.render();
}
