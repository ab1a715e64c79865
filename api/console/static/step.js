// From case to case without a new page: what the next one's says is put into the page that is there, which a browser
// shows much sooner. A way that does not lead to a case leaves the page as any link does.

import { inZone, say, sayRemembered } from "./page.js";

const CASES = "a[href^='/console/cases/'], a[href^='/console/step?']";
const PARTS = ["header.bar", "main"];
const body = document.body;

let open = () => {}; // makes a case work; is given a signal that ends with its time on the page
let shown = null;
let fetching = null;
let at = here();

/** What to do for the case that is here, and for every further one. */
export function onCase(made) {
  open = made;
  begin();
}

/** Show the case of an address, or leave for what else it leads to. Until it is there no key does anything. */
export async function go(address, back = false) {
  fetching?.abort();
  const mine = (fetching = new AbortController());
  body.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { signal: mine.signal });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine.signal.aborted) return;
    if (!likeThis(next)) return location.assign(back ? address : answer.url);
    put(next, answer.url, back);
  } catch {
    if (mine.signal.aborted) return;
    say(body.dataset.offline, true);
  }
  body.removeAttribute("aria-busy");
}

/** Whether it is a case too, for the same session, in the same language, of the same version of the console. */
function likeThis(next) {
  const told = (page) => [page.body.className, page.body.dataset.csrf, page.documentElement.lang, script(page)].join();
  return told(next) === told(document);
}

const script = (page) => page.querySelector("script[type=module]")?.getAttribute("src");

function put(next, address, back) {
  shown.abort();
  delete body.dataset.drawn;
  document.title = next.title;
  inZone(next);
  for (const part of PARTS) document.querySelector(part).replaceWith(next.querySelector(part));
  if (back) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  at = here();
  document.querySelector("main").focus({ preventScroll: true }); // where somebody who listens to the page goes on
  sayRemembered();
  begin();
}

function begin() {
  shown = new AbortController();
  open(shown.signal);
}

function here() {
  return location.pathname + location.search;
}

addEventListener("popstate", () => here() !== at && go(location.href, true)); // not for a step within the page

document.addEventListener("click", (event) => {
  const link = event.target.closest(CASES);
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.href);
});
