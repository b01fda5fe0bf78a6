// The roads layer's data: geometry that stays, colours and widths that change with the frame.

import { Kept } from "./kept.js";
import { colours, offsets, widths } from "./paint.js";

/** Builds deck.gl's binary data; an attribute whose columns did not change stays the same object. */
export class Roads {
  constructor(columns) {
    this.columns = columns;
    this.kept = new Kept();
  }

  /** The data of one frame; rule: how flow becomes width; scale: how much wider lines are drawn now. */
  data(frame, rule, scale) {
    const { columns, kept } = this;
    const [positions, starts, sides, closed] = ["positions", "starts", "sides", "closed"].map((name) => columns.get(name));
    const [palette, colour, flow] = ["palette", "colour", "flow"].map((name) => columns.get(name));
    const sources = [positions, starts, sides, closed, palette, colour, flow, frame, scale];
    return kept.get("data", sources, () => {
      const wide = kept.get("width", [flow, starts, frame], () => widths(this.frame("flow", frame), starts, rule));
      return {
        length: columns.linkCount,
        startIndices: starts,
        attributes: {
          getPath: kept.get("path", [positions], () => ({ value: positions, size: 2 })),
          getOffset: { value: offsets(sides, starts, wide, scale), size: 1 },
          getColor: { value: colours(palette, this.frame("colour", frame), closed, starts), size: 4 },
          getWidth: { value: wide, size: 1 },
        },
      };
    });
  }

  /** A column's values in a frame; without a result every road is free and empty. */
  frame(name, number) {
    const { columns } = this;
    return columns.get(name).length ? columns.frame(name, number) : new Uint8Array(columns.linkCount);
  }
}
