// The drawn town: one Deck for as long as the view lives; new data repaints it, the camera stays.

import { Deck, FlyToInterpolator, WebMercatorViewport } from "@deck.gl/core";
import { PathLayer } from "@deck.gl/layers";

import { closureLayers, rgb } from "./closures.js";
import { path } from "./columns.js";
import { read } from "./description.js";
import { Kept } from "./kept.js";
import { ring } from "./ring.js";
import { Roads } from "./roads.js";

const PADDING = 36;
/** Zoom steps out from the whole town, and the nearest zoom: a car is then some 50 pixels long. */
const FURTHEST = 3;
const NEAREST = 20;
/** How long the camera is on its way to a spot [ms]. */
const FLIGHT = 700;
/** The town makes room for the legend where that costs no more than this [zoom steps]. */
const ROOM = 0.4;
/** Without a graphics card, more buildings than this make panning slow. */
const BUILDINGS_IN_SOFTWARE = 6000;
let scenes = 0;

export class Scene {
  /**
   * hooks: state() -> what to draw now; covered() -> pixels on the left that the legend hides;
   * drawn(frame), hover(info), scaled(scale), failed(error), lost() are told when it happens.
   */
  constructor(stage, columns, power, camera, hooks) {
    Object.assign(this, { stage, columns, power, hooks });
    this.kept = camera;
    this.roads = new Roads(columns);
    this.layersKept = new Kept();
    this.json = null;
    this.scale = 1;
    this.news = false;
    this.pending = false;
    this.request = 0;
    this.deck = null;
    this.watcher = new ResizeObserver(() => this.refresh());
    this.watcher.observe(stage);
    // This event does not bubble, and deck.gl does not pass it on.
    stage.addEventListener("webglcontextlost", hooks.lost, true);
  }

  /** There is something new to see: draw it and say when it is drawn. */
  update() {
    this.news = true;
    this.refresh();
  }

  /** Draw with the next animation frame, however often it is asked for until then. */
  refresh() {
    this.request ||= requestAnimationFrame(() => {
      this.request = 0;
      // A hidden tab has no size: the observer asks again when it is shown.
      if (this.stage.clientWidth && this.stage.clientHeight) this.draw();
    });
  }

  draw() {
    const state = this.hooks.state();
    const moved = this.describe(state);
    this.frame = state.frame;
    this.pending ||= this.news;
    this.news = false;
    const props = { layers: this.layers(state) };
    if (moved) props.initialViewState = this.firstView();
    if (this.deck) this.deck.setProps(props);
    else this.start(props);
  }

  start(props) {
    this.deck = new Deck({
      ...props,
      id: `town-map-${scenes++}`,
      parent: this.stage,
      width: "100%",
      height: "100%",
      views: this.description.views,
      useDevicePixels: this.power === "hardware",
      pickingRadius: 5,
      getCursor: ({ isDragging, isHovering }) => (isDragging ? "grabbing" : isHovering ? "pointer" : "grab"),
      onHover: (info) => this.hooks.hover(info),
      onViewStateChange: ({ viewState }) => this.rescale(viewState.zoom),
      onAfterRender: () => this.rendered(),
      onError: (error) => this.hooks.failed(error),
    });
  }

  rendered() {
    const ready = this.pending && this.deck.layerManager.getLayers().every((layer) => layer.isLoaded);
    if (!ready) return;
    this.pending = false;
    this.hooks.drawn(this.frame);
  }

  /** Read the description if it is a new one; true if it is of another place, so that the camera must move. */
  describe(state) {
    if (state.spec === this.json && state.grounds === this.grounds) return false;
    const before = this.bounds;
    this.json = state.spec;
    this.grounds = state.grounds;
    this.bounds = state.bounds;
    this.description = read(state.spec);
    const data = this.layersKept.get("grounds", [state.grounds], () => this.readGrounds(state.grounds));
    this.behind = Object.fromEntries(
      this.description.layers
        .filter(({ waitsFor }) => waitsFor in data)
        .map(({ layer, waitsFor }) => [waitsFor, layer.clone({ data: data[waitsFor] })]),
    );
    return !before || before.some((value, number) => value !== this.bounds[number]);
  }

  readGrounds(json) {
    const data = JSON.parse(json || "{}");
    const heavy = this.power === "software" && (data.building?.geometry.coordinates.length ?? 0) > BUILDINGS_IN_SOFTWARE;
    if (heavy) delete data.building;
    return data;
  }

  layers(state) {
    const above = this.layersKept.get("ring", [state.look, state.colours], () => ring(state.look, state.colours));
    const described = this.description.layers.flatMap(({ layer, waitsFor }) => {
      if (!waitsFor) return [layer];
      if (waitsFor !== "roads") return this.behind[waitsFor] ? [this.behind[waitsFor]] : [];
      this.origin = layer.props.coordinateOrigin;
      const data = this.roads.data(state.frame, state.width, this.scale);
      return [layer.clone({ data, widthScale: this.scale }), ...this.closures(state), ...this.chosen(state)];
    });
    return [...described, ...above];
  }

