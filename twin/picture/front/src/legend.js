// What the map means, in words: colours of delay, line widths, closures, clock, and what is guessed.

import { clock, element, number } from "./page.js";
import { width } from "./paint.js";

const SAMPLES = [100, 600, 1800];

/** The legend panel. */
export function legend(page, palette, hasResult, hasClosures) {
  const panel = element("div", "town-map-panel town-map-legend");
  panel.setAttribute("role", "note");
  panel.setAttribute("aria-label", page.words.legend);
  if (hasResult) panel.append(delays(page, palette), flows(page));
  else panel.append(element("div", "town-map-line", page.words.no_traffic_yet));
  if (hasClosures) panel.append(closed(page));
  return panel;
}

function delays(page, palette) {
  const stops = Array.from({ length: 9 }, (_, step) => {
    const row = 3 * Math.round((step * 255) / 8);
    return `rgb(${palette[row]} ${palette[row + 1]} ${palette[row + 2]})`;
  });
  const bar = element("div", "town-map-bar");
  bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  const last = page.minutes.length - 1;
  const numbers = page.minutes.map((minutes, at) => element("span", "", at === last ? `${minutes}+` : String(minutes)));
  return element("div", "town-map-block", "", [
    element("div", "town-map-line", page.words.legend_delay),
    bar,
    element("div", "town-map-stops", "", numbers),
  ]);
}

function flows(page) {
  const samples = SAMPLES.map((flow) => {
    const line = element("span", "town-map-sample");
    line.dataset.pixels = width(flow, page.width);
    line.style.height = `${line.dataset.pixels}px`;
    return element("span", "town-map-flow", "", [line, element("span", "", number(flow, page.language))]);
  });
  return element("div", "town-map-block", "", [
    element("div", "town-map-line", page.words.legend_width),
    element("div", "town-map-flows", "", samples),
  ]);
}

function closed(page) {
  return element("div", "town-map-block town-map-closed", "", [
    element("span", "town-map-hatch"),
    element("span", "", page.words.road_closure),
  ]);
}

/** Line samples as thick as the roads are drawn now. */
export function rescaleLegend(panel, scale) {
  for (const line of panel.querySelectorAll(".town-map-sample")) {
    line.style.height = `${(line.dataset.pixels * scale).toFixed(1)}px`;
  }
}

/** Clock and the scenario's name. */
export function heading(page) {
  return element("div", "town-map-panel town-map-heading", "", [
    element("div", "town-map-clock"),
    element("div", "town-map-title", page.title),
  ]);
}

export function setClock(panel, page, frame) {
  const [from, to] = [page.starts[frame], page.starts[frame + 1]];
  const text = from === undefined || to === undefined ? "" : `${clock(from)}–${clock(to)}`;
  panel.querySelector(".town-map-clock").textContent = text;
}

/** What is guessed and who made the data: on the picture itself, so that a copied picture still says so. */
export function badges(page) {
  const notes = page.badges.map((text) => element("span", "town-map-badge", text));
  return element("div", "town-map-badges", "", notes);
}
