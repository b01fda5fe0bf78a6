// Imported first: our deck.gl and luma.gl start as if no other copy were on the page.

// Each map of a page brings its own copy, and other widgets bring other versions. Both libraries leave their name on the
// page; luma complains of a second copy of itself, and both refuse to start beside another version.
const NAMES = ["deck", "luma"];

const others = NAMES.map((name) => [name, globalThis[name]]);
for (const name of NAMES) delete globalThis[name];

/** Leave the page as it was, so that whoever comes after us is not refused either. */
export function leaveNoTrace() {
  for (const [name, value] of others) {
    if (value === undefined) delete globalThis[name];
    else globalThis[name] = value;
  }
}
