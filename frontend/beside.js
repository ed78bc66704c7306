// What is shown beside the grid: the card of an entry, and the panel in which one is looked at, made and changed.

const HOVER = 500;
const card = document.getElementById("card");
const panel = document.getElementById("panel");
const body = document.getElementById("panel-body");

let opener = null; // what gets the focus back
let sticks = false; // a card that was asked for stays; one that only appeared goes by itself
let waiting = 0;
let turn = 0; // a card that was not asked for comes only if nothing has happened since
let pulled = false; // an entry is being moved or resized: nothing may lie where it is let go

function place(near) {
  const box = near.getBoundingClientRect();
  card.hidden = false;
  const right = box.right + card.offsetWidth + 16 < window.innerWidth;
  const left = right ? box.right + 8 : Math.max(8, box.left - card.offsetWidth - 8);
  const top = Math.min(box.top, Math.max(8, window.innerHeight - card.offsetHeight - 8));
  card.style.left = `${left + window.scrollX}px`;
  card.style.top = `${top + window.scrollY}px`;
}

export async function showCard(event, near, asked) {
  const { activity, day } = event.extendedProps;
  const mine = ++turn;
  const unwanted = () => !asked && (sticks || pulled || mine !== turn);
  if (!activity || unwanted()) return;
  const answer = await fetch(`/calendar/${activity}/card${day ? `?day=${day}` : ""}`).catch(() => null);
  if (answer?.redirected) return window.location.reload(); // signed out in the meantime
  if (!answer || !answer.ok || !near.isConnected || unwanted()) return;
  card.innerHTML = await answer.text();
  card.dataset.key = event.id;
  sticks = asked;
  place(near);
  if (asked) {
    opener = event.id;
    card.focus();
  }
}

export function hover(event, near) {
  window.clearTimeout(waiting);
  waiting = window.setTimeout(() => showCard(event, near, false), HOVER);
}

export function leave() {
  window.clearTimeout(waiting);
  waiting = window.setTimeout(() => {
    if (!sticks && !card.matches(":hover")) hideCard();
  }, HOVER);
}

export function hideCard() {
  window.clearTimeout(waiting);
  turn += 1;
  card.hidden = true;
  sticks = false;
}

export function pull() {
  hideCard();
  pulled = true;
}

export function letGo() {
  pulled = false;
}

export function isOpen() {
  return !panel.hidden || (!card.hidden && sticks);
}

export function openPanel(url, from) {
  hideCard();
  opener = from ?? opener;
  body.textContent = "";
  panel.hidden = false;
  panel.focus();
  window.htmx.ajax("GET", url, { target: "#panel-body", swap: "innerHTML" });
}

// Close what is open; answers what had the focus before, or null where nothing was open.
export function close() {
  if (panel.hidden && card.hidden) return null;
  hideCard();
  panel.hidden = true;
  body.textContent = "";
  const from = opener;
  opener = null;
  return from ?? "";
}

card.addEventListener("mouseleave", leave);
card.addEventListener("click", (click) => {
  const link = click.target.closest("[data-beside]");
  if (link) {
    click.preventDefault();
    openPanel(link.getAttribute("href"));
  }
});
body.addEventListener("htmx:beforeSwap", (swap) => {
  if (new URL(swap.detail.xhr.responseURL).pathname.startsWith("/accounts/")) {
    swap.detail.shouldSwap = false;
    window.location.reload();
  }
});
body.addEventListener("htmx:afterSettle", () => {
  body.querySelector("form.editor input[name=name], h1")?.focus();
});
