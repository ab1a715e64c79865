import { ask, onKeys, remember, say } from "./page.js";
import { Strip } from "./over.js";
import { draw, levelled, sized } from "./strip.js";
import { Viewer } from "./viewer.js";

const drawn = JSON.parse(document.querySelector("[data-case]").dataset.case);
const stage = document.querySelector("[data-viewer=photo] .stage");
const viewer = stage && new Viewer(stage, drawn.size);
const findings = [...document.querySelectorAll("[data-finding]")];
const cells = [...document.querySelectorAll("[data-place]")];
const said = document.querySelector(".said");
const unsaid = said?.innerHTML;
const holder = document.querySelector(".lines");
const strip = holder && new Strip(holder, drawn, document.querySelector(".over"));
const fileStage = document.querySelector("[data-viewer=file] .stage");
const fileViewer = fileStage && new Viewer(fileStage, null);
const frames = document.querySelector("[data-frames]");

// ---- the photograph, and what is chosen in it

const chosen = { finding: null, place: null };

function paintFrames() {
  if (frames?.getAttribute("aria-pressed") !== "true") return viewer?.frame([]);
  const quads = drawn.quad ? [["number", drawn.quad]] : [];
  drawn.findings.forEach((each, i) => each.forEach((quad) => quads.push([i === chosen.finding ? "chosen" : "found", quad])));
  if (chosen.place !== null) quads.push(["chosen", drawn.characters[chosen.place]]);
  viewer?.frame(quads);
}

/** Choose a finding or a character; what is chosen already, or nothing, shows the whole picture. */
function choose({ finding = null, place = null }) {
  const same = chosen.finding === finding && chosen.place === place;
  Object.assign(chosen, same ? { finding: null, place: null } : { finding, place });
  const named = new Set();
  findings.forEach((button, i) => {
    const on = chosen.finding === i;
    button.setAttribute("aria-pressed", String(on));
    if (on) button.scrollIntoView({ block: "nearest" });
  });
  if (chosen.finding !== null) {
    const quads = drawn.findings[chosen.finding];
    drawn.characters.forEach((quad, i) => quads.some((each) => within(quad, each)) && named.add(i));
  }
  cells.forEach((cell, i) => {
    cell.setAttribute("aria-pressed", String(chosen.place === i));
    cell.classList.toggle("named", named.has(i));
  });
  if (said) {
    if (chosen.place === null) said.innerHTML = unsaid;
    else said.textContent = cells[chosen.place].dataset.said;
  }
  paintFrames();
  const onFile = strip?.onFile(chosen.place === null ? named : new Set([chosen.place])) ?? [];
  if (onFile.length) fileViewer.zoomTo(onFile, onFile.length > 2 ? 0.9 : 0.4);
  else if (fileViewer?.image) fileViewer.whole();
  if (chosen.finding === null && chosen.place === null) viewer?.whole();
  else {
    const quads = chosen.place === null ? drawn.findings[chosen.finding] : [drawn.characters[chosen.place]];
    viewer?.zoomTo(quads, chosen.place === null && named.size > 2 ? 0.9 : 0.4);
  }
}

/** Whether the middle of a character lies in the box around another quadrilateral. */
function within(character, other) {
  const middle = [0, 1].map((axis) => character.reduce((sum, point) => sum + point[axis], 0) / 4);
  return [0, 1].every((axis) => {
    const along = other.map((point) => point[axis]);
    return middle[axis] >= Math.min(...along) && middle[axis] <= Math.max(...along);
  });
}

function stepCharacter(by) {
  if (!cells.length) return;
  const next = chosen.place === null ? (by > 0 ? 0 : cells.length - 1) : chosen.place + by;
  if (next >= 0 && next < cells.length) choose({ place: next });
}

findings.forEach((button, i) => button.addEventListener("click", () => choose({ finding: i })));
cells.forEach((cell, i) => cell.addEventListener("click", () => choose({ place: i })));
frames?.addEventListener("click", () => {
  frames.setAttribute("aria-pressed", String(frames.getAttribute("aria-pressed") !== "true"));
  paintFrames();
});

const zooms = { in: () => viewer?.zoom(1.5), out: () => viewer?.zoom(1 / 1.5), whole: () => choose({}) };
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => zooms[button.dataset.zoom]());
}

