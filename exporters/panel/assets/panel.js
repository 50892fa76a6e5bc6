// The page works without this. It adds what HTML cannot do alone: it looks again when
// something changed, listens to keys, copies, and filters as one types. It makes no HTML:
// what it shows anew is the server's page, parsed by the browser, in which no script runs.
"use strict";

const base = document.body.dataset.base;
const version = document.body.dataset.version; // of what the page shows
const state = document.getElementById("state");
let paused = false; // by the reader
let missed = 0; // changes that were held back
let looking = false; // a page is on its way
let again = false; // and another one is wanted

// ---- Live ----

function say(name, text) {
  if (!state) return;
  state.dataset.state = name;
  state.querySelector("span").textContent = text;
}

// look loads the page again and takes over what may have changed.
async function look(url) {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  try {
    const answer = await fetch(url || location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (answer.ok) {
      take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch {
    say("lost", "no answer");
  } finally {
    looking = false;
    if (again) {
      again = false;
      look();
    }
  }
}

// take replaces the live parts of the page. What is open stays open, what is selected
// stays selected.
function take(fresh) {
  const known = new Set([...document.querySelectorAll("[data-id]")].map((row) => row.dataset.id));
  const open = new Set([...document.querySelectorAll("details[open][id]")].map((part) => part.id));
  const selected = document.querySelector("[data-row].selected");
  const selectedID = selected && (selected.dataset.id || selected.id);
  const mark = document.querySelector("[data-row].marked");
  const focused = document.activeElement;
  const focusedRow = focused && focused.closest ? focused.closest("[data-row]") : null;
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(part.id);
    if (!now) continue;
    part.replaceChildren(...now.childNodes);
    for (const name of ["data-running", "data-over"]) {
      if (now.hasAttribute(name)) part.setAttribute(name, now.getAttribute(name));
      else part.removeAttribute(name);
    }
  }
  for (const id of open) {
    const part = document.getElementById(id);
    if (part) part.open = true;
  }
  for (const row of document.querySelectorAll("[data-id]")) {
    if (known.size && !known.has(row.dataset.id)) row.classList.add("fresh");
    if (row.dataset.id === selectedID) select(row, Boolean(focusedRow), false);
    if (mark && row.dataset.id === mark.dataset.id) row.classList.add("marked");
  }
  if (selectedID && !document.querySelector("[data-row].selected")) {
    const row = document.getElementById(selectedID);
    if (row) select(row, Boolean(focusedRow), false);
  }
  document.title = fresh.title;
  const icon = fresh.getElementById("icon");
  if (icon) document.getElementById("icon").href = icon.href;
}

// changed looks again, or counts what is held back: while the reader has paused, and while
// the page is scrolled, because what he reads must not move away.
function changed() {
  if (!document.querySelector("[data-live]")) return;
  if (paused || scrollY > 120 || document.hidden) {
    missed++;
    if (!document.hidden) say(paused ? "paused" : "held", paused ? `paused, ${missed} new` : `${missed} new, scroll up`);
    return;
  }
  missed = 0;
  look();
}

function resume() {
  if (paused || scrollY > 120 || document.hidden || !missed) return;
  missed = 0;
  say("live", "live");
  look();
}

function listen() {
  const events = new EventSource(`${base}events`);
  events.addEventListener("hello", (event) => {
    if (!paused) say("live", "live");
    if (event.data !== version) changed(); // while the page was on its way, or the service away
  });
  events.addEventListener("changed", changed);
  events.addEventListener("running", () => {
    const isRunning = document.querySelector("[data-running], #running");
    if (isRunning && !paused && scrollY <= 120 && !document.hidden) look();
  });
  events.addEventListener("error", () => {
    if (events.readyState !== EventSource.CLOSED) {
      if (!paused) say("lost", "waiting for the service");
      return;
    }
    say("polling", "every 3 s"); // no stream to be had: look now and then
    setInterval(() => {
      if (!paused && scrollY <= 120 && !document.hidden) look();
    }, 3000);
  });
  addEventListener("pagehide", () => events.close());
}

function pause() {
  const button = document.getElementById("pause");
  if (!button) return;
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Go on" : "Pause";
  if (paused) say("paused", "paused");
  else {
    say("live", "live");
    missed = 0;
    look();
  }
}

// ---- Filter ----

function filterAsTyped(form) {
  let timer;
  const apply = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (value) query.set(name, value);
    }
    const url = `${location.pathname}${query.size ? `?${query}` : ""}`;
    history.replaceState(null, "", url);
    look();
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 150);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    apply();
  });
}

