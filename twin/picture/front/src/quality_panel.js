// The anywidget beside the quality map: what is known, what was guessed, and the places that deserve a look, as a list.

import { element, number } from "./page.js";

/** Rows that Page Up and Page Down go past. */
const PAGE = 8;

class QualityPanelView {
  constructor(model, el) {
    this.model = model;
    this.root = element("section", "quality-panel");
    el.append(this.root);
    this.heard = [
      ["change:page", () => this.build()],
      ["change:listed", () => this.fill()],
      ["change:place", () => this.mark()],
    ];
    for (const [event, listen] of this.heard) model.on(event, listen);
    this.build();
  }

  get page() {
    return this.model.get("page");
  }

  /** Everything anew: another town, language or theme. */
  build() {
    const { page } = this;
    const { words } = page;
    this.root.lang = page.language;
    this.root.dataset.theme = page.theme;
    this.root.style.maxHeight = `${page.height}px`;
    for (const [name, colour] of Object.entries(page.colours)) this.root.style.setProperty(`--town-${name}`, colour);
    this.root.setAttribute("aria-label", words.quality);
    // Else JupyterLab takes the arrow keys for its own.
    this.root.dataset.lmSuppressShortcuts = "true";
    this.list = this.listbox(words.quality_places);
    this.more = element("div", "quality-more");
    this.card = element("div", "quality-card");
    this.card.setAttribute("aria-live", "polite");
    const found = page.kinds.length
      ? [this.filter(), element("div", "quality-faint", words.quality_order), this.list, this.more, this.card]
      : [element("p", "quality-none", words.quality_no_places)];
    this.root.replaceChildren(
      heading(words.quality_known),
      ...page.known.map((row) => share(row)),
      guesses(page),
      heading(words.quality_places),
      ...found,
    );
    this.fill();
  }

  listbox(label) {
    const list = element("ol", "quality-list");
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", label);
    list.tabIndex = 0;
    list.addEventListener("click", (event) => this.choose(event.target.closest("li")));
    list.addEventListener("keydown", (event) => this.press(event));
    return list;
  }

  /** The kinds of places that there are, with how many of each. */
  filter() {
    const { kinds, words, language } = this.page;
    const all = kinds.reduce((sum, { count }) => sum + count, 0);
    const rows = [{ kind: "", title: words.quality_all_kinds, count: all }, ...kinds];
    const options = rows.map(({ kind, title, count }) => {
      const option = element("option", "", `${title} (${number(count, language)})`);
      option.value = kind;
      return option;
    });
    this.select = element("select", "quality-filter", "", options);
    this.select.setAttribute("aria-label", words.quality_kind);
    this.select.addEventListener("change", () => {
      this.model.set("kind", this.select.value);
      this.model.save_changes();
    });
    return this.select;
  }

  /** The rows of the list. */
  fill() {
    const { rows, more } = this.model.get("listed");
    if (this.select) this.select.value = this.model.get("kind");
    this.list.replaceChildren(...rows.map(option));
    this.list.scrollTop = 0;
    this.more.textContent = more;
    this.mark();
  }

  /** The place that is chosen: its row in the list, and what is odd about it. */
  mark() {
    const place = this.model.get("place");
    // The card first: it takes room from the list.
    this.card.replaceChildren(...(place.why ? about(place, this.page.words) : [this.page.words.quality_choose]));
    this.card.classList.toggle("quality-faint", !place.why);
    this.list.removeAttribute("aria-activedescendant");
    for (const row of this.list.children) {
      const chosen = Number(row.dataset.row) === place.row;
      row.setAttribute("aria-selected", chosen);
      if (chosen) this.reveal(row);
    }
  }

  /** Scroll the list alone: the notebook stays where it is. */
  reveal(row) {
    this.list.setAttribute("aria-activedescendant", row.id);
    const { list } = this;
    const top = row.offsetTop - list.offsetTop;
    if (top < list.scrollTop) list.scrollTop = top;
    const over = top + row.offsetHeight - list.clientHeight;
    if (over > list.scrollTop) list.scrollTop = over;
  }

  press(event) {
    const rows = [...this.list.children];
    const at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
    const targets = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + PAGE,
      PageUp: at - PAGE,
      Home: 0,
      End: rows.length - 1,
      Enter: at,
      " ": at,
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(rows[Math.min(Math.max(targets[event.key], 0), rows.length - 1)]);
  }

  choose(row) {
    if (!row) return;
    // The number makes a second choice of the same place a change that Python hears.
    const count = (this.model.get("picked").count ?? 0) + 1;
    this.model.set("picked", { row: Number(row.dataset.row), count });
    this.model.save_changes();
  }

  remove() {
    for (const [event, listen] of this.heard) this.model.off(event, listen);
    this.root.remove();
  }
}

function heading(text) {
  const made = element("div", "quality-heading", text);
  made.setAttribute("role", "heading");
  made.setAttribute("aria-level", "3");
  return made;
}

/** One line: what, a bar of the share that is known (the rest is hatched: guessed), and the share in words. */
function share({ what, share: known, text }) {
  const bar = element("span", "quality-bar", "", [element("span", "quality-known")]);
  bar.firstChild.style.width = `${100 * known}%`;
  return element("div", "quality-share", "", [element("span", "", what), bar, element("span", "quality-number", text)]);
}

/** What was guessed and repaired, folded up: how many in all, and when opened of which kind. */
function guesses({ guesses: rows, words, language }) {
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(...rows.map(({ count }) => count));
  const lines = rows.map(({ kind, count }) => {
    const bar = element("span", "quality-count");
    bar.style.width = `${(100 * count) / most}%`;
    const figure = element("span", "quality-number", number(count, language));
    return element("div", "quality-guess", "", [element("span", "", kind), figure, bar]);
  });
  const summary = element("summary", "quality-heading", words.quality_guesses, [
    element("span", "quality-number", number(total, language)),
  ]);
  return element("details", "quality-guesses", "", [summary, element("div", "quality-lines", "", lines)]);
}

let options = 0;

function option({ row, number: rank, street, title }) {
  const made = element("li", "quality-place", "", [
    element("span", "quality-spot", String(rank)),
    element("span", "quality-street", street),
    element("span", "quality-title", title),
  ]);
  made.id = `quality-place-${options++}`;
  made.dataset.row = row;
  made.setAttribute("role", "option");
  return made;
}

/** What is odd about a place, and where to look at it; the address is there to be read where there is no network. */
function about({ number: rank, title, why, junction, osm }, words) {
  const spot = element("span", "quality-spot", String(rank));
  const lines = [element("div", "quality-name", "", [spot, title]), element("div", "", why)];
  if (!osm) return [...lines, element("div", "quality-faint", junction)];
  const link = element("a", "quality-link", `${words.open_osm} ↗`);
  link.href = osm;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return [...lines, link, element("div", "quality-faint quality-address", osm.replace("https://www.", ""))];
}

export default {
  render({ model, el }) {
    const view = new QualityPanelView(model, el);
    return () => view.remove();
  },
};