const arrows = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };
onKeys({
  "+": zooms.in,
  "=": zooms.in,
  "-": zooms.out,
  0: zooms.whole,
  ",": () => stepCharacter(-1),
  ".": () => stepCharacter(1),
  Escape: zooms.whole,
  ...Object.fromEntries(
    Object.entries(arrows).map(([key, by]) => [
      key,
      (event) => (event.target.matches("input[type=range]") || event.target.closest(".scroll") ? false : viewer?.pan(...by)),
    ]),
  ),
});

/** Each character's own piece of the photograph, upright; all on one canvas, which a browser paints much sooner. */
function paintGlyphs(image) {
  const canvas = document.querySelector(".glyphs");
  const whole = canvas?.parentElement.getBoundingClientRect();
  if (!whole) return;
  const boxes = cells.map((cell) => cell.querySelector(".glyph").getBoundingClientRect());
  const context = sized(canvas, whole.width, whole.height);
  boxes.forEach(({ left, top, width, height }, i) => {
    context.save();
    context.translate(left - whole.left, top - whole.top);
    context.beginPath();
    context.roundRect(0, 0, width, height, 3);
    context.clip();
    draw(context, image, drawn.size, levelled(drawn.characters[i], width, height, 0.14));
    context.restore();
  });
}

async function begin() {
  const image = await viewer?.show();
  if (image) {
    paintFrames();
    strip?.photograph(image);
    paintGlyphs(image);
    const look = document.querySelector(".look");
    let wide = look.clientWidth;
    new ResizeObserver(() => {
      if (look.clientWidth === wide) return;
      wide = look.clientWidth;
      paintGlyphs(image);
    }).observe(look);
  }
  document.body.dataset.drawn = "true"; // what the benchmark waits for
  performance.mark("drawn");
  await showRubbing(0);
}

// ---- the rubbing on file

const rubbings = [...document.querySelectorAll("[data-rubbing]")];
let shown = 0;

async function showRubbing(which) {
  const button = rubbings[which];
  if (!button) return;
  shown = which;
  rubbings.forEach((each, i) => each.setAttribute("aria-pressed", String(i === which)));
  fileViewer.size = null;
  const image = await fileViewer.show(button.dataset.url);
  if (image && shown === which) strip?.rubbing(image, fileViewer.size, button.dataset.compared);
}

rubbings.forEach((button, i) => button.addEventListener("click", () => showRubbing(i)));
onKeys({ m: () => rubbings.length > 1 && showRubbing((shown + 1) % rubbings.length) });

// ---- the decision

const decisions = document.querySelector(".decisions");
const dialog = document.querySelector("[data-reason-dialog]");
let busy = false;

async function decide(button, reason) {
  if (busy) return;
  busy = true;
  const { caseId, number, after } = decisions.dataset;
  const decision = button.dataset.decision;
  try {
    const made = await ask("POST", `/v1/inspections/${caseId}/decisions`, { decision, reason, after: Number(after) });
    const sentence = made.pending ? decisions.dataset.signed : decisions.dataset.done;
    const name = button.querySelector("span").textContent;
    remember(caseId, `${sentence.replace("{decision}", name).replace("{number}", number)} · ${decisions.dataset.reopen}`);
    location.assign(decisions.dataset.following);
  } catch (error) {
    busy = false;
    const shownError = dialog.querySelector(".error");
    shownError.textContent = error.message;
    shownError.hidden = !dialog.open;
    if (!dialog.open) say(error.message, true);
    if (error.status === 401) location.assign(`/console/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`);
  }
}

function askReason(button) {
  dialog.querySelector("[data-decided]").textContent = button.querySelector("span").textContent;
  dialog.querySelector(".error").hidden = true;
  dialog.asked = button;
  dialog.showModal();
  dialog.querySelector("textarea").focus();
}

for (const button of decisions?.querySelectorAll("[data-decision]") ?? []) {
  button.addEventListener("click", (event) => {
    if (event.shiftKey || button.dataset.asks === "true" || !button.dataset.reason) askReason(button);
    else decide(button, button.dataset.reason);
  });
  onKeys({ [button.dataset.key.toUpperCase()]: () => askReason(button) });
}

dialog.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  decide(dialog.asked, dialog.querySelector("textarea").value);
});
dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
dialog.querySelector("textarea").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) dialog.querySelector("form").requestSubmit();
});

begin();
