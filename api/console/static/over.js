// The number's strip, and over it the rubbing on file: one, the other, both by turns, or one slid over the other.

import { ask } from "./page.js";
import { affine, draw, heightOf, levelled, sized, through } from "./strip.js";

const TURN = 600; // milliseconds that each of the two is shown
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Strip {
  /** holder: where the lines go; drawn: what the page says of the picture; bar: the buttons, or null; signal: while it lasts. */
  constructor(holder, drawn, bar, signal) {
    this.holder = holder;
    this.drawn = drawn;
    this.bar = bar;
    this.mode = "photo";
    this.file = null; // the rubbing's image and size
    this.laid = null; // how it lies on the photograph
    this.turned = false;
    this.signal = signal;
    signal.addEventListener("abort", () => clearInterval(this.timer));
    this.canvases = drawn.lines.map(() => holder.appendChild(document.createElement("canvas")));
    new ResizeObserver(() => this.wide !== holder.clientWidth && this.paint()).observe(holder);
    this.slider = bar?.querySelector("input[type=range]");
    this.slider?.addEventListener("input", () => this.paint());
    for (const button of bar?.querySelectorAll("[data-over]") ?? []) {
      button.addEventListener("click", () => this.turnTo(button.dataset.over));
    }
  }

  photograph(image) {
    this.image = image;
    this.paint();
  }

  /** Another rubbing is beside the photograph. */
  rubbing(image, size, compared) {
    this.file = image && { image, size };
    this.compared = compared;
    this.laid = null;
    if (this.bar) this.bar.querySelector(".outcome").textContent = "";
    this.turnTo("photo");
  }

  /** Where these characters stand on file; empty where the rubbing was not laid on the photograph. */
  onFile(places) {
    return (this.laid?.characters ?? []).filter((each) => places.has(each.place)).map((each) => each.quad_on_file);
  }

  async turnTo(mode) {
    if (mode !== "photo" && !(await this.#lay())) mode = "photo";
    if (this.signal.aborted) return; // the case was left meanwhile
    const again = this.mode === mode;
    this.mode = mode;
    clearInterval(this.timer);
    this.turned = again && mode === "blink" ? !this.turned : mode === "blink";
    if (mode === "blink" && !still.matches) {
      if (again && !this.stopped) this.stopped = true; // the key once more holds what is shown
      else {
        this.stopped = false;
        this.timer = setInterval(() => {
          this.turned = !this.turned;
          this.paint();
        }, TURN);
      }
    }
    for (const button of this.bar?.querySelectorAll("[data-over]") ?? []) {
      button.setAttribute("aria-pressed", String(button.dataset.over === mode));
    }
    if (this.slider) {
      this.slider.hidden = mode !== "slide";
      if (mode === "slide") this.slider.focus();
    }
    this.paint();
  }

  /** Ask the service how the rubbing lies on the photograph, once. */
  async #lay() {
    if (!this.file) return false;
    const said = this.bar.querySelector(".outcome");
    if (!this.laid) {
      said.textContent = this.bar.dataset.comparing;
      const compared = this.compared;
      try {
        const found = await ask("GET", compared);
        if (compared !== this.compared) return false;
        this.laid = found;
      } catch (error) {
        said.textContent = error.message;
        return false;
      }
      const { same, not, cannot, cells } = this.bar.dataset;
      const outcome = { "same striking": same, "not the same striking": not, "cannot judge": cannot }[this.laid.outcome];
      const counted = this.laid.cells ? cells.replace("{n}", this.laid.congruent).replace("{of}", this.laid.cells) : "";
      const support = this.laid.support === null ? "" : `${this.laid.support > 0 ? "+" : "−"}${Math.abs(this.laid.support).toFixed(1)}`;
      const sentence = document.body.dataset.language === "zh" ? this.laid.sentence_zh : this.laid.sentence;
      said.textContent = [outcome, support, counted].filter(Boolean).join(" · ");
      if (this.laid.outcome === "cannot judge") said.textContent += ` · ${sentence}`;
      said.title = sentence;
    }
    return this.laid.characters.length > 2;
  }

  paint() {
    if (!this.image) return;
    let first = 0;
    const width = (this.wide = this.holder.clientWidth);
    this.drawn.lines.forEach((line, i) => {
      const height = heightOf(line.quad, width, 92);
      const context = sized(this.canvases[i], width, height);
      const map = levelled(line.quad, width, height);
      const places = [first, first + line.length];
      first += line.length;
      if (this.mode !== "file") draw(context, this.image, this.drawn.size, map);
      const part = { photo: 0, file: 1, blink: this.turned ? 1 : 0, slide: (this.slider?.value ?? 0) / 100 }[this.mode];
      if (part > 0) this.#paintFile(context, map, places, part, width, height);
    });
  }

  #paintFile(context, map, [begin, end], part, width, height) {
    const pairs = this.laid.characters.filter((each) => each.place >= begin && each.place < end);
    const to = pairs.flatMap((each) => each.quad.map((point) => through(map, point)));
    const onFile = pairs.flatMap((each) => each.quad_on_file);
    if (pairs.length < 2) return;
    context.save();
    context.beginPath();
    context.rect(0, 0, part * width, height);
    context.clip();
    context.fillRect(0, 0, width, height);
    draw(context, this.file.image, this.file.size, affine(onFile, to));
    context.restore();
    if (part < 1) {
      context.fillStyle = "#e8590c";
      context.fillRect(part * width - 1, 0, 2, height);
    }
  }
}
