import { decidedLast, onKeys } from "./page.js";
import { deciding } from "./decide.js";
import { Strip } from "./over.js";
import { go, onCase } from "./step.js";
import { draw, levelled, sized } from "./strip.js";
import { Viewer } from "./viewer.js";

const ARROWS = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };

/** What is looked at: the photograph, its strip, its characters and findings, and the rubbing on file. */
class Look {
  constructor(signal) {
    this.signal = signal;
    this.drawn = JSON.parse(document.querySelector("[data-case]").dataset.case);
    this.findings = [...document.querySelectorAll("[data-finding]")];
    this.cells = [...document.querySelectorAll("[data-place]")];
    this.rubbings = [...document.querySelectorAll("[data-rubbing]")];
    this.frames = document.querySelector("[data-frames]");
    this.said = document.querySelector(".said");
    this.unsaid = this.said?.innerHTML;
    this.chosen = { finding: null, place: null };
    this.rubbing = 0;
    const stages = ["photo", "file"].map((name) => document.querySelector(`[data-viewer=${name}] .stage`));
    this.viewer = stages[0] && new Viewer(stages[0], this.drawn.size);
    this.fileViewer = stages[1] && new Viewer(stages[1], null);
    const lines = document.querySelector(".lines");
    this.strip = lines && new Strip(lines, this.drawn, document.querySelector(".over"), signal);
    this.#listen();
  }

  async show() {
    const image = await this.viewer?.show();
    if (this.signal.aborted) return;
    if (image) {
      this.#paintFrames();
      this.strip?.photograph(image);
      this.#paintGlyphs(image);
      const look = document.querySelector(".look");
      let wide = look.clientWidth;
      new ResizeObserver(() => {
        if (look.clientWidth === wide) return;
        wide = look.clientWidth;
        this.#paintGlyphs(image);
      }).observe(look);
    }
    document.body.dataset.drawn = "true"; // what the benchmark waits for
    performance.mark("drawn");
    await this.#showRubbing(0);
  }

  #listen() {
    const zooms = {
      in: () => this.viewer?.zoom(1.5),
      out: () => this.viewer?.zoom(1 / 1.5),
      whole: () => this.#choose({}),
    };
    this.findings.forEach((button, i) => button.addEventListener("click", () => this.#choose({ finding: i })));
    this.cells.forEach((cell, i) => cell.addEventListener("click", () => this.#choose({ place: i })));
    this.rubbings.forEach((button, i) => button.addEventListener("click", () => this.#showRubbing(i)));
    this.frames?.addEventListener("click", () => {
      this.frames.setAttribute("aria-pressed", String(this.frames.getAttribute("aria-pressed") !== "true"));
      this.#paintFrames();
    });
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => zooms[button.dataset.zoom]());
    }
    const pans = Object.entries(ARROWS).map(([key, by]) => [key, (event) => this.#pan(event, by)]);
    onKeys(
      {
        "+": zooms.in,
        "=": zooms.in,
        "-": zooms.out,
        0: zooms.whole,
        ",": () => this.#stepCharacter(-1),
        ".": () => this.#stepCharacter(1),
        Escape: zooms.whole,
        m: () => this.rubbings.length > 1 && this.#showRubbing((this.rubbing + 1) % this.rubbings.length),
        ...Object.fromEntries(pans),
      },
      this.signal,
    );
  }

  #pan(event, by) {
    if (event.target.matches("input[type=range]") || event.target.closest(".scroll")) return false;
    return this.viewer?.pan(...by);
  }

  #paintFrames() {
    if (this.frames?.getAttribute("aria-pressed") !== "true") return this.viewer?.frame([]);
    const { drawn, chosen } = this;
    const quads = drawn.quad ? [["number", drawn.quad]] : [];
    drawn.findings.forEach((each, i) => each.forEach((quad) => quads.push([i === chosen.finding ? "chosen" : "found", quad])));
    if (chosen.place !== null) quads.push(["chosen", drawn.characters[chosen.place]]);
    this.viewer?.frame(quads);
  }

  /** Choose a finding or a character; what is chosen already, or nothing, shows the whole picture. */
  #choose({ finding = null, place = null }) {
    const { drawn, chosen, viewer, fileViewer } = this;
    const same = chosen.finding === finding && chosen.place === place;
    Object.assign(chosen, same ? { finding: null, place: null } : { finding, place });
    const named = new Set();
    this.findings.forEach((button, i) => {
      const on = chosen.finding === i;
      button.setAttribute("aria-pressed", String(on));
      if (on) button.scrollIntoView({ block: "nearest" });
    });
    if (chosen.finding !== null) {
      const quads = drawn.findings[chosen.finding];
      drawn.characters.forEach((quad, i) => quads.some((each) => within(quad, each)) && named.add(i));
    }
    this.cells.forEach((cell, i) => {
      cell.setAttribute("aria-pressed", String(chosen.place === i));
      cell.classList.toggle("named", named.has(i));
    });
    if (this.said) {
      if (chosen.place === null) this.said.innerHTML = this.unsaid;
      else this.said.textContent = this.cells[chosen.place].dataset.said;
    }
    this.#paintFrames();
    const onFile = this.strip?.onFile(chosen.place === null ? named : new Set([chosen.place])) ?? [];
    if (onFile.length) fileViewer.zoomTo(onFile, onFile.length > 2 ? 0.9 : 0.4);
    else if (fileViewer?.image) fileViewer.whole();
    if (chosen.finding === null && chosen.place === null) viewer?.whole();
    else {
      const quads = chosen.place === null ? drawn.findings[chosen.finding] : [drawn.characters[chosen.place]];
      viewer?.zoomTo(quads, chosen.place === null && named.size > 2 ? 0.9 : 0.4);
    }
  }

  #stepCharacter(by) {
    const count = this.cells.length;
    if (!count) return;
    const { place } = this.chosen;
    const next = place === null ? (by > 0 ? 0 : count - 1) : place + by;
    if (next >= 0 && next < count) this.#choose({ place: next });
  }

  /** Each character's own piece of the photograph, upright; all on one canvas, which a browser paints much sooner. */
  #paintGlyphs(image) {
    const canvas = document.querySelector(".glyphs");
    const whole = canvas?.parentElement.getBoundingClientRect();
    if (!whole) return;
    const boxes = this.cells.map((cell) => cell.querySelector(".glyph").getBoundingClientRect());
    const context = sized(canvas, whole.width, whole.height);
    boxes.forEach(({ left, top, width, height }, i) => {
      context.save();
      context.translate(left - whole.left, top - whole.top);
      context.beginPath();
      context.roundRect(0, 0, width, height, 3);
      context.clip();
      draw(context, image, this.drawn.size, levelled(this.drawn.characters[i], width, height, 0.14));
      context.restore();
    });
  }

  async #showRubbing(which) {
    const button = this.rubbings[which];
    if (!button) return;
    this.rubbing = which;
    this.rubbings.forEach((each, i) => each.setAttribute("aria-pressed", String(i === which)));
    this.fileViewer.size = null;
    const image = await this.fileViewer.show(button.dataset.url);
    if (image && this.rubbing === which) this.strip?.rubbing(image, this.fileViewer.size, button.dataset.compared);
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

onKeys({ z: () => decidedLast() && go(decidedLast()) });
onCase((signal) => {
  deciding(signal);
  new Look(signal).show();
});
