// The roads layer's data: geometry that stays, colours and widths that change with the frame.

import { colours, offsets, widths } from "./paint.js";

/** Roads keep so many widths to the right of their line where both ways have one. */
const SIDE = 0.56;

/** Builds deck.gl's binary data; an attribute whose columns did not change stays the same object: no upload. */
export class Roads {
  constructor(columns) {
    this.columns = columns;
    this.kept = {};
  }

  data(frame, rule) {
    const { columns } = this;
    const [positions, starts, sides, closed] = ["positions", "starts", "sides", "closed"].map((name) => columns.get(name));
    const [palette, rows, flow] = [columns.get("palette"), this.rows(frame), this.flow(frame)];
    return this.keep("data", [positions, starts, sides, closed, palette, columns.get("colour"), columns.get("flow"), frame], () => ({
      length: columns.linkCount,
      startIndices: starts,
      attributes: {
        getPath: this.keep("path", [positions], () => ({ value: positions, size: 2 })),
        getOffset: this.keep("offset", [sides, starts], () => ({ value: offsets(sides, starts, SIDE), size: 1 })),
        getColor: { value: colours(palette, rows, closed, starts), size: 4 },
        getWidth: { value: widths(flow, starts, rule), size: 1 },
      },
    }));
  }

  /** Palette rows of a frame; without a result every road is free. */
  rows(frame) {
    return this.columns.get("colour").length ? this.columns.frame("colour", frame) : this.blank(Uint8Array);
  }

  flow(frame) {
    return this.columns.get("flow").length ? this.columns.frame("flow", frame) : this.blank(Uint16Array);
  }

  blank(Type) {
    return this.keep(`blank ${Type.name}`, [this.columns.linkCount], () => new Type(this.columns.linkCount));
  }

  /** The value made last time, unless one of what it is made of is another object now. */
  keep(name, sources, make) {
    const old = this.kept[name];
    if (old && old.sources.every((source, number) => source === sources[number])) return old.value;
    const value = make();
    this.kept[name] = { sources, value };
    return value;
  }
}
