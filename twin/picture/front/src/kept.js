// Values that are made again only when what they are made of is another object: deck.gl then uploads nothing twice.

export class Kept {
  constructor() {
    this.values = {};
  }

  /** The value made last time under this name, unless one of its sources has changed since. */
  get(name, sources, make) {
    const old = this.values[name];
    if (old && old.sources.every((source, number) => source === sources[number])) return old.value;
    const value = make();
    this.values[name] = { sources, value };
    return value;
  }
}