// ---- Keys ----

const rows = () => [...document.querySelectorAll("[data-row]")];

function select(row, focus, scroll) {
  for (const other of document.querySelectorAll(".selected")) other.classList.remove("selected");
  row.classList.add("selected");
  const target = row.querySelector("a.open, summary") || row;
  if (focus) target.focus({ preventScroll: true });
  if (scroll) row.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("selected"));
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
  select(all[next], true, true);
}

function openSelected() {
  const row = document.querySelector(".selected");
  if (!row) return;
  if (row instanceof HTMLDetailsElement) row.open = !row.open;
  else row.querySelector("a.open")?.click();
}

function markSelected() {
  const row = document.querySelector("tr.selected[data-id]");
  if (!row) return;
  const marked = sessionStorage.getItem("querybudget.marked");
  if (!marked || marked === row.dataset.id) {
    row.classList.toggle("marked");
    if (marked) sessionStorage.removeItem("querybudget.marked");
    else sessionStorage.setItem("querybudget.marked", row.dataset.id);
    return;
  }
  sessionStorage.removeItem("querybudget.marked");
  location.href = `${base}compare?a=${encodeURIComponent(marked)}&b=${encodeURIComponent(row.dataset.id)}`;
}

const help = document.getElementById("help");
const keys = {
  j: () => move(1),
  k: () => move(-1),
  c: markSelected,
  p: pause,
  u: () => { location.href = base; },
  "/": () => document.querySelector("input[type=search]")?.focus(),
  "?": () => help.showModal(),
  1: () => { location.href = base; },
  2: () => { location.href = `${base}routes`; },
  3: () => { location.href = `${base}statements`; },
  4: () => { location.href = `${base}compare`; },
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const inField = event.target.closest("input, select, textarea");
  if (inField) {
    if (event.key === "Escape") inField.blur();
    return;
  }
  if (event.key === "Enter") {
    if (!event.target.closest("a, button, summary")) openSelected();
    return;
  }
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

// ---- Plans ----

// explain shows the answer to a form below it, in place of a page of its own.
async function explain(form) {
  const place = form.nextElementSibling;
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = page.getElementById("plan") || page.body;
    place.replaceChildren(...part.childNodes);
    place.classList.add("plan");
  } catch {
    place.textContent = "There is no answer: is the service running?";
  } finally {
    button.disabled = false;
  }
}

addEventListener("submit", (event) => {
  if (!event.target.matches("form.explain")) return;
  event.preventDefault();
  explain(event.target);
});

// ---- Copy, and links into what is folded ----

async function copy(button) {
  const text = button.parentElement.querySelector("code").textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(button.parentElement.querySelector("code"));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  for (let part = target; part; part = part.parentElement) {
    if (part instanceof HTMLDetailsElement) part.open = true;
  }
  target.scrollIntoView({ block: "center" });
}

addEventListener("click", (event) => {
  const button = event.target.closest("button.copy");
  if (button) copy(button);
});
addEventListener("hashchange", reveal);
addEventListener("scroll", resume, { passive: true });
document.addEventListener("visibilitychange", resume);
document.getElementById("pause")?.addEventListener("click", pause);
document.getElementById("ask").addEventListener("click", () => help.showModal());
const form = document.getElementById("filter");
if (form) filterAsTyped(form);
reveal();
if (document.querySelector("[data-live]")) listen();