  closures({ colours }) {
    const columns = ["closed", "positions", "starts", "sides"].map((name) => this.columns.get(name));
    const sources = [...columns, colours, this.scale];
    const make = () => closureLayers(this.columns, this.origin, colours, this.scale);
    return this.layersKept.get("closures", sources, make);
  }

  /** The road that was clicked last, outlined. */
  chosen(state) {
    if (state.chosen === null || state.chosen >= this.columns.linkCount) return [];
    const road = path(this.columns.get("positions"), this.columns.get("starts"), state.chosen, this.origin);
    return [
      new PathLayer({
        id: "chosen",
        data: [road],
        getPath: (points) => points,
        getColor: [...rgb(state.colours.ink), 150],
        getWidth: 3,
        widthUnits: "pixels",
        capRounded: true,
        jointRounded: true,
      }),
    ];
  }

  /** The camera that shows the whole town in the space that there is. */
  home() {
    const [west, south, east, north] = this.bounds;
    const { clientWidth: width, clientHeight: height } = this.stage;
    const all = Math.min(PADDING, width / 8, height / 8);
    const fitted = (left) =>
      new WebMercatorViewport({ width, height }).fitBounds([[west, south], [east, north]], {
        padding: { top: all, right: all, bottom: all, left },
      });
    const [whole, beside] = [fitted(all), fitted(Math.min(this.hooks.covered() + all / 2, width - 4 * all))];
    const town = beside.zoom > whole.zoom - ROOM ? beside : whole;
    this.homeZoom = town.zoom;
    const { longitude, latitude, zoom } = town;
    return { longitude, latitude, zoom, pitch: 0, bearing: 0, minZoom: zoom - FURTHEST, maxZoom: NEAREST };
  }

  /** Where to stand at first: where an interrupted map stood or where to look, else over the whole town. */
  firstView() {
    const home = this.home();
    const view = this.kept ? { ...home, ...this.kept } : home;
    this.kept = null;
    this.rescale(view.zoom);
    return view;
  }

  /** Where the map stands now. */
  camera() {
    const { longitude, latitude, zoom, pitch, bearing } = this.deck.getViewports()[0];
    return { longitude, latitude, zoom, pitch, bearing };
  }

  /** Lines grow more slowly than the map: thin from afar, never a carpet from near. */
  rescale(zoom) {
    const scale = Math.min(Math.max(2 ** (0.55 * (zoom - this.homeZoom)), 0.7), 3.5);
    const rounded = Math.round(scale * 10) / 10;
    if (rounded === this.scale) return;
    this.scale = rounded;
    this.hooks.scaled(rounded);
    if (this.deck) this.refresh();
  }

  zoomBy(step) {
    const { zoom, ...where } = this.camera();
    const nearer = Math.min(Math.max(zoom + step, this.homeZoom - FURTHEST), NEAREST);
    this.moveTo({ ...where, zoom: nearer, minZoom: this.homeZoom - FURTHEST, maxZoom: NEAREST });
  }

  wholeTown() {
    this.moveTo(this.home());
  }

  /** Go to a spot; whoever stands nearer to the ground stays as near. */
  flyTo(spot) {
    if (!this.deck) {
      this.kept = spot;
      return;
    }
    const { zoom } = this.camera();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const flight = still ? {} : { transitionDuration: FLIGHT, transitionInterpolator: new FlyToInterpolator() };
    this.moveTo({ ...this.home(), ...spot, zoom: Math.min(Math.max(zoom, spot.zoom), NEAREST), ...flight });
  }

  moveTo(view) {
    // Deck compares with the last view that it was given, not with where the user went: a new number makes it move.
    this.deck.setProps({ initialViewState: { ...view, asked: performance.now() } });
    // On its way the camera tells how near it is.
    if (!view.transitionDuration) this.rescale(view.zoom);
  }

  /** What is drawn at a pixel of the stage: a road or a thing of a layer that can be picked, if any. */
  pick(x, y) {
    return this.deck?.pickObject({ x, y, radius: 6 }) ?? null;
  }

  /** The pixel of the stage at which a coordinate is drawn, or null before the first draw. */
  project(longitude, latitude) {
    const viewport = this.deck?.getViewports()[0];
    return viewport ? viewport.project([longitude, latitude]) : null;
  }

  remove() {
    cancelAnimationFrame(this.request);
    this.watcher.disconnect();
    this.stage.removeEventListener("webglcontextlost", this.hooks.lost, true);
    this.deck?.finalize();
    this.deck = null;
  }
}
