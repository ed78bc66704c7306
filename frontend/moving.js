// Moving and resizing an entry with the keyboard: a mode with its own keys, told to whoever cannot see it.

const MINUTES = 15;

export function mover({ calendar, tell, words, save, focus }) {
  let moving = null;

  function element(event) {
    return document.querySelector(`[data-key="${event.id}"]`);
  }

  function show(event) {
    window.requestAnimationFrame(() => {
      document.querySelectorAll("#grid .moving").forEach((each) => each.classList.remove("moving"));
      if (moving) element(event)?.classList.add("moving");
      focus(event.id);
    });
  }

  function said(event) {
    const time = event.allDay ? {} : { hour: "numeric", minute: "2-digit" };
    return event.formatRange({ weekday: "long", day: "numeric", month: "long", ...time });
  }

  function start(event) {
    if (moving || !event?.extendedProps.activity || event.startEditable === false) return;
    moving = { event, start: event.start, end: event.end, allDay: event.allDay };
    tell(words.moving);
    show(event);
  }

  function step(key, shift) {
    const { event } = moving;
    const month = calendar.view.type === "dayGridMonth";
    const down = key === "ArrowDown" || key === "ArrowRight" ? 1 : -1;
    const along = key === "ArrowLeft" || key === "ArrowRight";
    const unit = along ? { days: down } : event.allDay || month ? { days: 7 * down } : { minutes: MINUTES * down };
    if (!shift) {
      event.moveDates(unit);
    } else {
      const longer = event.allDay ? { days: down } : { minutes: MINUTES * down };
      const before = event.end;
      event.moveEnd(longer);
      if (event.end && event.end <= event.start) event.setEnd(before);
    }
    tell(said(event));
    show(event);
  }

  function stop(event, told) {
    moving = null;
    tell(told);
    show(event);
  }

  function keydown(press) {
    if (!moving) return false;
    const { event, start: from, end, allDay } = moving;
    if (press.key.startsWith("Arrow")) {
      step(press.key, press.shiftKey);
    } else if (press.key === "Enter") {
      const moved = moving;
      stop(event, words.moved.replace("%(when)s", said(event)));
      save(event, () => event.setDates(moved.start, moved.end, { allDay: moved.allDay }));
    } else if (press.key === "Escape") {
      event.setDates(from, end, { allDay });
      stop(event, words.left);
    } else if (press.key !== "Tab") {
      return false;
    }
    press.preventDefault();
    press.stopPropagation();
    return true;
  }

  return { start, keydown, active: () => moving !== null };
}
