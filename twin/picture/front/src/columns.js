// Byte columns of the model as typed arrays, and per-link values spread over the vertices of each link.

const TYPES = {
  positions: Float32Array,
  starts: Uint32Array,
  sides: Uint8Array,
  lanes: Uint8Array,
  limits: Uint8Array,
  closed: Uint8Array,
  streets: Uint32Array,
  colour: Uint8Array,
  speed: Uint8Array,
  flow: Uint16Array,
  palette: Uint8Array,
};

/** Typed arrays of a model's byte columns; an array stays the same object until its bytes change. */
export class Columns {
  constructor(model) {
    this.model = model;
    this.views = {};
    this.arrays = {};
  }

  get(name) {
    const view = this.model.get(name);
    if (view !== this.views[name]) {
      this.views[name] = view;
      this.arrays[name] = typed(view, TYPES[name]);
    }
    return this.arrays[name];
  }

  /** One frame of a column of frames: no copy, only a window on it. */
  frame(name, number) {
    const links = this.linkCount;
    return this.get(name).subarray(number * links, (number + 1) * links);
  }

  get linkCount() {
    return Math.max(this.get("starts").length - 1, 0);
  }
}

function typed(view, Type) {
  if (!view) return new Type(0);
  // A message's parts begin at any byte; wider types need a copy that begins at a multiple of their size.
  const bytes = view.byteOffset % Type.BYTES_PER_ELEMENT
    ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)
    : null;
  const length = Math.floor(view.byteLength / Type.BYTES_PER_ELEMENT);
  return bytes ? new Type(bytes, 0, length) : new Type(view.buffer, view.byteOffset, length);
}

/** Longitude and latitude half way along a link, for symbols that stand on it. */
export function middle(positions, starts, link, origin) {
  const first = starts[link];
  const last = starts[link + 1] - 1;
  const vertex = (first + last) >> 1;
  const next = Math.min(vertex + 1, last);
  // An even number of vertices has no middle one: take the middle of the middle piece.
  const share = (last - first) % 2 ? 0.5 : 0;
  const at = (axis) => positions[2 * vertex + axis] * (1 - share) + positions[2 * next + axis] * share;
  return [origin[0] + at(0), origin[1] + at(1)];
}

/** The vertices of one link as [longitude, latitude] pairs. */
export function path(positions, starts, link, origin) {
  const points = [];
  for (let vertex = starts[link]; vertex < starts[link + 1]; vertex++) {
    points.push([origin[0] + positions[2 * vertex], origin[1] + positions[2 * vertex + 1]]);
  }
  return points;
}
