// From one byte a link to what deck.gl draws: a colour and a width for each vertex.

/** Colour of every vertex: the row of the palette that its link has in this frame. */
export function colours(palette, rows, closed, starts) {
  const painted = new Uint8Array(4 * starts[starts.length - 1]);
  for (let link = 0; link + 1 < starts.length; link++) {
    const row = 3 * rows[link];
    // Closed roads have a style of their own, drawn above: here they step back.
    const opacity = closed[link] ? 0 : 255;
    for (let vertex = starts[link]; vertex < starts[link + 1]; vertex++) {
      painted[4 * vertex] = palette[row];
      painted[4 * vertex + 1] = palette[row + 1];
      painted[4 * vertex + 2] = palette[row + 2];
      painted[4 * vertex + 3] = opacity;
    }
  }
  return painted;
}

/** Width in pixels of a road that carries so many vehicles an hour. */
export function width(flow, { least, most, full_flow: fullFlow }) {
  return least + (most - least) * Math.sqrt(Math.min(flow / fullFlow, 1));
}

/** Width of every vertex, by the flow of its link in this frame. */
export function widths(flow, starts, rule) {
  return spread(starts, (link) => width(flow[link], rule));
}

/** Lines drawn this many times their first width are near enough to part the two ways of a road. */
const NEAR = 1.6;
/** Half of the space between the two ways of a road [pixels]. */
const HALF_GAP = 0.7;

/** How far beside its line a road is drawn, in widths: two ways keep to their own side, parted only when seen near. */
export function offset(width, scale) {
  // From afar the gap would be less than a pixel and break into dots.
  return 0.5 + (scale < NEAR ? 0 : HALF_GAP / (width * scale));
}

/** How far beside its line each vertex is drawn. */
export function offsets(sides, starts, wide, scale) {
  return spread(starts, (link) => (sides[link] ? offset(wide[starts[link]], scale) : 0));
}

function spread(starts, valueOf) {
  const values = new Float32Array(starts[starts.length - 1]);
  for (let link = 0; link + 1 < starts.length; link++) {
    values.fill(valueOf(link), starts[link], starts[link + 1]);
  }
  return values;
}
