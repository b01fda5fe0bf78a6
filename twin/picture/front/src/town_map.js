// The anywidget entry: joins the model (what Python says) with the scene, the panels and the pointer.

import { leaveNoTrace } from "./alone.js";

import { Columns } from "./columns.js";
import { badges, heading, legend, rescaleLegend, setClock } from "./legend.js";
import { element } from "./page.js";
import { watchClicks } from "./picking.js";
import { Scene } from "./scene.js";
import { facts, Tooltip } from "./tooltip.js";
import { drawingPower } from "./webgl.js";

leaveNoTrace();

/** Traits that change the picture; what the browser itself reports (drawn, picked) is not among them. */
const PICTURE = ["frame", "spec", "grounds", "page", "positions", "closed", "palette", "colour", "flow", "look"];
/** Pixels between the map's edge and its panels. */
const MARGIN = 12;
/** Traits that change words, legend or badges. */
const LABELS = ["page", "closed", "palette"];

class TownMapView {
  constructor(model, el) {
    this.model = model;
    this.columns = new Columns(model);
    this.chosen = null;
    this.pointed = null;
    this.root = element("div", "town-map");
    this.stage = element("div", "town-map-stage");
    this.panels = element("div", "town-map-panels");
    this.root.append(this.stage, this.panels);
    el.append(this.root);
    this.heard = [
      ["change:look", () => this.lookThere()],
      ...LABELS.map((name) => [`change:${name}`, () => this.label()]),
      ...PICTURE.map((name) => [`change:${name}`, () => this.scene?.update()]),
    ];
    for (const [event, listen] of this.heard) model.on(event, listen);
    this.unwatch = watchClicks(this.stage, (x, y) => this.click(x, y));
    this.tooltip = new Tooltip(this.stage);
    this.label();
    this.begin(this.spot);
  }

  /** Start to draw; camera: where the map stood before it was interrupted, if it was. */
  begin(camera) {
    const power = drawingPower();
    if (power === "none") {
      this.say(this.page.words.no_webgl);
      return;
    }
    this.scene = new Scene(this.stage, this.columns, power, camera, {
      state: () => this.state(),
      drawn: (frame) => this.drawn(frame),
      hover: (info) => this.hover(info),
      scaled: (scale) => rescaleLegend(this.panels, scale),
      covered: () => this.panels.querySelector(".town-map-legend").getBoundingClientRect().width + MARGIN,
      failed: (error) => this.say(error.message),
      lost: () => this.offerRestart(),
    });
    // For whoever drives the map from outside, such as the browser test.
    this.root.scene = this.scene;
    this.scene.update();
  }

  get page() {
    return this.model.get("page");
  }

  get frame() {
    return Math.min(Math.max(this.model.get("frame"), 0), Math.max(this.model.get("frame_count") - 1, 0));
  }

  /** Where the map was asked to look, or null. */
  get spot() {
    const { lon, lat, zoom } = this.model.get("look");
    return typeof zoom === "number" ? { longitude: lon, latitude: lat, zoom } : null;
  }

  lookThere() {
    if (this.spot) this.scene?.flyTo(this.spot);
  }

  /** All that the scene needs for the next picture. */
  state() {
    setClock(this.panels, this.page, this.frame);
    return {
      spec: this.model.get("spec"),
      grounds: this.model.get("grounds"),
      bounds: this.page.bounds,
      width: this.page.width,
      colours: this.page.colours,
      frame: this.frame,
      chosen: this.chosen,
      look: this.model.get("look"),
    };
  }

  /** Panels in the page's language and colours. */
  label() {
    const { page } = this;
    this.root.lang = page.language;
    this.root.dataset.theme = page.theme;
    this.root.style.height = `${page.height}px`;
    for (const [name, colour] of Object.entries(page.colours)) this.root.style.setProperty(`--town-${name}`, colour);
    this.stage.setAttribute("role", "region");
    this.stage.setAttribute("aria-label", page.words.map);
    const closures = this.columns.get("closed").some(Boolean);
    const top = element("div", "town-map-top", "", [heading(page), this.buttons(page.words)]);
    const key = legend(page, this.columns.get("palette"), this.model.get("colour").byteLength > 0, closures);
    this.panels.replaceChildren(top, key, badges(page));
    setClock(this.panels, page, this.frame);
    if (this.scene) rescaleLegend(this.panels, this.scene.scale);
  }

  buttons(words) {
    const kinds = [
      ["+", words.zoom_in, () => this.scene?.zoomBy(0.75)],
      ["−", words.zoom_out, () => this.scene?.zoomBy(-0.75)],
      ["⌂", words.whole_town, () => this.scene?.wholeTown()],
    ];
    const made = kinds.map(([sign, title, press]) => {
      const button = element("button", "town-map-button", sign);
      button.type = "button";
      button.title = title;
      button.setAttribute("aria-label", title);
      button.addEventListener("click", press);
      return button;
    });
    return element("div", "town-map-buttons", "", made);
  }

  name(link) {
    return this.model.get("names")[this.columns.get("streets")[link]] || this.page.words.unnamed_street;
  }

  hover({ x, y, layer, index, object }) {
    if (layer?.id === "roads" && index >= 0) this.pointed = { x, y, link: index };
    else this.pointed = object?.tooltip ? { x, y, text: String(object.tooltip) } : null;
    this.tell();
  }

  /** What the road under the pointer carries in the frame that is shown, or what another thing says of itself. */
  tell() {
    if (!this.pointed) return this.tooltip.hide();
    const { x, y, link, text } = this.pointed;
    if (text) return this.tooltip.show(x, y, text, []);
    return this.tooltip.show(x, y, this.name(link), facts(this.columns, this.page, link, this.frame));
  }

  click(x, y) {
    const info = this.scene?.pick(x, y);
    this.chosen = info?.layer.id === "roads" ? info.index : null;
    this.scene?.refresh();
    if (!info) return;
    const [lon, lat] = info.coordinate;
    // The number makes a second click on the same road a change that Python hears.
    const count = (this.model.get("picked").count ?? 0) + 1;
    this.model.set("picked", { layer: info.layer.id, row: info.index, lon, lat, count });
    this.model.save_changes();
  }

  drawn(frame) {
    const count = this.model.get("drawn") + 1;
    this.root.dataset.drawn = count;
    this.root.dataset.frame = frame;
    this.tell();
    this.model.set("drawn", count);
    this.model.save_changes();
  }

  /** A browser takes the graphics of the oldest map when there are too many: begin again when somebody looks here. */
  offerRestart() {
    const camera = this.scene.camera();
    this.scene.remove();
    this.scene = null;
    this.pointed = null;
    this.tell();
    const button = element("button", "town-map-again", this.page.words.lost_webgl);
    button.type = "button";
    button.addEventListener("click", () => {
      this.notice.remove();
      this.begin(camera);
    });
    this.say("", [button]);
  }

  /** One notice over the map; a later one takes its place. */
  say(text, children = []) {
    this.notice?.remove();
    this.notice = element("p", "town-map-notice", text, children);
    this.notice.setAttribute("role", "alert");
    this.root.append(this.notice);
  }

  remove() {
    for (const [event, listen] of this.heard) this.model.off(event, listen);
    this.unwatch();
    this.scene?.remove();
    this.root.remove();
  }
}

export default {
  render({ model, el }) {
    const view = new TownMapView(model, el);
    return () => view.remove();
  },
};
