// A picture to zoom and to move, with frames drawn over it. Points are x, y in pixels of the picture at full scale.

const SVG = "http://www.w3.org/2000/svg";
const MOST = 16; // screen pixels per picture pixel

export class Viewer {
  /** stage: the element that is filled; size: width and height at full scale, or null for those of the image. */
  constructor(stage, size) {
    this.stage = stage;
    this.size = size;
    this.pointers = new Map();
    this.at = { x: 0, y: 0, scale: 1 }; // of the picture's top left, in the stage
    this.moved = false;
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => this.#up(event));
    stage.addEventListener("dblclick", (event) => this.#zoomAt(event, 2));
    new ResizeObserver(() => this.image && (this.moved ? this.#place() : this.whole())).observe(stage);
  }

  /** Show the picture at an address, or the one that the page has brought; resolves with its image once decoded. */
  async show(url) {
    const image = (!this.image && this.stage.querySelector("img")) || new Image();
    if (url) image.src = url;
    image.alt = "";
    image.draggable = false;
    const wait = this.stage.querySelector(".wait");
    try {
      await image.decode();
    } catch {
      if (wait) wait.textContent = wait.dataset.failed;
      return null;
    }
    this.size ??= [image.naturalWidth, image.naturalHeight];
    this.layer?.remove();
    wait?.remove();
    this.image = image;
    this.layer = document.createElement("div");
    this.layer.className = "layer";
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", `-0.5 -0.5 ${this.size[0]} ${this.size[1]}`);
    this.layer.append(image, this.svg);
    this.layer.style.width = `${this.size[0]}px`;
    this.layer.style.height = `${this.size[1]}px`;
    this.stage.append(this.layer);
    this.whole();
    return image;
  }

  /** Frame quadrilaterals: a list of [class, quad]. */
  frame(quads) {
    this.svg?.replaceChildren(
      ...quads.map(([name, quad]) => {
        const polygon = document.createElementNS(SVG, "polygon");
        polygon.setAttribute("points", quad.map((point) => point.join(",")).join(" "));
        polygon.setAttribute("class", name);
        return polygon;
      }),
    );
  }

  whole() {
    this.moved = false;
    this.#fit(0, 0, this.size[0], this.size[1], 1);
  }

  /** Show the place of these quadrilaterals; `share` of the stage is theirs at most. */
  zoomTo(quads, share = 0.5) {
    const points = quads.flat();
    const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    this.moved = true;
    this.#fit(left, top, Math.max(...xs) - left, Math.max(...ys) - top, share);
  }

  zoom(factor) {
    this.#about(this.stage.clientWidth / 2, this.stage.clientHeight / 2, factor);
  }

  pan(dx, dy) {
    this.moved = true;
    this.at.x += dx;
    this.at.y += dy;
    this.#place();
  }

  #fit(left, top, width, height, share) {
    const [w, h] = [this.stage.clientWidth, this.stage.clientHeight];
    const scale = Math.min((share * w) / Math.max(width, 1), (share * h) / Math.max(height, 1), MOST);
    this.at = { scale, x: w / 2 - (left + width / 2) * scale, y: h / 2 - (top + height / 2) * scale };
    this.#place();
  }

  #about(x, y, factor) {
    const { clientWidth: w, clientHeight: h } = this.stage;
    const least = 0.5 * Math.min(w / this.size[0], h / this.size[1]);
    const scale = Math.min(Math.max(this.at.scale * factor, least), MOST);
    const by = scale / this.at.scale;
    this.moved = true;
    this.at = { scale, x: x - (x - this.at.x) * by, y: y - (y - this.at.y) * by };
    this.#place();
  }

  #place() {
    if (!this.layer) return;
    const { clientWidth: w, clientHeight: h } = this.stage;
    const inside = (at, room, long) => Math.min(Math.max(at, 0.2 * room - long), 0.8 * room);
    this.at.x = inside(this.at.x, w, this.size[0] * this.at.scale);
    this.at.y = inside(this.at.y, h, this.size[1] * this.at.scale);
    this.layer.style.transform = `translate(${this.at.x}px, ${this.at.y}px) scale(${this.at.scale})`;
    this.layer.style.setProperty("--scale", this.at.scale); // frames stay as thin as they are
    this.layer.classList.toggle("coarse", this.at.scale > 3); // so near, pixels are pixels
  }

  #zoomAt(event, factor) {
    const box = this.stage.getBoundingClientRect();
    this.#about(event.clientX - box.left, event.clientY - box.top, factor);
  }

  #wheel(event) {
    event.preventDefault();
    this.#zoomAt(event, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)));
  }

  #down(event) {
    if (event.button !== 0) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.pointers.values()].filter((each) => each.pointerId !== event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (others.length === 0) {
      this.pan(event.clientX - before.clientX, event.clientY - before.clientY);
      return;
    }
    const [other] = others;
    const far = (each) => Math.hypot(each.clientX - other.clientX, each.clientY - other.clientY);
    const box = this.stage.getBoundingClientRect();
    const middle = [(event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top];
    this.#about(...middle, far(event) / Math.max(far(before), 1));
    this.pan((event.clientX - before.clientX) / 2, (event.clientY - before.clientY) / 2);
  }

  #up(event) {
    this.pointers.delete(event.pointerId);
  }
}
