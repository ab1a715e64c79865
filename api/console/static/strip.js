// The number laid level: pieces of a picture drawn by an affine map. A map is [a, b, c, d, e, f], as a canvas takes it.

/** The map that takes the picture's points `from` to `to`, by least squares; three pairs or more. */
export function affine(from, to) {
  const sums = [[0, 0, 0], [0, 0, 0], [0, 0, 0]];
  const right = [[0, 0], [0, 0], [0, 0]];
  from.forEach(([x, y], i) => {
    const row = [x, y, 1];
    for (let j = 0; j < 3; j++) {
      for (let k = 0; k < 3; k++) sums[j][k] += row[j] * row[k];
      for (let k = 0; k < 2; k++) right[j][k] += row[j] * to[i][k];
    }
  });
  const m = sums.map((row, i) => [...row, ...right[i]]);
  for (let i = 0; i < 3; i++) {
    const pivot = [i, i + 1, i + 2].filter((r) => r < 3).reduce((a, b) => (Math.abs(m[b][i]) > Math.abs(m[a][i]) ? b : a));
    [m[i], m[pivot]] = [m[pivot], m[i]];
    for (let r = 0; r < 3; r++) {
      if (r === i) continue;
      const factor = m[r][i] / m[i][i];
      for (let c = i; c < 5; c++) m[r][c] -= factor * m[i][c];
    }
  }
  const [p, q, o] = m.map((row, i) => [row[3] / row[i], row[4] / row[i]]);
  return [p[0], p[1], q[0], q[1], o[0], o[1]];
}

export const through = ([a, b, c, d, e, f], [x, y]) => [a * x + c * y + e, b * x + d * y + f];

const length = ([ax, ay], [bx, by]) => Math.hypot(bx - ax, by - ay);

/** The map that lays a quadrilateral level in `width` by `height` with this margin around; returns map and scale. */
export function levelled(quad, width, height, margin = 0.18) {
  const w = (length(quad[0], quad[1]) + length(quad[3], quad[2])) / 2;
  const h = (length(quad[0], quad[3]) + length(quad[1], quad[2])) / 2;
  const scale = Math.min(width / (w + 2 * margin * h), height / (h * (1 + 2 * margin)));
  const [left, top] = [(width - w * scale) / 2, (height - h * scale) / 2];
  const [right, bottom] = [left + w * scale, top + h * scale];
  return affine(quad, [[left, top], [right, top], [right, bottom], [left, bottom]]);
}

/** How high a line becomes that is laid level in this width. */
export function heightOf(quad, width, most, margin = 0.18) {
  const w = (length(quad[0], quad[1]) + length(quad[3], quad[2])) / 2;
  const h = (length(quad[0], quad[3]) + length(quad[1], quad[2])) / 2;
  return Math.min(most, (h * (1 + 2 * margin) * width) / (w + 2 * margin * h));
}

/** Make a canvas so large on the screen, with as many pixels as that has; returns its context in screen pixels. */
export function sized(canvas, width, height) {
  const fine = Math.min(devicePixelRatio || 1, 2);
  canvas.width = Math.round(width * fine);
  canvas.height = Math.round(height * fine);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(fine, 0, 0, fine, 0, 0);
  context.imageSmoothingQuality = "high";
  return context;
}

/** Draw what of an image lies under the map into the context; size: the picture's at full scale. */
export function draw(context, image, size, map) {
  context.save();
  context.transform(...map);
  context.translate(-0.5, -0.5); // pixel centres are at whole numbers
  context.drawImage(image, 0, 0, size[0], size[1]);
  context.restore();
}
