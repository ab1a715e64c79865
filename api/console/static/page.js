// What every page shares: keys, the service's answers, times in the reader's zone, words at the edge of the page.

const csrf = document.body.dataset.csrf;
const language = document.body.dataset.language;

/** Ask the service; what it refuses is thrown as an Error with its sentence in the page's language. */
export async function ask(method, path, document_) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: document_ === undefined ? undefined : JSON.stringify(document_),
    });
  } catch {
    throw new Error(document.body.dataset.offline);
  }
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = new Error((language === "zh" && said.detail_zh) || said.detail || document.body.dataset.offline);
    error.status = answer.status;
    throw error;
  }
  return said;
}

const handlers = new Map();

/** Do something when a key is pressed outside of fields, as long as the signal lasts; `keys` as KeyboardEvent.key has them. */
export function onKeys(keys, signal) {
  for (const [key, act] of Object.entries(keys)) handlers.set(key, act);
  signal?.addEventListener("abort", () => Object.keys(keys).forEach((key) => handlers.delete(key)));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const field = event.target.closest("input:not([type=range]), textarea, select");
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  if (document.querySelector("dialog[open], body[aria-busy=true]")) return;
  const act = handlers.get(event.key);
  if (act) {
    if (act(event) !== false) event.preventDefault();
    return;
  }
  const button = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
  if (button && !button.disabled) {
    event.preventDefault();
    if (!event.repeat) button.click(); // a key held down decides once
  }
});

/** Say something at the edge of the page for a while. */
export function say(text, wrong = false) {
  const toast = document.querySelector(".toast");
  toast.textContent = text;
  toast.classList.toggle("wrong", wrong);
  toast.hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (toast.hidden = true), wrong ? 12000 : 6000);
}

// What was decided last, to be said on the page that follows and to be opened again.
const LAST = "vinspect-last";
const SAY = "vinspect-say";

export function remember(id, sentence) {
  sessionStorage.setItem(LAST, id);
  sessionStorage.setItem(SAY, sentence);
}

/** The address of what was decided last, or null. */
export function decidedLast() {
  const id = sessionStorage.getItem(LAST);
  return id && `/console/cases/${encodeURIComponent(id)}?state=all`;
}

/** Say on this page what the one before left to be said. */
export function sayRemembered() {
  const sentence = sessionStorage.getItem(SAY);
  sessionStorage.removeItem(SAY);
  if (sentence) say(sentence);
}

const hour = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" }); // 2026-11-24 09:30

/** Write a page's times as they are where it is read. */
export function inZone(page) {
  for (const time of page.querySelectorAll("time[datetime]")) {
    time.title = time.dateTime;
    time.textContent = hour.format(new Date(time.dateTime));
  }
}

onKeys({ z: () => decidedLast() && location.assign(decidedLast()) });
sayRemembered();
inZone(document);

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-sign-out]")) return;
  try {
    await ask("DELETE", "/v1/session");
  } catch (error) {
    if (error.status !== 401) return say(error.message, true);
  }
  sessionStorage.clear();
  location.assign("/console/sign-in");
});
