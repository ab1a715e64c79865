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

/** Do something when a key is pressed outside of fields; `keys` as KeyboardEvent.key has them. */
export function onKeys(keys) {
  for (const [key, act] of Object.entries(keys)) handlers.set(key, act);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const field = event.target.closest("input:not([type=range]), textarea, select");
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  const act = handlers.get(event.key);
  if (act) {
    if (act(event) !== false) event.preventDefault();
    return;
  }
  const button = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
  if (button && !button.disabled) {
    event.preventDefault();
    button.click();
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

onKeys({
  z: () => {
    const id = sessionStorage.getItem(LAST);
    if (id) location.assign(`/console/cases/${encodeURIComponent(id)}?state=all`);
  },
});

const sentence = sessionStorage.getItem(SAY);
if (sentence) {
  sessionStorage.removeItem(SAY);
  say(sentence);
}

const hour = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" }); // 2026-11-24 09:30
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  time.title = time.dateTime;
  time.textContent = hour.format(moment);
}

document.querySelector("[data-sign-out]")?.addEventListener("click", async () => {
  try {
    await ask("DELETE", "/v1/session");
  } catch (error) {
    if (error.status !== 401) return say(error.message, true);
  }
  sessionStorage.clear();
  location.assign("/console/sign-in");
});
